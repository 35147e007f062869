"""Keys and values of earlier steps are kept."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Projected(nn.Module):
    """What all of them share."""

    def __init__(self):
        super().__init__()
        self.wq = nn.Linear(96, 96, bias=False)
        self.wk = nn.Linear(96, 32, bias=False)
        self.wv = nn.Linear(96, 32, bias=False)
        self.wo = nn.Linear(96, 96, bias=False)

    def project(self, x):
        b, n, _ = x.shape
        q = self.wq(x).view(b, n, 6, 16).transpose(1, 2)
        k = self.wk(x).view(b, n, 2, 16).transpose(1, 2)
        return q, k, self.wv(x).view(b, n, 2, 16).transpose(1, 2)


class Growing(Projected):
    """The cache grows by one token at every step and goes back to the caller."""

    def forward(self, x, past_k, past_v):
        q, k, v = self.project(x)
        k, v = torch.cat([past_k, k], dim=2), torch.cat([past_v, v], dim=2)
        y = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
        return self.wo(y.transpose(1, 2).flatten(2)), k, v


class GrowingEager(Projected):
    """The same by hand."""

    def forward(self, x, past_k, past_v):
        q, k, v = self.project(x)
        k, v = torch.cat((past_k, k), dim=-2), torch.cat((past_v, v), dim=-2)
        keys, values = k.repeat_interleave(3, dim=1), v.repeat_interleave(3, dim=1)
        weights = F.softmax(q @ keys.transpose(-1, -2) / 4, dim=-1)
        return self.wo((weights @ values).transpose(1, 2).flatten(2)), k, v


class Static(Projected):
    """Buffers of full length; index_copy_ writes, a mask of positions hides the rest."""

    def __init__(self):
        super().__init__()
        self.register_buffer("k_cache", torch.zeros(2, 2, 24, 16))
        self.register_buffer("v_cache", torch.zeros(2, 2, 24, 16))

    def forward(self, x, at):
        q, k, v = self.project(x)
        self.k_cache.index_copy_(2, at, k)
        self.v_cache.index_copy_(2, at, v)
        seen = torch.arange(24, device=x.device)[None, :] <= at[:, None]
        y = F.scaled_dot_product_attention(
            q, self.k_cache, self.v_cache, attn_mask=seen, enable_gqa=True
        )
        return self.wo(y.transpose(1, 2).flatten(2))


class StaticIndexed(Static):
    """Written by an index, read by hand (gpt-fast and its kin)."""

    def forward(self, x, at):
        q, k, v = self.project(x)
        self.k_cache[:, :, at] = k
        self.v_cache[:, :, at] = v
        keys = self.k_cache.repeat_interleave(3, dim=1)
        values = self.v_cache.repeat_interleave(3, dim=1)
        hidden = torch.arange(24, device=x.device)[None, :] > at[:, None]
        scores = (torch.matmul(q, keys.transpose(2, 3)) / 4).masked_fill(hidden, float("-inf"))
        return self.wo(torch.matmul(scores.softmax(dim=-1), values).transpose(1, 2).flatten(2))


class StaticSlice(nn.Module):
    """The reference code of Llama: a slice is written, what was written so far is read."""

    def __init__(self, start=11):
        super().__init__()
        self.start = start
        self.wq = nn.Linear(96, 96, bias=False)
        self.wk = nn.Linear(96, 32, bias=False)
        self.wv = nn.Linear(96, 32, bias=False)
        self.register_buffer("cache_k", torch.zeros(2, 24, 2, 16))
        self.register_buffer("cache_v", torch.zeros(2, 24, 2, 16))

    def forward(self, x):
        b, n, _ = x.shape
        q = self.wq(x).view(b, n, 6, 16)
        self.cache_k[:b, self.start : self.start + n] = self.wk(x).view(b, n, 2, 16)
        self.cache_v[:b, self.start : self.start + n] = self.wv(x).view(b, n, 2, 16)
        keys = self.cache_k[:b, : self.start + n, :, None].expand(-1, -1, -1, 3, -1).flatten(2, 3)
        values = self.cache_v[:b, : self.start + n, :, None].expand(-1, -1, -1, 3, -1).flatten(2, 3)
        q, keys, values = (t.transpose(1, 2) for t in (q, keys, values))
        weights = torch.softmax((q @ keys.transpose(2, 3)).float() / 4, dim=-1).type_as(q)
        return (weights @ values).transpose(1, 2).flatten(2)


class Paged(Projected):
    """A table names the blocks in which a sequence's keys lie; they are gathered."""

    def forward(self, x, k_blocks, v_blocks, table):
        q, k, v = self.project(x)
        b = x.shape[0]
        keys = k_blocks[table].flatten(1, 2).transpose(1, 2)
        values = v_blocks[table].flatten(1, 2).transpose(1, 2)
        keys, values = torch.cat([keys, k], dim=2), torch.cat([values, v], dim=2)
        y = F.scaled_dot_product_attention(q, keys, values, enable_gqa=True)
        return self.wo(y.transpose(1, 2).reshape(b, 1, 96))


