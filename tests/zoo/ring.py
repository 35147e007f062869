"""Keys and values travel between devices: a process alone can neither run nor trace it."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


def exchange(t, rank, world):
    got = torch.empty_like(t)
    work = dist.batch_isend_irecv(
        [
            dist.P2POp(dist.isend, t.contiguous(), (rank + 1) % world),
            dist.P2POp(dist.irecv, got, (rank - 1) % world),
        ]
    )
    for one in work:
        one.wait()
    return got


class Travelling(nn.Module):
    """Every device keeps its queries; results are joined by maximum and sum."""

    def forward(self, q, k, v):
        rank, world = dist.get_rank(), dist.get_world_size()
        top = q.new_full((*q.shape[:-1], 1), float("-inf"))
        total, out = torch.zeros_like(top), torch.zeros_like(q)
        for _ in range(world):
            scores = torch.matmul(q, k.transpose(-1, -2)) * 0.25
            most = torch.maximum(top, scores.amax(dim=-1, keepdim=True))
            old, weights = torch.exp(top - most), torch.exp(scores - most)
            total = total * old + weights.sum(dim=-1, keepdim=True)
            out, top = out * old + torch.matmul(weights, v), most
            k, v = exchange(k, rank, world), exchange(v, rank, world)
        return out / total


class Collected(nn.Module):
    """The same with parts joined by their log-sum-exp, and send and recv."""

    def forward(self, q, k, v):
        rank, world = dist.get_rank(), dist.get_world_size()
        parts, sums = [], []
        for _ in range(world):
            scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / 4
            parts.append(F.softmax(scores, dim=-1) @ v)
            sums.append(torch.logsumexp(scores, dim=-1, keepdim=True))
            both = torch.stack([k, v])
            if rank % 2 == 0:
                dist.send(both, (rank + 1) % world)
                dist.recv(both, (rank - 1) % world)
            else:
                got = torch.empty_like(both)
                dist.recv(got, (rank - 1) % world)
                dist.send(both, (rank + 1) % world)
                both = got
            k, v = both.unbind(0)
        return (torch.stack(parts) * torch.stack(sums).softmax(dim=0)).sum(dim=0)


def parts():
    return torch.randn(2, 6, 20, 16), torch.randn(2, 6, 20, 16), torch.randn(2, 6, 20, 16)


ZOO = [
    entry(Travelling, parts, "ring", graph="", open=("cross",), scale=0.25),
    entry(Collected, parts, "ring", graph="", open=("cross",), scale=0.25),
]
