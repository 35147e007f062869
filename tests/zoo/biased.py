"""Something is added to the scores, or takes part in the softmax, or bends them."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Projected(nn.Module):
    """What all of them share."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96, bias=False)
        self.k = nn.Linear(96, 96, bias=False)
        self.v = nn.Linear(96, 96, bias=False)

    def forward(self, x):
        q, k, v = (f(x).unflatten(-1, (6, 16)).transpose(1, 2) for f in (self.q, self.k, self.v))
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


def triangle(n):
    return torch.full((n, n), float("-inf")).triu(1)


def buckets(apart):
    """Exact for near positions, logarithmic for far ones."""
    side = (apart > 0).long() * 8
    apart = apart.abs()
    large = 4 + (torch.log(apart.float().clamp(min=1) / 4) / math.log(8) * 4).long()
    return side + torch.where(apart < 4, apart, large.clamp(max=7))


class Buckets(Projected):
    """T5: an embedding of bucketed distances; scores are not scaled."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(16, 6)

    def bias(self, n):
        at = torch.arange(n, dtype=torch.long)
        return self.table(buckets(at[None, :] - at[:, None])).permute(2, 0, 1).unsqueeze(0)

    def attend(self, q, k, v):
        scores = torch.matmul(q, k.transpose(3, 2))
        scores = scores + self.bias(q.shape[2])
        return torch.matmul(F.softmax(scores.float(), dim=-1).type_as(scores), v)


class BucketsSdpa(Buckets):
    """The same as a mask of the call."""

    def attend(self, q, k, v):
        mask = self.bias(q.shape[2])
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1.0)


class Distances(Projected):
    """A parameter for every distance, looked up by clamped difference."""

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(6, 39))

    def bias(self, n):
        at = torch.arange(n)
        return self.table[:, at[:, None] - at[None, :] + 19]

    def attend(self, q, k, v):
        dots = torch.einsum("bhid,bhjd->bhij", q, k) / 4 + self.bias(q.shape[2])
        return torch.einsum("bhij,bhjd->bhid", dots.softmax(-1), v)


class DistancesSdpa(Distances):
    """The same as a mask of the call."""

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=self.bias(q.shape[2])[None])


def slopes(heads):
    return torch.tensor([2.0 ** (-8.0 * (h + 1) / heads) for h in range(heads)])


class Slopes(Projected):
    """ALiBi as a buffer of slopes, times the distance, with a causal mask."""

    def __init__(self):
        super().__init__()
        self.register_buffer("slope", slopes(6).view(6, 1, 1))

    def attend(self, q, k, v):
        n = q.shape[2]
        at = torch.arange(n, device=q.device)
        bias = self.slope * (at[None, :] - at[:, None])
        scores = q @ k.transpose(-2, -1) / 4 + bias
        return (scores + triangle(n)).softmax(-1) @ v


class SlopesComputed(Projected):
    """Slopes are made in forward, only the key's position counts (BLOOM), baddbmm."""

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        slope = torch.pow(2.0, -8.0 * torch.arange(1, h + 1, device=q.device) / h)
        bias = (slope[:, None] * torch.arange(n, device=q.device)).repeat(b, 1)[:, None, :]
        q, k, v = (t.reshape(b * h, n, d) for t in (q, k, v))
        scores = torch.baddbmm(bias.expand(-1, n, -1), q, k.transpose(1, 2), beta=1.0, alpha=0.25)
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        weights = F.softmax(scores.masked_fill(hidden, torch.finfo(q.dtype).min), dim=-1)
        return torch.bmm(weights, v).view(b, h, n, d)


class SlopesSdpa(Slopes):
    """MPT: slopes and triangle are one mask of the call."""

    def attend(self, q, k, v):
        n = q.shape[2]
        back = torch.arange(1 - n, 1, device=q.device).view(1, 1, n)
        mask = (self.slope * back).expand(6, n, n)
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        mask = mask.masked_fill(hidden, torch.finfo(q.dtype).min)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class Sinks(Projected):
    """gpt-oss: a learned score of each head joins the softmax and is dropped after it."""

    def __init__(self):
        super().__init__()
        self.extra = nn.Parameter(torch.randn(6))

    def attend(self, q, k, v):
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25 + triangle(q.shape[2])
        extra = self.extra.reshape(1, -1, 1, 1).expand(q.shape[0], -1, q.shape[-2], -1)
        combined = torch.cat([scores, extra], dim=-1)
        combined = combined - combined.max(dim=-1, keepdim=True).values
        weights = F.softmax(combined, dim=-1)[..., :-1]
        return torch.matmul(weights, v)