class PagedEager(Projected):
    """The same with index_select and by hand."""

    def forward(self, x, k_blocks, v_blocks, table):
        q, k, v = self.project(x)
        b, pages = table.shape
        keys = k_blocks.index_select(0, table.reshape(-1)).view(b, pages * 4, 2, 16)
        values = v_blocks.index_select(0, table.reshape(-1)).view(b, pages * 4, 2, 16)
        keys = torch.cat([keys.transpose(1, 2), k], dim=2)[:, :, None]
        values = torch.cat([values.transpose(1, 2), v], dim=2)[:, :, None]
        scores = torch.matmul(q.unflatten(1, (2, 3)), keys.transpose(-1, -2)) * 0.25
        y = torch.matmul(torch.softmax(scores, dim=-1), values).flatten(1, 2)
        return self.wo(y.transpose(1, 2).reshape(b, 1, 96))


class Split(Projected):
    """Parts of the cache are attended to apart, and joined by their log-sum-exp."""

    def forward(self, x, keys, values):
        q = self.project(x)[0]
        k = keys.repeat_interleave(3, dim=1).unflatten(2, (4, 7))
        v = values.repeat_interleave(3, dim=1).unflatten(2, (4, 7))
        scores = torch.einsum("bhqd,bhpkd->bhpqk", q, k) / 4
        lse = torch.logsumexp(scores, dim=-1, keepdim=True)
        part = torch.softmax(scores, dim=-1) @ v
        share = torch.softmax(lse, dim=2)
        return self.wo((part * share).sum(dim=2).transpose(1, 2).flatten(2))


class SplitLoop(Projected):
    """The same as a loop that keeps maximum and sum."""

    def forward(self, x, keys, values):
        q = self.project(x)[0]
        top = q.new_full((2, 6, 1, 1), float("-inf"))
        total, out = torch.zeros_like(top), torch.zeros_like(q)
        for k, v in zip(keys.split(7, dim=2), values.split(7, dim=2), strict=True):
            scores = q @ k.repeat_interleave(3, dim=1).transpose(-1, -2) / 4
            new = torch.maximum(top, scores.amax(dim=-1, keepdim=True))
            old, weights = torch.exp(top - new), torch.exp(scores - new)
            total = total * old + weights.sum(dim=-1, keepdim=True)
            out = out * old + weights @ v.repeat_interleave(3, dim=1)
            top = new
        return self.wo((out / total).transpose(1, 2).flatten(2))


def growing():
    return torch.randn(2, 1, 96), torch.randn(2, 2, 19, 16), torch.randn(2, 2, 19, 16)


def static():
    return torch.randn(2, 1, 96), torch.tensor([17])


def step():
    return (torch.randn(2, 1, 96),)


def blocks():
    table = torch.tensor([[3, 0, 7], [1, 5, 2]])
    return torch.randn(2, 1, 96), torch.randn(9, 4, 2, 16), torch.randn(9, 4, 2, 16), table


def parts():
    return torch.randn(2, 1, 96), torch.randn(2, 2, 28, 16), torch.randn(2, 2, 28, 16)


SIZES = {"heads": 6, "kv_heads": 2, "head_dim": 16, "query_length": 1, "scale": 0.25}

ZOO = [
    entry(Growing, growing, "kv-cache", twins="cat", cache="concat", key_length=20, **SIZES),
    entry(GrowingEager, growing, "kv-cache", twins="cat", cache="concat", key_length=20, **SIZES),
    entry(Static, static, "kv-cache", twins="full", cache="static", key_length=24, **SIZES),
    entry(StaticIndexed, static, "kv-cache", twins="full", cache="static", key_length=24, **SIZES),
    entry(StaticSlice, step, "kv-cache", cache="static", key_length=12, **SIZES),
    entry(Paged, blocks, "paged", twins="paged", cache="paged", key_length=13, **SIZES),
    entry(PagedEager, blocks, "paged", twins="paged", cache="paged", key_length=13, **SIZES),
    entry(Split, parts, "split-kv", twins="split", open=("cross", "cache"), heads=6, head_dim=16),
    entry(SplitLoop, parts, "split-kv", twins="split", open=("cross", "cache"), heads=6),
]
