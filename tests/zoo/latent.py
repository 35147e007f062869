"""Keys and values from one low-rank latent (MLA), also with an indexer that chooses keys."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


def turn(t):
    n, d = t.shape[-2:]
    inv = 1.0 / 100 ** (torch.arange(0, d, 2, device=t.device).float() / d)
    angles = torch.outer(torch.arange(n, device=t.device).float(), inv)
    x1, x2 = t.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin], dim=-1)


class Latent(nn.Module):
    """DeepSeek: heads of 12 + 4 for queries and keys, of 10 for values, from a latent of 24."""

    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(96, 6 * 16, bias=False)
        self.down = nn.Linear(96, 24 + 4, bias=False)
        self.norm = nn.LayerNorm(24)
        self.up = nn.Linear(24, 6 * (12 + 10), bias=False)
        self.o_proj = nn.Linear(60, 96, bias=False)

    def project(self, x):
        q = self.q_proj(x).unflatten(-1, (6, 16)).transpose(1, 2)
        q_nope, q_pe = q.split([12, 4], dim=-1)
        latent, k_pe = self.down(x).split([24, 4], dim=-1)
        return q_nope, turn(q_pe), self.norm(latent), turn(k_pe.unsqueeze(1))

    def expanded(self, x):
        q_nope, q_pe, latent, k_pe = self.project(x)
        k_nope, v = self.up(latent).unflatten(-1, (6, 22)).transpose(1, 2).split([12, 10], dim=-1)
        q = torch.cat([q_nope, q_pe], dim=-1)
        return q, torch.cat([k_nope, k_pe.expand(-1, 6, -1, -1)], dim=-1), v

    def forward(self, x):
        y = F.scaled_dot_product_attention(*self.expanded(x), is_causal=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


class LatentEager(Latent):
    """The same by hand."""

    def forward(self, x):
        q, k, v = self.expanded(x)
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        scores = torch.matmul(q, k.transpose(2, 3)) * 0.25
        weights = F.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1, dtype=torch.float32)
        return self.o_proj(torch.matmul(weights, v).transpose(1, 2).flatten(2))


class Absorbed(Latent):
    """Queries go into the latent's space; keys and values are never expanded."""

    def forward(self, x):
        q_nope, q_pe, latent, k_pe = self.project(x)
        weight = self.up.weight.view(6, 22, 24)
        q_latent = torch.einsum("bhsd,hdc->bhsc", q_nope, weight[:, :12])
        scores = torch.einsum("bhsc,btc->bhst", q_latent, latent)
        scores = (scores + torch.einsum("bhsr,btr->bhst", q_pe, k_pe.squeeze(1))) * 0.25
        mask = torch.full((x.shape[1], x.shape[1]), float("-inf"), device=x.device).triu_(1)
        weights = (scores + mask).softmax(dim=-1)
        y = torch.einsum("bhst,btc->bhsc", weights, latent)
        y = torch.einsum("bhsc,hdc->bshd", y, weight[:, 12:])
        return self.o_proj(y.flatten(2))


class Indexed(nn.Module):
    """DeepSeek-V3.2: small heads score all keys, the best seven take part, as a mask."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288, bias=False)
        self.index_q = nn.Linear(96, 3 * 8, bias=False)
        self.index_k = nn.Linear(96, 8, bias=False)
        self.index_w = nn.Linear(96, 3, bias=False)

    def chosen(self, x):
        q = self.index_q(x).unflatten(-1, (3, 8))
        scores = torch.einsum("bshd,btd->bsht", q, self.index_k(x)).relu()
        scores = torch.einsum("bsht,bsh->bst", scores, self.index_w(x))
        n = x.shape[1]
        mask = torch.full((n, n), float("-inf"), device=x.device).triu(1)
        return (scores + mask).topk(7, dim=-1)[1], mask

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        top, mask = self.chosen(x)
        blank = torch.full((*top.shape[:2], x.shape[1]), float("-inf"), device=x.device)
        allowed = blank.scatter_(-1, top, 0) + mask
        scores = q @ k.transpose(-1, -2) * 0.25 + allowed[:, None]
        return (scores.softmax(dim=-1) @ v).transpose(1, 2).flatten(2)


class IndexedSdpa(Indexed):
    """The same as a mask of the call."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        top, mask = self.chosen(x)
        seen = torch.zeros(2, x.shape[1], x.shape[1], dtype=torch.bool).scatter(-1, top, True)
        seen = seen & (mask == 0)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])
        return y.transpose(1, 2).flatten(2)


class IndexedGather(Indexed):
    """Chosen keys are gathered, each query has its own."""

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).unbind(2)
        top, mask = self.chosen(x)
        rows = torch.arange(x.shape[0], device=x.device)[:, None, None]
        near, values = k[rows, top], v[rows, top]
        scores = torch.einsum("bshd,bskhd->bhsk", q, near) * 0.25
        late = torch.gather(mask.expand(x.shape[0], -1, -1), 2, top)
        weights = torch.softmax(scores + late[:, None], dim=-1)
        return torch.einsum("bhsk,bskhd->bshd", weights, values).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "scale": 0.25, "causal": True, "query_length": 20}
MLA = {"open": ("rope", "qk_norm"), **SIZES}
TOP = {"open": ("bias",), "mask_source": "data", **SIZES}

ZOO = [
    entry(Latent, tokens, "mla", twins="mla", head_dim=16, value_dim=10, **MLA),
    entry(LatentEager, tokens, "mla", twins="mla", head_dim=16, value_dim=10, **MLA),
    entry(Absorbed, tokens, "mla", twins="mla", **MLA),
    entry(Indexed, tokens, "topk-sparse", twins="top", head_dim=16, **TOP),
    entry(IndexedSdpa, tokens, "topk-sparse", twins="top", head_dim=16, **TOP),
    entry(IndexedGather, tokens, "topk-sparse", twins="top", open=("bias",), heads=6, head_dim=16),
]
