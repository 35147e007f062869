"""No softmax over keys: kernels of features, decays, and states corrected by the delta rule."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.entry import entry


class Projected(nn.Module):
    """What most of them share."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return self.attend(q, k, v).transpose(1, 2).flatten(2)


class Elu(Projected):
    """elu + 1; keys and values are summed up first (Katharopoulos)."""

    def attend(self, q, k, v):
        q, k = F.elu(q) + 1, F.elu(k) + 1
        kv = torch.einsum("bhnd,bhnm->bhdm", k, v)
        z = 1 / (torch.einsum("bhnd,bhd->bhn", q, k.sum(dim=2)) + 1e-6)
        return torch.einsum("bhnd,bhdm,bhn->bhnm", q, kv, z)


class EluMatmul(Projected):
    """The same with matmul."""

    def attend(self, q, k, v):
        q, k = F.elu(q) + 1, F.elu(k) + 1
        kv = torch.matmul(k.transpose(-1, -2), v)
        norm = torch.matmul(q, k.sum(dim=-2).unsqueeze(-1)) + 1e-6
        return torch.matmul(q, kv) / norm


class CausalSum(Projected):
    """Causal: a cumulative sum of outer products."""

    def attend(self, q, k, v):
        q, k = F.elu(q) + 1, F.elu(k) + 1
        state = torch.einsum("bhnd,bhnm->bhndm", k, v).cumsum(dim=2)
        norm = torch.einsum("bhnd,bhnd->bhn", q, k.cumsum(dim=2)) + 1e-6
        return torch.einsum("bhnd,bhndm->bhnm", q, state) / norm.unsqueeze(-1)


class CausalTriangle(Projected):
    """Causal: products of all pairs under a triangle, no softmax."""

    def attend(self, q, k, v):
        q, k = F.elu(q) + 1, F.elu(k) + 1
        scores = torch.tril(q @ k.transpose(-1, -2))
        return scores @ v / (scores.sum(dim=-1, keepdim=True) + 1e-6)


class Efficient(Projected):
    """Shen: softmax over the features of queries and over the positions of keys."""

    def attend(self, q, k, v):
        q, k = q.softmax(dim=-1), k.softmax(dim=-2)
        context = torch.einsum("bhnd,bhne->bhde", k, v)
        return torch.einsum("bhnd,bhde->bhne", q * 0.25, context)


class EfficientMatmul(Projected):
    """The same with matmul."""

    def attend(self, q, k, v):
        context = F.softmax(k, dim=2).transpose(2, 3) @ v
        return F.softmax(q, dim=3) @ context * 0.25


class Random(Projected):
    """Performer: positive random features."""

    def __init__(self):
        super().__init__()
        self.register_buffer("directions", torch.randn(23, 16))

    def features(self, t):
        t = t * 16**-0.25
        turned = torch.einsum("bhnd,rd->bhnr", t, self.directions)
        return torch.exp(turned - t.square().sum(dim=-1, keepdim=True) / 2) + 1e-4

    def attend(self, q, k, v):
        q, k = self.features(q), self.features(k)
        inverse = 1.0 / torch.einsum("bhnr,bhr->bhn", q, k.sum(dim=-2))
        context = torch.einsum("bhnr,bhne->bhre", k, v)
        return torch.einsum("bhre,bhnr,bhn->bhne", context, q, inverse)


class RandomMatmul(Random):
    """The same with matmul."""

    def attend(self, q, k, v):
        q, k = self.features(q), self.features(k)
        return (q @ (k.mT @ v)) / (q @ k.sum(dim=-2, keepdim=True).mT)


class Linformer(Projected):
    """Length is projected to nine by learned matrices; a softmax is over those."""

    def __init__(self):
        super().__init__()
        self.shorter = nn.Parameter(torch.randn(9, 20) / 5)

    def attend(self, q, k, v):
        k, v = torch.matmul(self.shorter, k), torch.matmul(self.shorter, v)
        return F.scaled_dot_product_attention(q, k, v)


class LinformerEager(Linformer):
    """The same by hand."""

    def attend(self, q, k, v):
        k = torch.einsum("bhnd,kn->bhkd", k, self.shorter)
        v = torch.einsum("bhnd,kn->bhkd", v, self.shorter)
        return (torch.einsum("bhnd,bhkd->bhnk", q, k) / 4).softmax(dim=-1) @ v


class Retention(Projected):
    """RetNet, parallel: scores times a decay for each head and distance."""

    def __init__(self):
        super().__init__()
        self.register_buffer("gamma", 1 - 2.0 ** (-5 - torch.arange(6.0)))

    def attend(self, q, k, v):
        at = torch.arange(q.shape[2], device=q.device)
        back = at[:, None] - at[None, :]
        decay = self.gamma[:, None, None] ** back.clamp(min=0) * (back >= 0)
        return (q @ k.transpose(-1, -2) * 0.25 * decay) @ v


class RetentionEinsum(Retention):
    """The decay as an exponential of logarithms, by einsum."""

    def attend(self, q, k, v):
        n = q.shape[2]
        at = torch.arange(n, device=q.device).float()
        back = (at[:, None] - at[None, :]).masked_fill(
            torch.ones(n, n, dtype=torch.bool, device=q.device).triu(1), float("inf")
        )
        decay = torch.exp(self.gamma.log().view(6, 1, 1) * back)
        return torch.einsum("bhid,bhjd,hij,bhje->bhie", q * 0.25, k, decay, v)


