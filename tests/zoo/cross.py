"""Queries and keys come from different sequences."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Sdpa(nn.Module):
    """A decoder looks at what an encoder made."""

    def __init__(self):
        super().__init__()
        self.to_q = nn.Linear(96, 96, bias=False)
        self.to_kv = nn.Linear(112, 192, bias=False)
        self.to_out = nn.Linear(96, 96)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)

    def forward(self, x, context):
        b, n, c = x.shape
        q = self.to_q(x).view(b, n, 6, 16).transpose(1, 2)
        k, v = self.to_kv(context).view(b, -1, 2, 6, 16).permute(2, 0, 3, 1, 4)
        return self.to_out(self.attend(q, k, v).transpose(1, 2).reshape(b, n, c))


class Matmul(Sdpa):
    """The same by hand."""

    def attend(self, q, k, v):
        sim = torch.matmul(q, k.transpose(-1, -2)) * 16**-0.5
        return torch.matmul(sim.softmax(dim=-1), v)


class Folded(Sdpa):
    """Heads in the batch, einsum over three dimensions, as early diffusion code has it."""

    def attend(self, q, k, v):
        q, k, v = (t.flatten(0, 1) for t in (q, k, v))
        sim = torch.einsum("b i d, b j d -> b i j", q, k) * 0.25
        out = torch.einsum("b i j, b j d -> b i d", sim.softmax(dim=-1), v)
        return out.unflatten(0, (-1, 6))


class Multihead(nn.Module):
    """torch's module with keys of another width."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(96, 6, kdim=112, vdim=112, batch_first=True)

    def forward(self, x, context):
        return self.inner(x, context, context, need_weights=False)[0]


class Latents(nn.Module):
    """A few learned queries read a long sequence (Perceiver)."""

    def __init__(self):
        super().__init__()
        self.latents = nn.Parameter(torch.randn(9, 96))
        self.to_q = nn.Linear(96, 96)
        self.to_kv = nn.Linear(112, 192)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)

    def forward(self, context):
        b = context.shape[0]
        x = self.latents[None].expand(b, -1, -1)
        q = self.to_q(x).view(b, 9, 6, 16).transpose(1, 2)
        k, v = self.to_kv(context).view(b, -1, 2, 6, 16).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


class LatentsEinsum(Latents):
    """The same by hand."""

    def attend(self, q, k, v):
        weights = F.softmax(torch.einsum("bhqd,bhkd->bhqk", q, k) / 4.0, dim=-1)
        return torch.einsum("bhqk,bhkd->bhqd", weights, v)


class DecoderLayer(nn.Module):
    """torch's decoder layer: a causal attention and one over the memory."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(96, 6, 160, batch_first=True)

    def forward(self, x, memory):
        n = x.shape[1]
        hidden = torch.ones(n, n, dtype=torch.bool, device=x.device).triu(1)
        return self.layer(x, memory, tgt_mask=hidden)


def pair():
    return torch.randn(2, 20, 96), torch.randn(2, 14, 112)


def long():
    return (torch.randn(2, 14, 112),)


def decoder():
    return torch.randn(2, 20, 96), torch.randn(2, 14, 96)


SIZES = {"heads": 6, "head_dim": 16, "cross": True, "query_length": 20, "key_length": 14}
READ = {"heads": 6, "head_dim": 16, "cross": True, "query_length": 9, "key_length": 14}

ZOO = [
    entry(Sdpa, pair, "cross", twins="cross", causal=False, scale=0.25, **SIZES),
    entry(Matmul, pair, "cross", twins="cross", causal=False, scale=0.25, **SIZES),
    entry(Folded, pair, "cross", twins="cross", causal=False, scale=0.25, **SIZES),
    entry(Multihead, pair, "cross", causal=False, **SIZES),
    entry(Latents, long, "cross", twins="latents", shape=(2, 9, 96), **READ),
    entry(LatentsEinsum, long, "cross", twins="latents", shape=(2, 9, 96), **READ),
    entry(DecoderLayer, decoder, "cross", also=1, **SIZES),
]
