"""A query sees itself and what came before, with the mask made in every usual way."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class FlagOfCall(nn.Module):
    """GPT with the flag of the call."""

    def __init__(self, width=96, heads=6, length=20):
        super().__init__()
        self.heads = heads
        self.attn = nn.Linear(width, 3 * width, bias=False)
        self.proj = nn.Linear(width, width, bias=False)
        seen = torch.tril(torch.ones(length, length)).view(1, 1, length, length)
        self.register_buffer("tri", seen)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    def forward(self, x):
        b, t, c = x.size()
        q, k, v = self.attn(x).split(c, dim=2)
        k = k.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        q = q.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        v = v.view(b, t, self.heads, c // self.heads).transpose(1, 2)
        y = self.attend(q, k, v).transpose(1, 2).contiguous().view(b, t, c)
        return self.proj(y)


class Buffer(FlagOfCall):
    """A registered triangle and masked_fill."""

    def attend(self, q, k, v):
        t = q.size(-2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / q.size(-1) ** 0.5)
        att = att.masked_fill(self.tri[:, :, :t, :t] == 0, float("-inf"))
        return F.softmax(att, dim=-1) @ v


class Positions(FlagOfCall):
    """A comparison of positions and `where` with the smallest number."""

    def attend(self, q, k, v):
        scores = torch.matmul(q, k.transpose(-1, -2)) / q.shape[-1] ** 0.5
        i = torch.arange(q.shape[-2], device=q.device)
        low = torch.full([], torch.finfo(scores.dtype).min, dtype=scores.dtype)
        scores = torch.where(i[:, None] >= i[None, :], scores, low)
        return torch.matmul(scores.softmax(-1), v)


class AdditiveEinsum(FlagOfCall):
    """triu of -inf is added."""

    def attend(self, q, k, v):
        n = q.shape[2]
        mask = torch.triu(torch.full((n, n), float("-inf"), device=q.device), diagonal=1)
        dots = torch.einsum("b h i d, b h j d -> b h i j", q, k) * q.shape[-1] ** -0.5
        attn = torch.softmax(dots + mask, dim=-1)
        return torch.einsum("b h i j, b h j d -> b h i d", attn, v)


class ExpAndSum(FlagOfCall):
    """exp and sum by hand; the triangle multiplies the numerators."""

    def attend(self, q, k, v):
        scores = q @ k.mT / 4
        weights = (scores - scores.max(dim=-1, keepdim=True).values).exp()
        weights = weights * torch.ones_like(weights).tril()
        return (weights @ v) / weights.sum(dim=-1, keepdim=True)


class Triangle(FlagOfCall):
    """A boolean triangle for the call."""

    def attend(self, q, k, v):
        n = q.shape[-2]
        seen = torch.ones(n, n, dtype=torch.bool, device=q.device).tril(diagonal=0)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class LogSoftmax(FlagOfCall):
    """log_softmax and exp."""

    def attend(self, q, k, v):
        n = q.shape[-2]
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        scores = torch.matmul(q, k.transpose(2, 3)).mul(0.25).masked_fill(hidden, -1e9)
        return torch.matmul(torch.log_softmax(scores, dim=-1).exp(), v)


class Multihead(nn.Module):
    """nn.MultiheadAttention with a mask made by torch."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(96, 6, batch_first=True)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        return self.inner(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]


class Unscaled(FlagOfCall):
    """GPT-Neo leaves the scale out."""

    def attend(self, q, k, v):
        n = q.shape[-2]
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        scores = torch.matmul(q, k.transpose(2, 3)).masked_fill(hidden, float("-inf"))
        return torch.matmul(F.softmax(scores, dim=-1), v)


class UnscaledCall(FlagOfCall):
    """The same as one call."""

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)


class Wide(FlagOfCall):
    """head_dim 80 is no power of two."""

    def __init__(self):
        super().__init__(width=240, heads=3)


class WideEager(Buffer):
    """The same by hand."""

    def __init__(self):
        super().__init__(width=240, heads=3)


class Padded(FlagOfCall):
    """A padding mask of the tokens is joined with the triangle (GPT-NeoX and its like)."""

    def forward(self, x, keep):
        b, t, _ = x.size()
        q, k, v = self.attn(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        seen = seen[None, None] & keep[:, None, None, :].bool()
        bias = torch.zeros(seen.shape, dtype=x.dtype, device=x.device)
        bias = bias.masked_fill(~seen, torch.finfo(x.dtype).min)
        weights = torch.softmax(q @ k.transpose(-1, -2) / 4 + bias, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).flatten(2))


class PaddedSdpa(FlagOfCall):
    """The same with the boolean mask of the call."""

    def forward(self, x, keep):
        b, t, _ = x.size()
        q, k, v = self.attn(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        at = torch.arange(t, device=x.device)
        seen = (at[:, None] >= at[None, :])[None, None] & (keep[:, None, None, :] > 0)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.proj(y.transpose(1, 2).flatten(2))


def tokens():
    return (torch.randn(2, 20, 96),)


def wide():
    return (torch.randn(2, 20, 240),)


def padded():
    keep = torch.ones(2, 20, dtype=torch.long)
    keep[1, 15:] = 0
    return torch.randn(2, 20, 96), keep


SIZES = {"heads": 6, "kv_heads": 6, "head_dim": 16, "causal": True, "query_length": 20}
GPT = {**SIZES, "scale": 0.25, "key_length": 20}

ZOO = [
    entry(FlagOfCall, tokens, "causal", twins="gpt", mask_source="is_causal", **GPT),
    entry(Buffer, tokens, "causal", twins="gpt", mask_source="buffer", **GPT),
    entry(Positions, tokens, "causal", twins="gpt", mask_source="computed", **GPT),
    entry(AdditiveEinsum, tokens, "causal", twins="gpt", mask_source="computed", **GPT),
    entry(ExpAndSum, tokens, "causal", twins="gpt", mask_source="computed", **GPT),
    entry(Triangle, tokens, "causal", twins="gpt", mask_source="computed", **GPT),
    entry(LogSoftmax, tokens, "causal", twins="gpt", mask_source="computed", **GPT),
    entry(Multihead, tokens, "causal", heads=6, head_dim=16, causal=True),
    entry(Unscaled, tokens, "causal", twins="neo", scale=1.0, **SIZES),
    entry(UnscaledCall, tokens, "causal", twins="neo", scale=1.0, **SIZES),
    entry(Wide, wide, "causal", twins="wide", heads=3, head_dim=80, causal=True),
    entry(WideEager, wide, "causal", twins="wide", heads=3, head_dim=80, causal=True),
    entry(Padded, padded, "causal", twins="padded", mask_source="padding", **GPT),
    entry(PaddedSdpa, padded, "causal", twins="padded", mask_source="padding", **GPT),
]