class RetentionRecurrent(Retention):
    """RetNet, step by step."""

    def attend(self, q, k, v):
        state = q.new_zeros(q.shape[0], 6, 16, 16)
        out = []
        for i in range(q.shape[2]):
            outer = k[:, :, i, :, None] * v[:, :, i, None, :]
            state = state * self.gamma.view(1, 6, 1, 1) + outer
            out.append((q[:, :, i, :, None] * 0.25 * state).sum(dim=-2))
        return torch.stack(out, dim=2)


class Delta(nn.Module):
    """Gated delta rule, step by step (the reference loop of Qwen3-Next)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288, bias=False)
        self.gates = nn.Linear(96, 12, bias=False)

    def project(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        beta, decay = self.gates(x).transpose(1, 2).chunk(2, dim=1)
        q, k = F.normalize(q, dim=-1) * 0.25, F.normalize(k, dim=-1)
        return q, k, v, beta.sigmoid(), -F.softplus(decay)

    def forward(self, x):
        q, k, v, beta, g = self.project(x)
        state = q.new_zeros(q.shape[0], 6, 16, 16)
        out = torch.zeros_like(v)
        for i in range(q.shape[2]):
            state = state * g[:, :, i, None, None].exp()
            seen = (state * k[:, :, i, :, None]).sum(dim=-2)
            change = (v[:, :, i] - seen) * beta[:, :, i, None]
            state = state + k[:, :, i, :, None] * change[:, :, None, :]
            out[:, :, i] = (state * q[:, :, i, :, None]).sum(dim=-2)
        return out.transpose(1, 2).flatten(2)


class DeltaEinsum(Delta):
    """The same with einsum and a list."""

    def forward(self, x):
        q, k, v, beta, g = self.project(x)
        state, out = torch.zeros(q.shape[0], 6, 16, 16), []
        for qi, ki, vi, bi, gi in zip(*(t.unbind(2) for t in (q, k, v, beta, g)), strict=True):
            state = state * gi.exp()[..., None, None]
            error = vi - torch.einsum("bhd,bhde->bhe", ki, state)
            state = state + torch.einsum("bhd,bhe->bhde", ki, error * bi[..., None])
            out.append(torch.einsum("bhd,bhde->bhe", qi, state))
        return torch.stack(out, dim=1).flatten(2)


class DeltaChunks(Delta):
    """Chunks of five: a triangular solve inside, a state between (flash-linear-attention)."""

    def forward(self, x):
        q, k, v, beta, g = self.project(x)
        q, k, v, beta, g = (t.unflatten(2, (4, 5)) for t in (q, k, v, beta, g))
        g = g.cumsum(dim=-1)
        decay = (g.unsqueeze(-1) - g.unsqueeze(-2)).tril().exp().tril()
        k_beta, v_beta = k * beta.unsqueeze(-1), v * beta.unsqueeze(-1)
        inner = torch.tril(k_beta @ k.transpose(-1, -2) * decay, diagonal=-1)
        eye = torch.eye(5, dtype=x.dtype, device=x.device)
        inverse = torch.linalg.solve_triangular(eye + inner, eye.expand_as(inner), upper=False)
        value, key = inverse @ v_beta, inverse @ (k_beta * g.exp().unsqueeze(-1))
        state, out = q.new_zeros(q.shape[0], 6, 16, 16), []
        for c in range(4):
            scores = q[:, :, c] @ k[:, :, c].transpose(-1, -2) * decay[:, :, c]
            new = value[:, :, c] - key[:, :, c] @ state
            gc = g[:, :, c]
            out.append((q[:, :, c] * gc.exp()[..., None]) @ state + scores @ new)
            left = (gc[..., -1:] - gc).exp()[..., None]
            state = state * gc[..., -1, None, None].exp() + (k[:, :, c] * left).mT @ new
        return torch.cat(out, dim=2).transpose(1, 2).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


SIZES = {"heads": 6, "head_dim": 16}
SUMS = {**SIZES, "open": ("qk_norm",)}
DECAY = {**SIZES, "causal": True, "open": ("bias",)}
DELTA = {**SIZES, "causal": True, "open": ("bias", "qk_norm", "chunk")}
SHORT = {**SIZES, "scale": 0.25, "key_length": 9, "open": ("cross",)}
"""Of the lengths alone a graph may say that they are two sequences."""

ZOO = [
    entry(Elu, tokens, "linear", twins="elu", causal=False, **SUMS),
    entry(EluMatmul, tokens, "linear", twins="elu", causal=False, **SUMS),
    entry(CausalSum, tokens, "linear", twins="sums", causal=True, **SUMS),
    entry(CausalTriangle, tokens, "linear", twins="sums", causal=True, **SUMS),
    entry(Efficient, tokens, "linear", twins="efficient", causal=False, **SUMS),
    entry(EfficientMatmul, tokens, "linear", twins="efficient", causal=False, **SUMS),
    entry(Random, tokens, "linear", twins="random", causal=False, **SUMS),
    entry(RandomMatmul, tokens, "linear", twins="random", causal=False, **SUMS),
    entry(Linformer, tokens, "bidirectional", twins="shorter", **SHORT),
    entry(LinformerEager, tokens, "bidirectional", twins="shorter", **SHORT),
    entry(Retention, tokens, "retention", twins="decay", **DECAY),
    entry(RetentionEinsum, tokens, "retention", twins="decay", **DECAY),
    entry(RetentionRecurrent, tokens, "retention", twins="decay", **DECAY),
    entry(Delta, tokens, "gated-delta", twins="delta", **DELTA),
    entry(DeltaEinsum, tokens, "gated-delta", twins="delta", **DELTA),
    entry(DeltaChunks, tokens, "gated-delta", twins="delta", **DELTA),
]