class SinksEinsum(Sinks):
    """The reference of gpt-oss: einsum and a grouped shape."""

    def attend(self, q, k, v):
        qk = torch.einsum("bhqd,bhkd->bhqk", q, k).mul(0.25)
        at = torch.arange(q.shape[2], device=q.device)
        qk = qk.masked_fill(at[None, :] > at[:, None], float("-inf"))
        extra = self.extra[None, :, None, None].expand(*qk.shape[:-1], 1)
        w = torch.softmax(torch.cat([qk, extra], dim=-1), dim=-1)
        return torch.einsum("bhqk,bhkd->bhqd", w[..., : k.shape[2]], v)


class SinksSum(Sinks):
    """The extra score is added to the sum of exponentials."""

    def attend(self, q, k, v):
        scores = q @ k.mT / 4 + triangle(q.shape[2])
        extra = self.extra.view(1, 6, 1, 1)
        top = torch.maximum(scores.amax(-1, keepdim=True), extra)
        weights = (scores - top).exp()
        return (weights / (weights.sum(-1, keepdim=True) + (extra - top).exp())) @ v


class Capped(Projected):
    """Gemma-2: tanh bends the scores below 30."""

    def attend(self, q, k, v):
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25
        scores = scores / 30.0
        scores = torch.tanh(scores)
        scores = scores * 30.0
        weights = F.softmax(scores + triangle(q.shape[2]), dim=-1, dtype=torch.float32)
        return torch.matmul(weights.to(q.dtype), v)


class CappedEinsum(Projected):
    """One expression (Grok, Gemma in JAX manner)."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        dots = torch.einsum("bhid,bhjd->bhij", q * 0.25, k)
        dots = 30.0 * (dots / 30.0).tanh()
        dots = torch.where(at[:, None] >= at, dots, -1e30)
        return torch.einsum("bhij,bhjd->bhid", dots.softmax(dim=-1), v)


class Talking(Projected):
    """Scores are mixed over the heads before the softmax, weights after it."""

    def __init__(self):
        super().__init__()
        self.before = nn.Linear(6, 6, bias=False)
        self.after = nn.Linear(6, 6, bias=False)

    def attend(self, q, k, v):
        attn = (q * 0.25) @ k.transpose(-2, -1)
        attn = self.before(attn.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        attn = attn.softmax(dim=-1)
        attn = self.after(attn.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return attn @ v


class TalkingEinsum(Talking):
    """The same as einsum over heads."""

    def attend(self, q, k, v):
        dots = torch.einsum("bhid,bhjd->bhij", q, k) * 0.25
        dots = torch.einsum("bhij,gh->bgij", dots, self.before.weight)
        attn = torch.einsum("bhij,gh->bgij", torch.softmax(dots, dim=-1), self.after.weight)
        return torch.einsum("bhij,bhjd->bhid", attn, v)


class TalkingConv(Talking):
    """The same as a 1 x 1 convolution over heads (x-transformers)."""

    def attend(self, q, k, v):
        dots = q @ k.mT / 4
        dots = F.conv2d(dots, self.before.weight[:, :, None, None])
        return F.conv2d(dots.softmax(-1), self.after.weight[:, :, None, None]) @ v


class Differential(nn.Module):
    """Two maps of half heads; a learned part of the second is taken off the first."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288, bias=False)
        self.share = nn.Parameter(torch.tensor(0.2))

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k = (t.unflatten(-1, (6, 16)).transpose(1, 2) for t in (q, k))
        v = v.unflatten(-1, (3, 32)).transpose(1, 2)
        weights = F.softmax(q @ k.transpose(-1, -2) / 4 + triangle(x.shape[1]), dim=-1)
        weights = weights.view(x.shape[0], 3, 2, x.shape[1], x.shape[1])
        weights = weights[:, :, 0] - self.share * weights[:, :, 1]
        return (weights @ v).transpose(1, 2).flatten(2)


class DifferentialSdpa(Differential):
    """Two calls and their difference."""

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q1, q2 = q.unflatten(-1, (3, 2, 16)).permute(3, 0, 2, 1, 4)
        k1, k2 = k.unflatten(-1, (3, 2, 16)).permute(3, 0, 2, 1, 4)
        v = v.unflatten(-1, (3, 32)).transpose(1, 2)
        first = F.scaled_dot_product_attention(q1, k1, v, is_causal=True)
        second = F.scaled_dot_product_attention(q2, k2, v, is_causal=True)
        return (first - self.share * second).transpose(1, 2).flatten(2)


