"""Attention weights are dropped at random while training."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Sdpa(nn.Module):
    """The call drops, in training only."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.drop = nn.Dropout(0.15)

    def attend(self, q, k, v):
        rate = 0.15 if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=rate, is_causal=True)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


class Module(Sdpa):
    """A module drops the weights."""

    def attend(self, q, k, v):
        n = q.shape[2]
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        weights = (q @ k.transpose(-2, -1) * 0.25).masked_fill(hidden, float("-inf")).softmax(-1)
        return self.drop(weights) @ v


class Function(Sdpa):
    """A function drops the weights."""

    def attend(self, q, k, v):
        scores = torch.einsum("bhid,bhjd->bhij", q, k) / 4
        at = torch.arange(q.shape[2], device=q.device)
        scores = scores.where(at[:, None] >= at, float("-inf"))
        weights = F.dropout(F.softmax(scores, dim=-1), p=0.15, training=self.training)
        return torch.einsum("bhij,bhjd->bhid", weights, v)


class Always(Sdpa):
    """A rate that is given whatever the mode: it drops in eval, too."""

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, None, 0.15, True)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "head_dim": 16, "causal": True, "dropout": 0.15, "scale": 0.25}

ZOO = [
    entry(Sdpa, tokens, "dropout", training=True, **SIZES),
    entry(Module, tokens, "dropout", training=True, **SIZES),
    entry(Function, tokens, "dropout", training=True, **SIZES),
    entry(Always, tokens, "dropout", **SIZES),
]
