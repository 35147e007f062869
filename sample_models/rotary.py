"""Grouped-query attention whose rotary embedding multiplies complex numbers."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def frequencies(head: int, length: int, base: float = 10_000.0) -> Tensor:
    """Unit complex numbers [length, head / 2], one per position and pair of channels."""
    steps = base ** (-torch.arange(0, head, 2).float() / head)
    angles = torch.outer(torch.arange(length).float(), steps)
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Turns neighbouring channels of x [batch, length, heads, head] by their position's angle."""
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))  # expect: NEU510
    turned = pairs * turn[None, :, None]
    return torch.view_as_real(turned).flatten(-2).type_as(x)


class Attention(nn.Module):
    """Causal self-attention; several query heads share one key and value head."""

    def __init__(self, width: int = 64, heads: int = 4, shared: int = 2) -> None:
        super().__init__()
        self.head = width // heads
        self.q = nn.Linear(width, heads * self.head, bias=False)
        self.k = nn.Linear(width, shared * self.head, bias=False)
        self.v = nn.Linear(width, shared * self.head, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (part(x).view(batch, length, -1, self.head) for part in (self.q, self.k, self.v))
        q, k = rotate(q, turn), rotate(k, turn)  # traced: NEU510
        mixed = F.scaled_dot_product_attention(
            q.transpose(1, 2),
            k.transpose(1, 2),
            v.transpose(1, 2),
            is_causal=True,
            enable_gqa=True,
        )
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Decoder(nn.Module):
    """Token ids [batch, length] -> next-token scores [batch, length, vocabulary]."""

    def __init__(self, vocabulary: int = 256, width: int = 64, depth: int = 2) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.norms = nn.ModuleList(nn.RMSNorm(width) for _ in range(depth))
        self.attention = nn.ModuleList(Attention(width) for _ in range(depth))
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.register_buffer("turn", frequencies(width // 4, 128), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids)
        turn = self.turn[: ids.shape[1]]  # traced: NEU510
        for norm, attention in zip(self.norms, self.attention, strict=True):
            x = x + attention(norm(x), turn)
        return self.head(x)


def model() -> nn.Module:
    return Decoder()


def example_inputs() -> Tensor:
    return torch.randint(0, 256, (2, 20))
