"""Queries and keys are normalised, or scaled to length one, before their product."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Rms(nn.Module):
    """RMSNorm of each head, as in Qwen3."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288, bias=False)
        self.q_gain = nn.Parameter(torch.rand(16))
        self.k_gain = nn.Parameter(torch.rand(16))

    def normed(self, t, gain):
        return t * torch.rsqrt(t.pow(2).mean(-1, keepdim=True) + 1e-6) * gain

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        q, k = self.normed(q, self.q_gain), self.normed(k, self.k_gain)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class RmsCall(Rms):
    """The same with torch's function, and by hand."""

    def normed(self, t, gain):
        return F.rms_norm(t, (16,), gain, 1e-6)

    def attend(self, q, k, v):
        n = q.shape[2]
        hidden = torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1)
        weights = (q @ k.mT * 0.25).masked_fill(hidden, float("-inf")).softmax(dim=-1)
        return weights @ v


class Layer(nn.Module):
    """LayerNorm of each head (ViT-22B)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.q_norm = nn.LayerNorm(16)
        self.k_norm = nn.LayerNorm(16)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, 6, 16).unbind(2)
        dots = torch.einsum("bqhd,bkhd->bhqk", self.q_norm(q), self.k_norm(k)) / 4
        return torch.einsum("bhqk,bkhd->bqhd", dots.softmax(-1), v).reshape(b, n, c)


class LayerSdpa(Layer):
    """The same as a call."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(self.q_norm(q), self.k_norm(k), v)
        return y.transpose(1, 2).flatten(2)


class Cosine(nn.Module):
    """Swin v2: cosine of queries and keys times a learned, clamped factor of each head."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.logit_scale = nn.Parameter(torch.linspace(1.0, 3.0, 6).view(6, 1, 1))

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        attn = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
        attn = attn * torch.clamp(self.logit_scale, max=4.6052).exp()
        return (F.softmax(attn, dim=-1) @ v).transpose(1, 2).flatten(2)


class CosineSdpa(Cosine):
    """The factor goes to the queries and the call does not scale."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        q = F.normalize(q, dim=-1) * self.logit_scale.clamp(max=4.6052).exp()
        y = F.scaled_dot_product_attention(q, F.normalize(k, dim=-1), v, scale=1.0)
        return y.transpose(1, 2).flatten(2)


class CosineEinsum(Cosine):
    """Norms by hand."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        q = q / q.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        k = k / k.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        sim = torch.einsum("bhid,bhjd->bhij", q, k) * self.logit_scale.clamp(max=4.6052).exp()
        return torch.einsum("bhij,bhjd->bhid", sim.softmax(-1), v).transpose(1, 2).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "kv_heads": 6, "head_dim": 16, "query_length": 20}
QK = {"qk_norm": True, "scale": 0.25, **SIZES}

ZOO = [
    entry(Rms, tokens, "qk-norm", twins="rms", causal=True, **QK),
    entry(RmsCall, tokens, "qk-norm", twins="rms", causal=True, **QK),
    entry(Layer, tokens, "qk-norm", twins="layer", causal=False, **QK),
    entry(LayerSdpa, tokens, "qk-norm", twins="layer", causal=False, **QK),
    entry(Cosine, tokens, "cosine", twins="cosine", causal=False, open=("qk_norm",), **SIZES),
    entry(CosineSdpa, tokens, "cosine", twins="cosine", causal=False, open=("qk_norm",), **SIZES),
    entry(CosineEinsum, tokens, "cosine", twins="cosine", causal=False, open=("qk_norm",), **SIZES),
]
