"""A query sees what is near: windows, chunks, rows and columns, windows of grids."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Projected(nn.Module):
    """What most of them share: six heads of queries, two of keys."""

    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(96, 96, bias=False)
        self.kv_proj = nn.Linear(96, 64, bias=False)

    def forward(self, x):
        q = self.q_proj(x).unflatten(-1, (6, 16)).transpose(1, 2)
        k, v = self.kv_proj(x).unflatten(-1, (2, 2, 16)).permute(2, 0, 3, 1, 4)
        k, v = k.repeat_interleave(3, dim=1), v.repeat_interleave(3, dim=1)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


class Mistral(Projected):
    """Positions are compared twice; a boolean mask for the call."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        seen = (at[None, :] <= at[:, None]) & (at[None, :] > at[:, None] - 5)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class Band(Projected):
    """tril and triu of ones, masked_fill, by hand."""

    def attend(self, q, k, v):
        n = q.shape[2]
        band = torch.ones(n, n, device=q.device).tril().triu(-4)
        scores = q @ k.transpose(-1, -2) * 0.25
        return scores.masked_fill(band == 0, float("-inf")).softmax(dim=-1) @ v


class Difference(Projected):
    """The distance is clamped into a range; an additive mask and einsum."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        back = at[:, None] - at[None, :]
        outside = torch.logical_or(back < 0, back >= 5)
        mask = outside.to(q.dtype) * torch.finfo(q.dtype).min
        dots = torch.einsum("bhid,bhjd->bhij", q, k) / 4 + mask
        return torch.einsum("bhij,bhjd->bhid", F.softmax(dots, dim=-1), v)


class BothSides(Projected):
    """Four to the left and four to the right, as ModernBERT has it in its local layers."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        seen = (at[:, None] - at[None, :]).abs() <= 4
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class BothSidesBand(Projected):
    """The same as a band, by hand."""

    def attend(self, q, k, v):
        n = q.shape[2]
        ones = torch.ones(n, n, dtype=torch.bool, device=q.device)
        outside = ones.triu(5) | ones.tril(-5)
        scores = torch.einsum("bhid,bhjd->bhij", q, k).mul(0.25)
        return scores.masked_fill(outside, torch.finfo(q.dtype).min).softmax(dim=-1) @ v


class Chunks(Projected):
    """Causal, and only within four tokens: a mask of floored positions (Llama 4)."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        same = (at // 4)[:, None] == (at // 4)[None, :]
        seen = same & (at[:, None] >= at[None, :])
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


class ChunksEager(Projected):
    """The same by hand with an additive mask."""

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        block = torch.div(at, 4, rounding_mode="floor")
        seen = (block.unsqueeze(1) == block.unsqueeze(0)) & (at.unsqueeze(1) >= at.unsqueeze(0))
        mask = torch.zeros(seen.shape, device=q.device).masked_fill(~seen, float("-inf"))
        return torch.softmax(q @ k.transpose(2, 3) * 0.25 + mask, dim=-1) @ v


class ChunksReshaped(Projected):
    """Chunks are a dimension of the batch, the call is causal."""

    def attend(self, q, k, v):
        q, k, v = (t.unflatten(2, (5, 4)) for t in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, is_causal=True).flatten(2, 3)


class Axial(nn.Module):
    """Along the rows of a 4 x 5 grid, then along its columns."""

    def __init__(self):
        super().__init__()
        self.row = nn.Linear(96, 288)
        self.column = nn.Linear(96, 288)

    def along(self, projection, x):
        q, k, v = projection(x).unflatten(-1, (3, 6, 16)).permute(3, 0, 1, 4, 2, 5)
        return F.scaled_dot_product_attention(q, k, v).transpose(2, 3).flatten(3)

    def forward(self, x):
        x = x + self.along(self.row, x)
        return x + self.along(self.column, x.transpose(1, 2)).transpose(1, 2)


class AxialEinsum(Axial):
    """einsum over the axis, nothing is moved."""

    def along(self, projection, x):
        q, k, v = projection(x).unflatten(-1, (3, 6, 16)).unbind(3)
        dots = torch.einsum("bxyhd,bxzhd->bxhyz", q, k) / 4
        return torch.einsum("bxhyz,bxzhd->bxyhd", dots.softmax(dim=-1), v).flatten(3)


class AxialFolded(Axial):
    """The other axis goes into the batch, as in video models."""

    def along(self, projection, x):
        b, h, w, c = x.shape
        t = projection(x.reshape(b * h, w, c)).view(b * h, w, 3, 6, 16)
        q, k, v = t.permute(2, 0, 3, 1, 4)
        y = torch.matmul((torch.matmul(q, k.transpose(-2, -1)) * 0.25).softmax(-1), v)
        return y.transpose(1, 2).reshape(b, h, w, c)


def partition(x, size):
    b, h, w, c = x.shape
    x = x.view(b, h // size, size, w // size, size, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, size * size, c)


def reverse(windows, size, h, w):
    x = windows.view(-1, h // size, w // size, size, size, windows.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, h, w, windows.shape[-1])


class Windows(nn.Module):
    """Windows of 4 x 4 in a grid of 8 x 12, without shift or bias (ViTDet, SAM)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def attend(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)

    def forward(self, x):
        parts = partition(x, 4)
        q, k, v = self.qkv(parts).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return reverse(self.attend(q, k, v).transpose(1, 2).flatten(2), 4, *x.shape[1:3])


