"""Only some keys are met: by a fixed layout, by overlapping windows, by choice, by hashes."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry

LAYOUT = torch.tensor(
    [[1, 1, 0, 0, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 0, 1, 1, 1], [1, 1, 0, 1, 1]]
)
PICKED = torch.tensor([[0, 1, 4], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 0]])


class Projected(nn.Module):
    """What all of them share."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


class Layout(Projected):
    """A layout of 5 x 5 blocks of four tokens is blown up into a mask."""

    def __init__(self):
        super().__init__()
        self.register_buffer("layout", LAYOUT.bool())

    def attend(self, q, k, v):
        seen = self.layout.repeat_interleave(4, dim=0).repeat_interleave(4, dim=1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class LayoutEager(Layout):
    """The same with kron and by hand."""

    def attend(self, q, k, v):
        block = torch.ones(4, 4, device=q.device)
        seen = torch.kron(self.layout.float(), block)
        scores = (q @ k.transpose(-1, -2) / 4).masked_fill(seen == 0, float("-inf"))
        return scores.softmax(dim=-1) @ v


class Picked(Projected):
    """Each block of queries gathers three blocks of keys (BigBird)."""

    def __init__(self):
        super().__init__()
        self.register_buffer("picked", PICKED)

    def attend(self, q, k, v):
        q, k, v = (t.unflatten(2, (5, 4)) for t in (q, k, v))
        k, v = k[:, :, self.picked].flatten(3, 4), v[:, :, self.picked].flatten(3, 4)
        weights = torch.einsum("bhnqd,bhnkd->bhnqk", q, k).mul(0.25).softmax(dim=-1)
        return torch.einsum("bhnqk,bhnkd->bhnqd", weights, v).flatten(2, 3)


class PickedSelect(Picked):
    """The same with index_select and matmul."""

    def attend(self, q, k, v):
        flat = self.picked.flatten()
        q = q.unflatten(2, (5, 4))
        k = k.unflatten(2, (5, 4)).index_select(2, flat).reshape(2, 6, 5, 12, 16)
        v = v.unflatten(2, (5, 4)).index_select(2, flat).reshape(2, 6, 5, 12, 16)
        weights = torch.softmax(q @ k.transpose(-1, -2) / 4, dim=-1)
        return (weights @ v).flatten(2, 3)


def windows(t, size=4):
    """Overlapping views, one more window on each side, without a copy."""
    b, h, n, d = t.shape
    padded = F.pad(t, (0, 0, size, size)).contiguous()
    strides = (*padded.stride()[:2], size * padded.stride(2), padded.stride(2), padded.stride(3))
    return padded.as_strided((b, h, n // size, 3 * size, d), strides)


class Sliding(Projected):
    """Longformer: overlapping chunks of keys by as_strided, and two tokens that all see."""

    def attend(self, q, k, v):
        b, h, n, _ = q.shape
        parts = torch.einsum("bhcxd,bhcyd->bhcxy", q.unflatten(2, (5, 4)), windows(k)) / 4
        at = torch.arange(n, device=q.device).view(5, 4, 1)
        near = (
            torch.arange(12, device=q.device)[None, None] + 4 * torch.arange(5)[:, None, None] - 4
        )
        outside = ((at - near).abs() > 4) | (near < 2) | (near >= n)
        parts = parts.masked_fill(outside, float("-inf")).reshape(b, h, n, 12)
        shared = q @ k[:, :, :2].transpose(-1, -2) / 4
        weights = torch.cat([shared, parts], dim=-1).softmax(dim=-1)
        local = torch.einsum(
            "bhcxy,bhcyd->bhcxd", weights[..., 2:].unflatten(2, (5, 4)), windows(v)
        )
        return weights[..., :2] @ v[:, :, :2] + local.flatten(2, 3)


class SlidingUnfold(Projected):
    """The same with unfold and matmul."""

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        keys, values = (F.pad(t, (0, 0, 4, 4)).unfold(2, 12, 4) for t in (k, v))
        parts = torch.matmul(q.view(b, h, 5, 4, d), keys) * 0.25
        near = (torch.arange(12) + 4 * torch.arange(5)[:, None] - 4)[:, None]
        apart = torch.arange(n).view(5, 4, 1) - near
        seen = (apart <= 4) & (apart >= -4) & (near >= 2) & (near < n)
        low = torch.full([], float("-inf"))
        parts = torch.where(seen, parts, low).flatten(2, 3)
        scores = torch.cat((torch.matmul(q, k[:, :, :2].mT) * 0.25, parts), dim=-1)
        weights = F.softmax(scores, dim=-1)
        local = torch.matmul(weights[..., 2:].view(b, h, 5, 4, 12), values.transpose(-1, -2))
        return local.flatten(2, 3) + torch.matmul(weights[..., :2], v[:, :, :2])


class BlockTop(Projected):
    """MoBA: means of blocks are scored, two blocks for each query, as a mask of tokens."""

    def picked(self, q, k):
        gate = torch.einsum("bhqd,bhnd->bhqn", q, k.unflatten(2, (5, 4)).mean(dim=3))
        return gate.topk(2, dim=-1).indices

    def attend(self, q, k, v):
        top = self.picked(q, k)
        blocks = torch.zeros(*q.shape[:3], 5, dtype=torch.bool, device=q.device)
        seen = blocks.scatter(-1, top, True).repeat_interleave(4, dim=-1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class BlockTopEager(BlockTop):
    """The same by hand with one_hot."""

    def attend(self, q, k, v):
        blocks = F.one_hot(self.picked(q, k), 5).sum(dim=-2)
        seen = blocks[..., None].expand(-1, -1, -1, -1, 4).flatten(-2)
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25
        scores = scores.masked_fill(seen == 0, torch.finfo(q.dtype).min)
        return torch.matmul(scores.softmax(dim=-1), v)


class BlockTopGather(BlockTop):
    """Chosen blocks are gathered (the selected branch of NSA)."""

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        top = self.picked(q, k)[..., None, None].expand(-1, -1, -1, -1, 4, d)
        keys = k.view(b, h, 1, 5, 4, d).expand(-1, -1, n, -1, -1, -1).gather(3, top).flatten(3, 4)
        values = v.view(b, h, 1, 5, 4, d).expand(-1, -1, n, -1, -1, -1).gather(3, top).flatten(3, 4)
        weights = torch.einsum("bhqd,bhqkd->bhqk", q, keys).div(4).softmax(dim=-1)
        return torch.einsum("bhqk,bhqkd->bhqd", weights, values)


class Hashed(nn.Module):
    """Reformer: queries are keys, hashed by random turns, sorted, met in chunks of five."""

    def __init__(self):
        super().__init__()
        self.qk = nn.Linear(96, 96)
        self.v = nn.Linear(96, 96)
        self.register_buffer("turns", torch.randn(16, 4))

    def order(self, qk):
        turned = torch.einsum("bhnd,dr->bhnr", qk, self.turns)
        bucket = torch.argmax(torch.cat([turned, -turned], dim=-1), dim=-1)
        n = qk.shape[2]
        return torch.argsort(bucket * n + torch.arange(n, device=qk.device), dim=-1)

    def forward(self, x):
        qk = self.qk(x).unflatten(-1, (6, 16)).transpose(1, 2)
        v = self.v(x).unflatten(-1, (6, 16)).transpose(1, 2)
        order = self.order(qk)
        at = order[..., None].expand(-1, -1, -1, 16)
        q = qk.gather(2, at).unflatten(2, (4, 5))
        v = v.gather(2, at).unflatten(2, (4, 5))
        k = F.normalize(q, dim=-1)
        k, v = (torch.cat([t.roll(1, dims=2), t], dim=3) for t in (k, v))
        weights = torch.einsum("bhcid,bhcjd->bhcij", q, k).mul(0.25).softmax(dim=-1)
        y = torch.einsum("bhcij,bhcjd->bhcid", weights, v).flatten(2, 3)
        back = order.argsort(dim=-1)[..., None].expand(-1, -1, -1, 16)
        return y.gather(2, back).transpose(1, 2).flatten(2)


class HashedMatmul(Hashed):
    """The same with sort, take_along_dim and matmul."""

    def forward(self, x):
        qk = self.qk(x).unflatten(-1, (6, 16)).transpose(1, 2)
        v = self.v(x).unflatten(-1, (6, 16)).transpose(1, 2)
        order = self.order(qk)
        q = qk.take_along_dim(order[..., None], dim=2).unflatten(2, (4, 5))
        v = v.take_along_dim(order[..., None], dim=2).unflatten(2, (4, 5))
        k = q / q.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        k = torch.cat((torch.cat((k[:, :, -1:], k[:, :, :-1]), dim=2), k), dim=3)
        v = torch.cat((torch.cat((v[:, :, -1:], v[:, :, :-1]), dim=2), v), dim=3)
        weights = F.softmax(torch.matmul(q, k.transpose(-1, -2)) / 4, dim=-1)
        y = torch.matmul(weights, v).flatten(2, 3)
        back = torch.sort(order, dim=-1).indices
        return y.take_along_dim(back[..., None], dim=2).transpose(1, 2).flatten(2)


class Packed(nn.Module):
    """Sequences behind each other; where they end says who sees whom."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def forward(self, x, cu_seqlens):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(1, 2, 0, 3)
        at = torch.arange(x.shape[0], device=x.device)
        owner = torch.searchsorted(cu_seqlens[1:], at, right=True)
        seen = owner[:, None] == owner[None, :]
        y = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=seen)
        return y[0].transpose(0, 1).flatten(1)


class PackedEager(Packed):
    """The owner by a sum of starts, and by hand."""

    def forward(self, x, cu_seqlens):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).unbind(1)
        starts = torch.zeros(x.shape[0], dtype=torch.int, device=x.device)
        starts[cu_seqlens[1:-1]] = 1
        owner = starts.cumsum(0)
        low = torch.full((x.shape[0],) * 2, torch.finfo(x.dtype).min, device=x.device)
        low = low.masked_fill(owner[:, None] == owner, 0)
        weights = F.softmax(torch.einsum("qhd,khd->hqk", q, k) / 4 + low, dim=-1)
        return torch.einsum("hqk,khd->qhd", weights, v).flatten(1)


class PackedSplit(Packed):
    """A call for each sequence (Qwen2-VL without flash attention); lengths are known."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(1, 2, 0, 3)[:, None]
        parts = [
            F.scaled_dot_product_attention(*one)
            for one in zip(*(t.split([6, 9, 5], dim=2) for t in (q, k, v)), strict=True)
        ]
        return torch.cat(parts, dim=2)[0].transpose(0, 1).flatten(1)


class Documents(Projected):
    """Causal, and only within the document an index names."""

    def forward(self, x, document):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        n = x.shape[1]
        seen = torch.ones(n, n, dtype=torch.bool, device=x.device).tril()
        seen = seen & (document[:, :, None] == document[:, None, :])
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])
        return y.transpose(1, 2).flatten(2)


class DocumentsEager(Projected):
    """The same by hand."""

    def forward(self, x, document):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        at = torch.arange(x.shape[1], device=x.device)
        hidden = (document.unsqueeze(2) != document.unsqueeze(1)) | (at[None, :] > at[:, None])
        scores = torch.matmul(q, k.transpose(-2, -1)) * 0.25
        scores = scores.masked_fill(hidden.unsqueeze(1), torch.finfo(x.dtype).min)
        return torch.matmul(scores.softmax(-1), v).transpose(1, 2).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


def packed():
    return torch.randn(20, 96), torch.tensor([0, 6, 15, 20])


def flat():
    return (torch.randn(20, 96),)


def documents():
    return torch.randn(2, 20, 96), torch.arange(20).div(7, rounding_mode="floor").expand(2, -1)


SIZES = {"heads": 6, "head_dim": 16, "scale": 0.25}
PARTS = {"open": ("window", "chunk", "bias"), **SIZES}
HASH = {"open": ("window", "chunk", "bias", "qk_norm"), **SIZES}

ZOO = [
    entry(Layout, tokens, "block-sparse", twins="layout", mask_source="buffer", **PARTS),
    entry(LayoutEager, tokens, "block-sparse", twins="layout", mask_source="buffer", **PARTS),
    entry(Picked, tokens, "block-sparse", twins="picked", **PARTS),
    entry(PickedSelect, tokens, "block-sparse", twins="picked", **PARTS),
    entry(Sliding, tokens, "longformer", twins="sliding", **PARTS),
    entry(SlidingUnfold, tokens, "longformer", twins="sliding", **PARTS),
    entry(BlockTop, tokens, "block-topk-sparse", twins="top", mask_source="data", **PARTS),
    entry(BlockTopEager, tokens, "block-topk-sparse", twins="top", mask_source="data", **PARTS),
    entry(BlockTopGather, tokens, "block-topk-sparse", twins="top", **PARTS),
    entry(Hashed, tokens, "lsh", twins="hashed", **HASH),
    entry(HashedMatmul, tokens, "lsh", twins="hashed", **HASH),
    entry(Packed, packed, "varlen", twins="packed", causal=False, **SIZES),
    entry(PackedEager, packed, "varlen", twins="packed", causal=False, **SIZES),
    entry(PackedSplit, flat, "varlen", twins="packed", causal=False, **SIZES),
    entry(Documents, documents, "varlen", twins="documents", causal=True, **SIZES),
    entry(DocumentsEager, documents, "varlen", twins="documents", causal=True, **SIZES),
]
