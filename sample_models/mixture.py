"""Mixture of experts that gathers each expert's tokens: shapes depend on the data."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Expert(nn.Module):
    """Gated feed-forward over some of the tokens."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Mixture(nn.Module):
    """[tokens, width] -> [tokens, width]; every token visits `chosen` experts."""

    def __init__(
        self, width: int = 32, hidden: int = 64, experts: int = 4, chosen: int = 2
    ) -> None:
        super().__init__()
        self.chosen = chosen
        self.router = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(Expert(width, hidden) for _ in range(experts))

    def forward(self, x: Tensor) -> Tensor:
        weights = F.softmax(self.router(x), dim=-1)
        top, index = torch.topk(weights, self.chosen, dim=-1)
        top = top / top.sum(dim=-1, keepdim=True)
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, slot = torch.nonzero(index == number, as_tuple=True)  # expect: NEU602
            if token.numel() == 0:  # traced: NEU606
                continue
            out.index_add_(0, token, expert(x[token]) * top[token, slot, None])
        return out


class Layers(nn.Module):
    """Several mixtures with residuals, over [batch, length, width]."""

    def __init__(self, width: int = 32, depth: int = 2) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.mixtures = nn.ModuleList(Mixture(width) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        for norm, mixture in zip(self.norms, self.mixtures, strict=True):
            x = x + mixture(norm(x).flatten(0, 1)).view_as(x)
        return x


def model() -> nn.Module:
    return Layers()


def example_inputs() -> Tensor:
    return torch.rand(2, 12, 32)
