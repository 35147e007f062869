"""Masks that are no triangle: given, learned, of padding, of a prefix, of a tree."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Projected(nn.Module):
    """What all of them share."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.proj = nn.Linear(96, 96)

    def triple(self, x):
        return self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)

    def joined(self, y):
        return self.proj(y.transpose(1, 2).flatten(2))


class Given(Projected):
    """An additive mask for each pair, from the caller."""

    def forward(self, x, attention_mask):
        q, k, v = self.triple(x)
        return self.joined(F.scaled_dot_product_attention(q, k, v, attn_mask=attention_mask))


class GivenEager(Projected):
    """The same by hand, as transformers' eager function."""

    def forward(self, x, attention_mask):
        q, k, v = self.triple(x)
        weights = torch.matmul(q, k.transpose(2, 3)) * 0.25
        weights = weights + attention_mask[:, :, :, : k.shape[-2]]
        weights = F.softmax(weights, dim=-1, dtype=torch.float32).to(q.dtype)
        return self.joined(torch.matmul(weights, v))


class GivenBoolean(Projected):
    """A boolean mask of pairs."""

    def forward(self, x, allowed):
        q, k, v = self.triple(x)
        sim = torch.einsum("bhid,bhjd->bhij", q, k) * 0.25
        sim = torch.where(allowed[:, None], sim, torch.finfo(sim.dtype).min)
        return self.joined(torch.einsum("bhij,bhjd->bhid", sim.softmax(-1), v))


class Learned(Projected):
    """A parameter for each head and pair."""

    def __init__(self):
        super().__init__()
        self.pairs = nn.Parameter(torch.randn(6, 20, 20))

    def forward(self, x):
        q, k, v = self.triple(x)
        return self.joined(F.scaled_dot_product_attention(q, k, v, attn_mask=self.pairs))


class LearnedEager(Learned):
    """The same by hand."""

    def forward(self, x):
        q, k, v = self.triple(x)
        weights = torch.softmax(
            torch.baddbmm(
                self.pairs.repeat(2, 1, 1), q.flatten(0, 1), k.flatten(0, 1).mT, alpha=0.25
            ),
            dim=-1,
        )
        return self.joined(torch.bmm(weights, v.flatten(0, 1)).unflatten(0, (2, 6)))