class WindowsEager(Windows):
    """The same by hand."""

    def attend(self, q, k, v):
        return ((q * 0.25) @ k.transpose(-2, -1)).softmax(dim=-1) @ v


class Shifted(nn.Module):
    """Windows that are rolled, with a mask between what was apart and a table of biases (Swin)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.table = nn.Parameter(torch.randn(49, 6))
        at = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")).flatten(1)
        apart = (at[:, :, None] - at[:, None, :]).permute(1, 2, 0) + 3
        self.register_buffer("index", apart[..., 0] * 7 + apart[..., 1])
        region = torch.zeros(1, 8, 12, 1)
        for number, (rows, columns) in enumerate(
            (r, c) for r in ((0, 4), (4, 6), (6, 8)) for c in ((0, 8), (8, 10), (10, 12))
        ):
            region[:, rows[0] : rows[1], columns[0] : columns[1]] = number
        parts = partition(region, 4).squeeze(-1)
        differ = parts[:, None, :] != parts[:, :, None]
        self.register_buffer("between", torch.zeros(differ.shape).masked_fill(differ, -100.0))

    def biases(self):
        return self.table[self.index.view(-1)].view(16, 16, 6).permute(2, 0, 1).contiguous()

    def attend(self, q, k, v):
        attn = (q * 0.25) @ k.transpose(-2, -1) + self.biases().unsqueeze(0)
        attn = attn.view(-1, 6, 6, 16, 16) + self.between[None, :, None]
        return F.softmax(attn.view(-1, 6, 16, 16), dim=-1) @ v

    def forward(self, x):
        x = torch.roll(x, shifts=(-2, -2), dims=(1, 2))
        q, k, v = self.qkv(partition(x, 4)).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        y = reverse(self.attend(q, k, v).transpose(1, 2).flatten(2), 4, *x.shape[1:3])
        return torch.roll(y, shifts=(2, 2), dims=(1, 2))


class ShiftedSdpa(Shifted):
    """Bias and mask are one mask of the call."""

    def attend(self, q, k, v):
        mask = self.biases()[None] + self.between[:, None]
        mask = mask.repeat(q.shape[0] // mask.shape[0], 1, 1, 1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def tokens():
    return (torch.randn(2, 20, 96),)


def grid():
    return (torch.randn(2, 4, 5, 96),)


def image():
    return (torch.randn(2, 8, 12, 96),)


HEADS = {"heads": 6, "head_dim": 16, "scale": 0.25}
GQA = {**HEADS, "kv_heads": 2, "query_length": 20}
SLIDING = {"window": 5, "causal": True, "mask_source": "computed", **GQA}
BOTH = {"window": 9, "causal": False, "mask_source": "computed", **GQA}
CHUNK = {"chunk": 4, "causal": True, **HEADS}
SWIN = {**HEADS, "query_length": 16}

ZOO = [
    entry(Mistral, tokens, "sliding-window", twins="sliding", **SLIDING),
    entry(Band, tokens, "sliding-window", twins="sliding", **SLIDING),
    entry(Difference, tokens, "sliding-window", twins="sliding", **SLIDING),
    entry(BothSides, tokens, "symmetric-window", twins="both", **BOTH),
    entry(BothSidesBand, tokens, "symmetric-window", twins="both", **BOTH),
    entry(Chunks, tokens, "chunked-local", twins="chunks", mask_source="computed", **CHUNK),
    entry(ChunksEager, tokens, "chunked-local", twins="chunks", mask_source="computed", **CHUNK),
    entry(ChunksReshaped, tokens, "chunked-local", twins="chunks", **CHUNK),
    entry(Axial, grid, "axial", count=2, twins="axial", causal=False, **HEADS),
    entry(AxialEinsum, grid, "axial", count=2, twins="axial", causal=False, **HEADS),
    entry(AxialFolded, grid, "axial", count=2, twins="axial", causal=False, **HEADS),
    entry(Windows, image, "swin-window", twins="windows", causal=False, open=("window",), **SWIN),
    entry(
        WindowsEager, image, "swin-window", twins="windows", causal=False, open=("window",), **SWIN
    ),
    entry(Shifted, image, "swin-window", twins="swin", bias="relative", open=("window",), **SWIN),
    entry(
        ShiftedSdpa, image, "swin-window", twins="swin", bias="relative", open=("window",), **SWIN
    ),
]