class Disentangled(Projected):
    """DeBERTa: content with content, content with position, position with content."""

    def __init__(self):
        super().__init__()
        self.relative = nn.Parameter(torch.randn(16, 96))

    def positions(self, n):
        at = torch.arange(n)
        return (at[:, None] - at[None, :]).clamp(-8, 7) + 8

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        scale = 1 / math.sqrt(d * 3)
        apart = self.positions(n).expand(b, h, n, n)
        pos_k = self.k(self.relative).view(1, 16, h, d).transpose(1, 2)
        pos_q = self.q(self.relative).view(1, 16, h, d).transpose(1, 2)
        scores = torch.matmul(q, k.transpose(-1, -2) * scale)
        c2p = torch.gather(torch.matmul(q, pos_k.transpose(-1, -2)), -1, apart)
        p2c = torch.gather(torch.matmul(k, pos_q.transpose(-1, -2)), -1, apart).transpose(-1, -2)
        scores = scores + c2p * scale + p2c * scale
        return torch.matmul(F.softmax(scores, dim=-1), v)


class DisentangledEinsum(Disentangled):
    """The same with einsum and take_along_dim."""

    def attend(self, q, k, v):
        apart = self.positions(q.shape[2])[None, None]
        pos_k = self.k(self.relative).unflatten(-1, (6, 16))
        pos_q = self.q(self.relative).unflatten(-1, (6, 16))
        scores = torch.einsum("bhid,bhjd->bhij", q, k)
        scores = scores + torch.einsum("bhid,rhd->bhir", q, pos_k).take_along_dim(apart, -1)
        scores = scores + torch.einsum("bhjd,rhd->bhjr", k, pos_q).take_along_dim(apart, -1).mT
        return torch.einsum("bhij,bhjd->bhid", (scores / 48**0.5).softmax(-1), v)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "head_dim": 16, "query_length": 20}
SCALED = {**SIZES, "kv_heads": 6, "scale": 0.25}
RELATIVE = {"bias": "relative", "causal": False, **SIZES}
ALIBI = {"bias": "alibi", "causal": True, **SCALED}
SINK = {"sink": True, "causal": True, **SCALED}
CAP = {"softcap": 30.0, "causal": True, **SCALED}
TWO = {"causal": True, "head_dim": 16, "value_dim": 32, "scale": 0.25}

ZOO = [
    entry(Buckets, tokens, "relative-bias", twins="t5", scale=1.0, **RELATIVE),
    entry(BucketsSdpa, tokens, "relative-bias", twins="t5", scale=1.0, **RELATIVE),
    entry(Distances, tokens, "relative-bias", twins="distances", scale=0.25, **RELATIVE),
    entry(DistancesSdpa, tokens, "relative-bias", twins="distances", scale=0.25, **RELATIVE),
    entry(Slopes, tokens, "alibi", twins="alibi", **ALIBI),
    entry(SlopesComputed, tokens, "alibi", twins="alibi", **ALIBI),
    entry(SlopesSdpa, tokens, "alibi", twins="alibi", **ALIBI),
    entry(Sinks, tokens, "sink", twins="sinks", **SINK),
    entry(SinksEinsum, tokens, "sink", twins="sinks", **SINK),
    entry(SinksSum, tokens, "sink", twins="sinks", **SINK),
    entry(Capped, tokens, "softcap", twins="capped", softmax_dtype="float32", **CAP),
    entry(CappedEinsum, tokens, "softcap", twins="capped", **CAP),
    entry(Talking, tokens, "talking-heads", twins="talking", causal=False, **SCALED),
    entry(TalkingEinsum, tokens, "talking-heads", twins="talking", causal=False, **SCALED),
    entry(TalkingConv, tokens, "talking-heads", twins="talking", causal=False, **SCALED),
    entry(Differential, tokens, "differential", twins="differential", **TWO),
    entry(DifferentialSdpa, tokens, "differential", twins="differential", **TWO),
    entry(Disentangled, tokens, "disentangled", twins="deberta", open=("bias",), **SIZES),
    entry(DisentangledEinsum, tokens, "disentangled", twins="deberta", open=("bias",), **SIZES),
]