class Bert(Projected):
    """Ones for tokens; what is padding gets the smallest number."""

    def forward(self, x, keep):
        q, k, v = self.triple(x)
        low = (1.0 - keep[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        scores = torch.matmul(q, k.transpose(-1, -2)) / 16**0.5 + low
        return self.joined(torch.matmul(nn.Softmax(dim=-1)(scores), v))


class BertSdpa(Projected):
    """The same as a boolean mask."""

    def forward(self, x, keep):
        q, k, v = self.triple(x)
        seen = keep.bool()[:, None, None, :].expand(-1, 1, x.shape[1], -1)
        return self.joined(F.scaled_dot_product_attention(q, k, v, attn_mask=seen))


class Multihead(nn.Module):
    """key_padding_mask of torch's module."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(96, 6, batch_first=True)

    def forward(self, x, keep):
        return self.inner(x, x, x, key_padding_mask=keep == 0, need_weights=False)[0]


class Prefix(Projected):
    """Seven tokens see each other whole, the rest is causal."""

    def forward(self, x):
        q, k, v = self.triple(x)
        at = torch.arange(x.shape[1], device=x.device)
        seen = (at[:, None] >= at[None, :]) | (at[None, :] < 7)
        return self.joined(F.scaled_dot_product_attention(q, k, v, attn_mask=seen))


class PrefixEager(Projected):
    """The triangle is overwritten by a slice."""

    def forward(self, x):
        q, k, v = self.triple(x)
        n = x.shape[1]
        mask = torch.full((n, n), float("-inf"), device=x.device).triu(1)
        mask[:, :7] = 0
        scores = q @ k.transpose(-1, -2) * 0.25 + mask
        return self.joined(torch.softmax(scores, -1) @ v)


PARENTS = (-1, 0, 0, 1, 1, 2, 5)


def ancestors():
    seen = torch.eye(7, dtype=torch.bool)
    for node, parent in enumerate(PARENTS):
        if parent >= 0:
            seen[node] |= seen[parent]
    return seen


class Tree(Projected):
    """Draft tokens see their ancestors and all that is in the cache (Medusa)."""

    def __init__(self):
        super().__init__()
        self.register_buffer("tree", ancestors())

    def forward(self, x, past_k, past_v):
        q, k, v = self.triple(x)
        k, v = torch.cat([past_k, k], dim=2), torch.cat([past_v, v], dim=2)
        seen = torch.cat([self.tree.new_ones(7, past_k.shape[2]), self.tree], dim=1)
        return self.joined(F.scaled_dot_product_attention(q, k, v, attn_mask=seen))


class TreeEager(Tree):
    """A triangle whose end is overwritten by the tree, by hand."""

    def forward(self, x, past_k, past_v):
        q, k, v = self.triple(x)
        k, v = torch.cat([past_k, k], dim=2), torch.cat([past_v, v], dim=2)
        mask = torch.zeros(7, k.shape[2], device=x.device)
        mask[:, -7:] = torch.zeros(7, 7).masked_fill(~self.tree, torch.finfo(x.dtype).min)
        scores = torch.matmul(q, k.transpose(2, 3)) / 4 + mask
        return self.joined(torch.matmul(F.softmax(scores, dim=-1), v))


def tokens():
    return (torch.randn(2, 20, 96),)


def additive():
    mask = torch.zeros(2, 1, 20, 20).masked_fill(torch.rand(2, 1, 20, 20) > 0.7, -1e9)
    return torch.randn(2, 20, 96), mask


def boolean():
    return torch.randn(2, 20, 96), torch.rand(2, 20, 20) > 0.3


def padded():
    keep = torch.ones(2, 20, dtype=torch.long)
    keep[1, 15:] = 0
    return torch.randn(2, 20, 96), keep


def drafts():
    return torch.randn(2, 7, 96), torch.randn(2, 6, 12, 16), torch.randn(2, 6, 12, 16)


SIZES = {"heads": 6, "kv_heads": 6, "head_dim": 16, "scale": 0.25, "query_length": 20}
DRAFT = {**SIZES, "query_length": 7, "key_length": 19, "cache": "concat"}
GIVEN = {"mask_source": "input", "open": ("bias",), **SIZES}
LEARNED = {"bias": "learned", "causal": False, **SIZES}
PAD = {"mask_source": "padding", "causal": False, **SIZES}

ZOO = [
    entry(Given, additive, "dense-mask", twins="given", **GIVEN),
    entry(GivenEager, additive, "dense-mask", twins="given", softmax_dtype="float32", **GIVEN),
    entry(GivenBoolean, boolean, "dense-mask", **GIVEN),
    entry(Learned, tokens, "dense-mask", twins="learned", **LEARNED),
    entry(LearnedEager, tokens, "dense-mask", twins="learned", **LEARNED),
    entry(Bert, padded, "bidirectional", twins="bert", **PAD),
    entry(BertSdpa, padded, "bidirectional", twins="bert", **PAD),
    entry(Multihead, padded, "bidirectional", heads=6, head_dim=16, mask_source="padding"),
    entry(Prefix, tokens, "prefix-mask", twins="prefix", mask_source="computed", **SIZES),
    entry(PrefixEager, tokens, "prefix-mask", twins="prefix", mask_source="computed", **SIZES),
    entry(Tree, drafts, "tree-mask", twins="tree", graph="dense-mask", **DRAFT),
    entry(TreeEager, drafts, "tree-mask", twins="tree", graph="dense-mask", **DRAFT),
]
