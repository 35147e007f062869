"""Every query sees every key: vision transformers and encoders."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class FusedSdpa(nn.Module):
    """One projection for queries, keys and values, as in timm."""

    def __init__(self, width=96, heads=6):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, c))


class FusedMatmul(FusedSdpa):
    """The same by hand; the scale goes to the queries."""

    def forward(self, x):
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attn = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        attn = attn.softmax(dim=-1)
        return self.proj((attn @ v).transpose(1, 2).reshape(b, n, c))


class ChunkedEinsum(FusedSdpa):
    """Heads stay behind the sequence (B, S, H, D) and einsum does the rest."""

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = (t.view(b, n, self.heads, -1) for t in self.qkv(x).chunk(3, dim=-1))
        dots = torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(q.shape[-1])
        out = torch.einsum("bhij,bjhd->bihd", F.softmax(dots, dim=-1), v)
        return self.proj(out.reshape(b, n, c))


class SequenceFirst(nn.Module):
    """(S, B, D), heads folded into the batch, baddbmm with the scale: Megatron and fairseq."""

    def __init__(self):
        super().__init__()
        self.heads, self.head_dim = 6, 16
        self.query = nn.Linear(96, 96)
        self.key = nn.Linear(96, 96)
        self.value = nn.Linear(96, 96)
        self.softmax = nn.Softmax(dim=-1)

    def fold(self, t):
        s, b, _ = t.shape
        return t.contiguous().view(s, b * self.heads, self.head_dim).transpose(0, 1)

    def forward(self, hidden):
        s, b, c = hidden.shape
        q, k, v = (
            self.fold(self.query(hidden)),
            self.fold(self.key(hidden)),
            self.fold(self.value(hidden)),
        )
        blank = torch.empty(b * self.heads, s, s, dtype=q.dtype, device=q.device)
        scores = torch.baddbmm(blank, q, k.transpose(1, 2), beta=0.0, alpha=self.head_dim**-0.5)
        context = torch.bmm(self.softmax(scores), v)
        return context.transpose(0, 1).reshape(s, b, c)


class SequenceFirstBmm(SequenceFirst):
    """The same with bmm, the scale in between, and the softmax by hand."""

    def forward(self, hidden):
        s, b, c = hidden.shape
        q, k, v = (self.fold(f(hidden)) for f in (self.query, self.key, self.value))
        scores = torch.bmm(q, k.transpose(1, 2)).mul(self.head_dim**-0.5)
        weights = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
        weights = weights / weights.sum(dim=-1, keepdim=True)
        return torch.bmm(weights, v).transpose(0, 1).reshape(s, b, c)


def functional(x, wq, wk, wv):
    """No modules: weights are arguments."""
    q, k, v = (torch.matmul(x, w).unflatten(-1, (6, 16)).transpose(1, 2) for w in (wq, wk, wv))
    scores = torch.matmul(q, k.mT) * 0.25
    return torch.matmul(torch.softmax(scores, dim=-1), v).transpose(1, 2).flatten(2)


def functional_sdpa(x, wq, wk, wv):
    """The same as one call."""
    q, k, v = (torch.matmul(x, w).unflatten(-1, (6, 16)).transpose(1, 2) for w in (wq, wk, wv))
    return F.scaled_dot_product_attention(q, k, v, scale=0.25).transpose(1, 2).flatten(2)


class EncoderLayer(nn.Module):
    """torch's own layer, whose fast path is one operator in eval."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(96, 6, 160, dropout=0.0, batch_first=True)

    def forward(self, x):
        return self.layer(x)


class Encoder(nn.Module):
    """Two of torch's layers, norm first."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(96, 6, 160, batch_first=True, norm_first=True)
        self.stages = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.stages(x)


class Multihead(nn.Module):
    """nn.MultiheadAttention without weights."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(96, 6, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]


