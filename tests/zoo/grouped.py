"""Several query heads share the keys and values of one head."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


def repeat_kv(t, times):
    b, kv, n, d = t.shape
    t = t[:, :, None, :, :].expand(b, kv, times, n, d)
    return t.reshape(b, kv * times, n, d)


class Shared(nn.Module):
    """Six heads of queries, two of keys; the call knows of it."""

    def __init__(self, heads=6, kv_heads=2, head_dim=16):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, head_dim
        self.q_proj = nn.Linear(96, heads * head_dim, bias=False)
        self.k_proj = nn.Linear(96, kv_heads * head_dim, bias=False)
        self.v_proj = nn.Linear(96, kv_heads * head_dim, bias=False)
        self.o_proj = nn.Linear(heads * head_dim, 96, bias=False)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    def forward(self, x):
        b, n, _ = x.shape
        q = self.q_proj(x).view(b, n, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(b, n, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(b, n, self.kv_heads, self.head_dim).transpose(1, 2)
        return self.o_proj(self.attend(q, k, v).transpose(1, 2).reshape(b, n, -1))


class Interleaved(Shared):
    """repeat_interleave before the call."""

    def attend(self, q, k, v):
        k = k.repeat_interleave(self.heads // self.kv_heads, dim=1)
        v = v.repeat_interleave(self.heads // self.kv_heads, dim=1)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Expanded(Shared):
    """expand and reshape, then by hand."""

    def attend(self, q, k, v):
        k, v = repeat_kv(k, self.heads // self.kv_heads), repeat_kv(v, self.heads // self.kv_heads)
        scores = torch.matmul(q, k.transpose(2, 3)) * self.head_dim**-0.5
        n = q.shape[2]
        mask = torch.full((n, n), torch.finfo(q.dtype).min, device=q.device).triu(1)
        return torch.matmul(F.softmax(scores + mask, dim=-1, dtype=torch.float32).to(q.dtype), v)


class FiveDims(Shared):
    """A dimension for the group; keys are never repeated."""

    def attend(self, q, k, v):
        b, _, n, d = q.shape
        q = q.view(b, self.kv_heads, self.heads // self.kv_heads, n, d)
        scores = torch.einsum("bkgqd,bksd->bkgqs", q, k) / d**0.5
        at = torch.arange(n, device=q.device)
        scores = scores.masked_fill(at[None, :] > at[:, None], float("-inf"))
        return torch.einsum("bkgqs,bksd->bkgqd", scores.softmax(-1), v).flatten(1, 2)


class OneHead(Shared):
    """One head of keys for all."""

    def __init__(self):
        super().__init__(kv_heads=1)

    def attend(self, q, k, v):
        k, v = k.expand(-1, self.heads, -1, -1), v.expand(-1, self.heads, -1, -1)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class OneHeadEinsum(OneHead):
    """einsum without a head on the keys."""

    def attend(self, q, k, v):
        scores = torch.einsum("bhid,bjd->bhij", q * 0.25, k.squeeze(1))
        n = q.shape[2]
        hidden = torch.ones((n, n), dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.finfo(scores.dtype).max)
        return torch.einsum("bhij,bjd->bhid", scores.softmax(dim=-1), v.squeeze(1))


class OneHeadFolded(OneHead):
    """Heads folded into the sequence of queries (GPT-BigCode)."""

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        flat = q.transpose(1, 2).reshape(b, n * h, d)
        scores = torch.baddbmm(
            flat.new_empty(b, n * h, n), flat, k[:, 0].transpose(1, 2), beta=0, alpha=d**-0.5
        ).view(b, n, h, n)
        seen = torch.ones(n, n, dtype=torch.bool, device=q.device).tril()
        low = torch.full([], torch.finfo(scores.dtype).min, dtype=scores.dtype)
        weights = F.softmax(torch.where(seen[None, :, None, :], scores, low), dim=-1)
        out = torch.bmm(weights.view(b, n * h, n), v[:, 0])
        return out.view(b, n, h, d).transpose(1, 2)


class Large(Shared):
    """head_dim 256 (Gemma)."""

    def __init__(self):
        super().__init__(heads=3, kv_heads=1, head_dim=256)


class LargeEager(Expanded):
    """The same by hand."""

    def __init__(self):
        super().__init__(heads=3, kv_heads=1, head_dim=256)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "head_dim": 16, "causal": True, "scale": 0.25, "query_length": 20}
LARGE = {"heads": 3, "kv_heads": 1, "head_dim": 256, "causal": True, "scale": 0.0625}

ZOO = [
    entry(Shared, tokens, "gqa", twins="two", kv_heads=2, mask_source="is_causal", **SIZES),
    entry(Interleaved, tokens, "gqa", twins="two", kv_heads=2, mask_source="is_causal", **SIZES),
    entry(Expanded, tokens, "gqa", twins="two", kv_heads=2, softmax_dtype="float32", **SIZES),
    entry(FiveDims, tokens, "gqa", twins="two", kv_heads=2, mask_source="computed", **SIZES),
    entry(OneHead, tokens, "gqa", twins="one", kv_heads=1, mask_source="is_causal", **SIZES),
    entry(OneHeadEinsum, tokens, "gqa", twins="one", kv_heads=1, **SIZES),
    entry(OneHeadFolded, tokens, "gqa", twins="one", kv_heads=1, **SIZES),
    entry(Large, tokens, "head-dim-large", twins="large", **LARGE),
    entry(LargeEager, tokens, "head-dim-large", twins="large", **LARGE),
]
