"""Every query has places of its own in a grid: a neighbourhood, or learned offsets."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Unfolded(nn.Module):
    """A 3 x 5 neighbourhood by unfold (stand-alone self-attention); scores are sums of products."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Conv2d(96, 288, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=1)
        k, v = (F.unfold(t, (3, 5), padding=(1, 2)).view(b, 6, 16, 15, h * w) for t in (k, v))
        q = q.reshape(b, 6, 16, 1, h * w)
        weights = ((q * k).sum(dim=2) / 4).softmax(dim=2)
        return (weights.unsqueeze(2) * v).sum(dim=3).reshape(b, c, h, w)


class UnfoldedEinsum(Unfolded):
    """The same with two unfolds of a tensor and einsum."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(1, (3, 6, 16)).unbind(1)
        k, v = (F.pad(t, (2, 2, 1, 1)).unfold(3, 3, 1).unfold(4, 5, 1) for t in (k, v))
        dots = torch.einsum("bhdxy,bhdxyij->bhxyij", q, k) * 0.25
        weights = F.softmax(dots.flatten(-2), dim=-1).unflatten(-1, (3, 5))
        return torch.einsum("bhxyij,bhdxyij->bhdxy", weights, v).flatten(1, 2)


class Gathered(Unfolded):
    """Neighbours by an index that stays inside the grid (NATTEN's rule), then matmul."""

    def __init__(self):
        super().__init__()
        row = (torch.arange(8) - 1).clamp(0, 5)[:, None] + torch.arange(3)
        column = (torch.arange(12) - 2).clamp(0, 7)[:, None] + torch.arange(5)
        near = row[:, None, :, None] * 12 + column[None, :, None, :]
        self.register_buffer("near", near.reshape(96, 15))

    def forward(self, x):
        q, k, v = self.qkv(x).flatten(2).unflatten(1, (3, 6, 16)).transpose(-1, -2).unbind(1)
        k, v = k[:, :, self.near], v[:, :, self.near]
        weights = (torch.matmul(q.unsqueeze(-2), k.transpose(-1, -2)) * 0.25).softmax(dim=-1)
        return torch.matmul(weights, v).squeeze(-2).transpose(-1, -2).reshape(x.shape)


class GatheredEinsum(Gathered):
    """The same with index_select and einsum."""

    def forward(self, x):
        q, k, v = self.qkv(x).flatten(2).unflatten(1, (3, 6, 16)).unbind(1)
        at = self.near.flatten()
        k, v = (t.index_select(-1, at).unflatten(-1, (96, 15)) for t in (k, v))
        weights = torch.softmax(torch.einsum("bhdn,bhdnk->bhnk", q, k) / 4, dim=-1)
        return torch.einsum("bhnk,bhdnk->bhdn", weights, v).reshape(x.shape)


class Offsets(nn.Module):
    """Deformable DETR: offsets and weights from the query, values by grid_sample."""

    def __init__(self):
        super().__init__()
        self.offsets = nn.Linear(96, 6 * 2 * 4 * 2)
        self.weights = nn.Linear(96, 6 * 2 * 4)
        self.value = nn.Linear(96, 96)
        self.out = nn.Linear(96, 96)
        self.levels = ((8, 12), (4, 6))

    def points(self, query, reference):
        b, n, _ = query.shape
        weights = self.weights(query).view(b, n, 6, 8).softmax(dim=-1).view(b, n, 6, 2, 4)
        size = torch.tensor([[w, h] for h, w in self.levels], dtype=query.dtype)
        offsets = self.offsets(query).view(b, n, 6, 2, 4, 2)
        return reference[:, :, None, None, None] + offsets / size[
            None, None, None, :, None
        ], weights

    def forward(self, query, reference, memory):
        b, n, _ = query.shape
        at, weights = self.points(query, reference)
        value = self.value(memory).view(b, -1, 6, 16)
        sampled = []
        for level, part in enumerate(value.split([h * w for h, w in self.levels], dim=1)):
            h, w = self.levels[level]
            image = part.permute(0, 2, 3, 1).reshape(b * 6, 16, h, w)
            grid = (2 * at[:, :, :, level] - 1).transpose(1, 2).flatten(0, 1)
            sampled.append(F.grid_sample(image, grid, padding_mode="zeros", align_corners=False))
        share = weights.transpose(1, 2).reshape(b * 6, 1, n, 8)
        y = (torch.stack(sampled, dim=-2).flatten(-2) * share).sum(-1).view(b, 96, n)
        return self.out(y.transpose(1, 2))


class OffsetsEinsum(Offsets):
    """One level after the other, joined by einsum."""

    def forward(self, query, reference, memory):
        b = query.shape[0]
        at, weights = self.points(query, reference)
        value = self.value(memory).unflatten(-1, (6, 16))
        total, start = 0, 0
        for level, (h, w) in enumerate(self.levels):
            image = value[:, start : start + h * w].unflatten(1, (h, w)).permute(0, 3, 4, 1, 2)
            grid = at[:, :, :, level].transpose(1, 2).flatten(0, 1).mul(2).sub(1)
            seen = F.grid_sample(image.flatten(0, 1), grid, align_corners=False)
            seen = seen.unflatten(0, (b, 6))
            total = total + torch.einsum("bhdqp,bqhp->bqhd", seen, weights[:, :, :, level])
            start += h * w
        return self.out(total.flatten(2))


def image():
    return (torch.randn(2, 96, 8, 12),)


def objects():
    return torch.randn(2, 9, 96), torch.rand(2, 9, 2), torch.randn(2, 120, 96)


SIZES = {"heads": 6, "scale": 0.25, "head_dim": 16, "open": ("window", "rope", "bias")}
FREE = {"heads": 6, "open": ("cross", "window", "chunk")}

ZOO = [
    entry(Unfolded, image, "neighbourhood", twins="unfolded", **SIZES),
    entry(UnfoldedEinsum, image, "neighbourhood", twins="unfolded", **SIZES),
    entry(Gathered, image, "neighbourhood", twins="gathered", **SIZES),
    entry(GatheredEinsum, image, "neighbourhood", twins="gathered", **SIZES),
    entry(Offsets, objects, "deformable", twins="offsets", **FREE),
    entry(OffsetsEinsum, objects, "deformable", twins="offsets", **FREE),
]
