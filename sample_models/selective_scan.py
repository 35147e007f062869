"""Mamba-like language model: the compiled scan where it is installed, a loop where it is not."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

try:
    from causal_conv1d import causal_conv1d_fn  # expect: NEU802 guarded
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn  # expect: NEU802 guarded
except ImportError:
    causal_conv1d_fn = None
    selective_scan_fn = None


def scan(u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """State-space recurrence over the last axis; u and delta are [batch, width, length]."""
    if selective_scan_fn is not None:
        return selective_scan_fn(u, delta, a, b, c, d)
    decay = torch.exp(delta.unsqueeze(-1) * a[:, None])
    drive = (delta * u).unsqueeze(-1) * b.transpose(1, 2)[:, None]
    state = torch.zeros_like(decay[:, :, 0])
    outputs = []
    for step in range(u.shape[-1]):
        state = decay[:, :, step] * state + drive[:, :, step]  # expect: NEU420
        outputs.append((state * c[:, None, :, step]).sum(-1))
    return torch.stack(outputs, dim=-1) + d[:, None] * u


class Mixer(nn.Module):
    """Short causal convolution, then an input-dependent scan."""

    def __init__(self, width: int = 32, states: int = 8, kernel: int = 4) -> None:
        super().__init__()
        self.states = states
        self.inside = nn.Linear(width, 2 * width, bias=False)
        self.conv = nn.Conv1d(width, width, kernel, groups=width, padding=kernel - 1)
        self.select = nn.Linear(width, width + 2 * states, bias=False)
        self.log_a = nn.Parameter(torch.log(torch.arange(1, states + 1).float()).repeat(width, 1))
        self.skip = nn.Parameter(torch.ones(width))
        self.outside = nn.Linear(width, width, bias=False)

    def convolve(self, x: Tensor) -> Tensor:
        if causal_conv1d_fn is not None:
            weight = self.conv.weight.squeeze(1)
            return causal_conv1d_fn(x, weight, self.conv.bias, activation="silu")
        return F.silu(self.conv(x)[..., : x.shape[-1]])

    def forward(self, x: Tensor) -> Tensor:
        u, gate = self.inside(x).chunk(2, dim=-1)
        u = self.convolve(u.transpose(1, 2))
        width = u.shape[1]
        delta, b, c = self.select(u.transpose(1, 2)).split(
            (width, self.states, self.states), dim=-1
        )
        y = scan(
            u,
            F.softplus(delta).transpose(1, 2),
            -torch.exp(self.log_a),
            b.transpose(1, 2),
            c.transpose(1, 2),
            self.skip,
        )
        return self.outside(y.transpose(1, 2) * F.silu(gate))


class Language(nn.Module):
    """Token ids [batch, length] -> next-token scores [batch, length, vocabulary]."""

    def __init__(self, vocabulary: int = 256, width: int = 32, depth: int = 2) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.mixers = nn.ModuleList(Mixer(width) for _ in range(depth))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids)
        for mixer in self.mixers:
            x = x + mixer(x)
        return self.head(x)


def model() -> nn.Module:
    return Language()


def example_inputs() -> Tensor:
    return torch.randint(0, 256, (2, 24))
