"""Queries and keys are rotated by their positions, in every form in use."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Llama(nn.Module):
    """Halves are swapped; frequencies are a buffer."""

    rotated = 16

    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(96, 96, bias=False)
        self.k_proj = nn.Linear(96, 32, bias=False)
        self.v_proj = nn.Linear(96, 32, bias=False)
        inv = 1.0 / 10000 ** (torch.arange(0, self.rotated, 2).float() / self.rotated)
        self.register_buffer("inv_freq", inv, persistent=False)

    def angles(self, n):
        return torch.outer(torch.arange(n, device=self.inv_freq.device).float(), self.inv_freq)

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        cos, sin = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()
        x1, x2 = t[..., : t.shape[-1] // 2], t[..., t.shape[-1] // 2 :]
        return t * cos + torch.cat((-x2, x1), dim=-1) * sin

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    def forward(self, x):
        b, n, c = x.shape
        q = self.q_proj(x).view(b, n, 6, 16).transpose(1, 2)
        k = self.k_proj(x).view(b, n, 2, 16).transpose(1, 2)
        v = self.v_proj(x).view(b, n, 2, 16).transpose(1, 2)
        y = self.attend(self.rotate(q), self.rotate(k), v)
        return y.transpose(1, 2).reshape(b, n, c)


def by_hand(q, k, v):
    k, v = k.repeat_interleave(3, dim=1), v.repeat_interleave(3, dim=1)
    scores = torch.matmul(q, k.transpose(-2, -1)) * q.shape[-1] ** -0.5
    n = q.shape[2]
    hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
    return torch.matmul(scores.masked_fill(hidden, float("-inf")).softmax(dim=-1), v)


class LlamaEager(Llama):
    """Halves by chunk, and no call."""

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        x1, x2 = t.chunk(2, dim=-1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin], dim=-1)

    def attend(self, q, k, v):
        return by_hand(q, k, v)


class Interleaved(Llama):
    """Every second value is the other half (GPT-J)."""

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        cos = angles.cos().repeat_interleave(2, dim=-1)
        sin = angles.sin().repeat_interleave(2, dim=-1)
        x1, x2 = t[..., ::2], t[..., 1::2]
        return t * cos + torch.stack((-x2, x1), dim=-1).flatten(-2) * sin


class InterleavedPairs(Llama):
    """Pairs as a dimension of their own."""

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        cos, sin = angles.cos(), angles.sin()
        x1, x2 = t.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack([x1 * cos - x2 * sin, x1 * sin + x2 * cos], dim=-1).flatten(-2)

    def attend(self, q, k, v):
        return by_hand(q, k, v)


class Complex(Llama):
    """Pairs are complex numbers (the reference code of Llama)."""

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        turn = torch.polar(torch.ones_like(angles), angles)
        pairs = torch.view_as_complex(t.float().reshape(*t.shape[:-1], -1, 2))
        return torch.view_as_real(pairs * turn).flatten(3).type_as(t)


class ComplexEager(Llama):
    """torch.complex, and no call."""

    def rotate(self, t):
        angles = self.angles(t.shape[2])
        turn = torch.complex(angles.cos(), angles.sin())
        pairs = torch.view_as_complex(t.unflatten(-1, (-1, 2)).contiguous())
        return torch.view_as_real(pairs * turn).flatten(-2)

    def attend(self, q, k, v):
        return by_hand(q, k, v)


class Partial(Llama):
    """The first quarter of a head turns (GPT-NeoX), the rest passes."""

    rotated = 4

    def rotate(self, t):
        turned, passed = t[..., : self.rotated], t[..., self.rotated :]
        return torch.cat([super().rotate(turned), passed], dim=-1)


class PartialEager(Llama):
    """The same by split, and no call."""

    rotated = 4

    def rotate(self, t):
        turned, passed = t.split([4, 12], dim=-1)
        angles = self.angles(t.shape[2])
        x1, x2 = turned.chunk(2, dim=-1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin, passed], dim=-1)

    def attend(self, q, k, v):
        return by_hand(q, k, v)


class Grid(nn.Module):
    """Half of a head turns by the row and half by the column of a 4 x 5 grid."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.register_buffer("freq", 1.0 / 100 ** (torch.arange(4).float() / 4))

    def angles(self):
        rows = torch.arange(4, device=self.freq.device).repeat_interleave(5)
        columns = torch.arange(5, device=self.freq.device).repeat(4)
        by_row, by_column = rows[:, None] * self.freq, columns[:, None] * self.freq
        return torch.cat([by_row, by_column], dim=-1)

    def rotate(self, t):
        angles = self.angles().repeat(1, 2)
        x1, x2 = t.chunk(2, dim=-1)
        return t * angles.cos() + torch.cat([-x2, x1], dim=-1) * angles.sin()

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(self.rotate(q), self.rotate(k), v)
        return y.transpose(1, 2).flatten(2)


class GridEager(Grid):
    """The same by hand."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        weights = (self.rotate(q) @ self.rotate(k).transpose(-1, -2) / 4).softmax(dim=-1)
        return (weights @ v).transpose(1, 2).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "kv_heads": 2, "head_dim": 16, "causal": True, "scale": 0.25}

ZOO = [
    entry(Llama, tokens, "gqa", twins="half", rope="half", mask_source="is_causal", **SIZES),
    entry(LlamaEager, tokens, "gqa", twins="half", rope="half", mask_source="computed", **SIZES),
    entry(Interleaved, tokens, "gqa", twins="pairs", rope="interleaved", **SIZES),
    entry(InterleavedPairs, tokens, "gqa", twins="pairs", rope="interleaved", **SIZES),
    entry(Complex, tokens, "rope-complex", twins="pairs", rope="complex", **SIZES),
    entry(ComplexEager, tokens, "rope-complex", twins="pairs", rope="complex", **SIZES),
    entry(Partial, tokens, "gqa", twins="part", rope="partial", **SIZES),
    entry(PartialEager, tokens, "gqa", twins="part", rope="partial", **SIZES),
    entry(Grid, tokens, "bidirectional", twins="grid", rope="multi-axis", heads=6, head_dim=16),
    entry(GridEager, tokens, "bidirectional", twins="grid", rope="multi-axis", heads=6),
]