class MultiheadWeights(nn.Module):
    """nn.MultiheadAttention that also gives its weights."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(96, 6, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=True, average_attn_weights=False)


class WeightsOut(FusedSdpa):
    """Weights are given back, for pictures."""

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, 16).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) / 4.0, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).flatten(2)), weights


class Joint(nn.Module):
    """Text and image tokens, each with weights of its own, see each other (MMDiT)."""

    def __init__(self):
        super().__init__()
        self.text = nn.Linear(96, 288)
        self.image = nn.Linear(96, 288)
        self.text_out = nn.Linear(96, 96)
        self.image_out = nn.Linear(96, 96)

    def triple(self, projection, t):
        return projection(t).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)

    def forward(self, image, text):
        left, right = self.triple(self.text, text), self.triple(self.image, image)
        q, k, v = torch.cat([left, right], dim=3)
        out = self.attend(q, k, v).transpose(1, 2).flatten(2)
        own, other = out.split([text.shape[1], image.shape[1]], dim=1)
        return self.image_out(other), self.text_out(own)


class JointEager(Joint):
    """The same by hand."""

    def attend(self, q, k, v):
        return torch.softmax(torch.einsum("bhqd,bhkd->bhqk", q, k) / 4, dim=-1) @ v


class Upcast(FusedSdpa):
    """Softmax in float32 over half-precision scores."""

    def __init__(self):
        super().__init__()
        self.bfloat16()

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x.bfloat16()).view(b, n, 3, self.heads, 16).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25
        weights = nn.functional.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
        return self.proj(torch.matmul(weights, v).transpose(1, 2).reshape(b, n, c))


class UpcastBefore(Upcast):
    """The same with casts around."""

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x.bfloat16()).view(b, n, 3, self.heads, 16).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25
        weights = torch.softmax(scores.float(), dim=-1).type_as(q)
        return self.proj(torch.matmul(weights, v).transpose(1, 2).reshape(b, n, c))


def tokens():
    return (torch.randn(2, 20, 96),)


def sequence():
    return (torch.randn(20, 2, 96),)


def weights():
    return (torch.randn(2, 20, 96), *(torch.randn(96, 96) / 10 for _ in range(3)))


def streams():
    return torch.randn(2, 20, 96), torch.randn(2, 7, 96)


SIZES = {"heads": 6, "kv_heads": 6, "head_dim": 16, "causal": False, "query_length": 20}
KIND = "bidirectional"

ZOO = [
    entry(FusedSdpa, tokens, KIND, twins="fused", scale=0.25, **SIZES),
    entry(FusedMatmul, tokens, KIND, twins="fused", scale=0.25, **SIZES),
    entry(ChunkedEinsum, tokens, KIND, twins="fused", scale=0.25, **SIZES),
    entry(SequenceFirst, sequence, KIND, twins="first", head_dim=16, causal=False, scale=0.25),
    entry(SequenceFirstBmm, sequence, KIND, twins="first", head_dim=16, causal=False, scale=0.25),
    entry(functional, weights, KIND, twins="functions", scale=0.25, **SIZES),
    entry(functional_sdpa, weights, KIND, twins="functions", scale=0.25, **SIZES),
    entry(EncoderLayer, tokens, KIND, heads=6, head_dim=16, causal=False),
    entry(Encoder, tokens, KIND, count=2, heads=6, head_dim=16, causal=False),
    entry(Multihead, tokens, KIND, heads=6, head_dim=16, causal=False),
    entry(MultiheadWeights, tokens, KIND, heads=6, head_dim=16, weights_returned=True),
    entry(WeightsOut, tokens, KIND, twins="fused", scale=0.25, weights_returned=True, **SIZES),
    entry(Joint, streams, KIND, twins="joint", heads=6, head_dim=16, query_length=27),
    entry(JointEager, streams, KIND, twins="joint", heads=6, head_dim=16, query_length=27),
    entry(Upcast, tokens, KIND, twins="upcast", softmax_dtype="float32", dtype="bfloat16", **SIZES),
    entry(
        UpcastBefore,
        tokens,
        KIND,
        twins="upcast",
        softmax_dtype="float32",
        dtype="bfloat16",
        **SIZES,
    ),
]
