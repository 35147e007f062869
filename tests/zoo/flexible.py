"""flex_attention with functions for scores and masks."""

import torch
from torch import nn
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from tests.entry import entry


class Plain(nn.Module):
    """No function at all."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def attend(self, q, k, v):
        return flex_attention(q, k, v)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


def behind(b, h, q_idx, kv_idx):
    return q_idx >= kv_idx


def near(b, h, q_idx, kv_idx):
    return (q_idx >= kv_idx) & (q_idx - kv_idx < 5)


class Causal(Plain):
    """A mask of blocks from a function."""

    def attend(self, q, k, v):
        mask = create_block_mask(behind, None, None, 20, 20, device="cpu")
        return flex_attention(q, k, v, block_mask=mask)


class Sliding(Plain):
    """The same with a width."""

    def attend(self, q, k, v):
        mask = create_block_mask(near, None, None, 20, 20, device="cpu")
        return flex_attention(q, k, v, block_mask=mask)


class Capped(Plain):
    """A function of scores that caps them, and hides what comes later."""

    def attend(self, q, k, v):
        def bend(score, b, h, q_idx, kv_idx):
            score = 30.0 * torch.tanh(score / 30.0)
            return torch.where(q_idx >= kv_idx, score, -float("inf"))

        return flex_attention(q, k, v, score_mod=bend)


class Slopes(Plain):
    """A function of scores with a buffer of slopes."""

    def __init__(self):
        super().__init__()
        self.register_buffer("slope", 2.0 ** (-8.0 * torch.arange(1, 7) / 6))

    def attend(self, q, k, v):
        slope = self.slope

        def lean(score, b, h, q_idx, kv_idx):
            return score + slope[h] * (kv_idx - q_idx)

        return flex_attention(q, k, v, score_mod=lean, scale=0.25)


class Grouped(nn.Module):
    """Two heads of keys for six."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)
        self.kv = nn.Linear(96, 64)

    def forward(self, x):
        q = self.q(x).unflatten(-1, (6, 16)).transpose(1, 2)
        k, v = self.kv(x).unflatten(-1, (2, 2, 16)).permute(2, 0, 3, 1, 4)
        y = flex_attention(q, k, v, enable_gqa=True)
        return y.transpose(1, 2).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "head_dim": 16, "scale": 0.25, "query_length": 20}

ZOO = [
    entry(Plain, tokens, "flex", kv_heads=6, causal=False, **SIZES),
    entry(Causal, tokens, "flex", kv_heads=6, causal=True, **SIZES),
    entry(Sliding, tokens, "flex", kv_heads=6, causal=True, window=5, **SIZES),
    entry(Capped, tokens, "flex", kv_heads=6, softcap=30.0, causal=True, **SIZES),
    entry(Slopes, tokens, "flex", kv_heads=6, bias="alibi", causal=False, **SIZES),
    entry(Grouped, tokens, "flex", kv_heads=2, causal=False, **SIZES),
]
