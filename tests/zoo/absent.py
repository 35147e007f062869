"""Calls of libraries for CUDA that are not installed."""

import torch
from deepspeed.ops.sparse_attention import FixedSparsityConfig, SparseSelfAttention
from fla.ops.gated_delta_rule import chunk_gated_delta_rule
from fla.ops.linear_attn import chunk_linear_attn
from fla.ops.retention import chunk_retention
from fla.ops.rwkv6 import fused_recurrent_rwkv6
from flash_attn import (
    flash_attn_func,
    flash_attn_qkvpacked_func,
    flash_attn_varlen_func,
    flash_attn_with_kvcache,
)
from mamba_ssm.ops.selective_scan_interface import selective_scan_fn
from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined
from MultiScaleDeformableAttention import ms_deform_attn_forward
from natten.functional import na1d, na2d
from ring_flash_attn import ring_flash_attn_func
from torch import nn
from vllm import _custom_ops
from xformers.ops import LowerTriangularMask, memory_efficient_attention
from xformers.ops.fmha.attn_bias import BlockDiagonalMask, LocalAttentionFromBottomRightMask

from tests.entry import entry


class Projected(nn.Module):
    """(B, S, H, D), six heads of queries and two of keys, as flash_attn wants them."""

    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)
        self.kv = nn.Linear(96, 64)

    def forward(self, x):
        k, v = self.kv(x).unflatten(-1, (2, 2, 16)).unbind(-3)
        return self.attend(self.q(x).unflatten(-1, (6, 16)), k, v).flatten(-2)


class Flash(Projected):
    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, causal=True)


class FlashWindow(Projected):
    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, causal=True, window_size=(4, 0))


class FlashBoth(Projected):
    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, window_size=(4, 4))


class FlashCapped(Projected):
    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, softmax_scale=0.25, causal=True, softcap=30.0)


class FlashSlopes(Projected):
    def __init__(self):
        super().__init__()
        self.register_buffer("slope", 2.0 ** (-8.0 * torch.arange(1, 7) / 6))

    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, causal=True, alibi_slopes=self.slope)


class FlashDropped(Projected):
    def attend(self, q, k, v):
        return flash_attn_func(q, k, v, dropout_p=0.15, causal=True)


class FlashPacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def forward(self, x):
        return flash_attn_qkvpacked_func(self.qkv(x).unflatten(-1, (3, 6, 16))).flatten(2)


class FlashVarlen(Projected):
    def forward(self, x, cu_seqlens):
        q = self.q(x).unflatten(-1, (6, 16))
        k, v = self.kv(x).unflatten(-1, (2, 2, 16)).unbind(1)
        return flash_attn_varlen_func(q, k, v, cu_seqlens, cu_seqlens, 9, 9).flatten(1)


class FlashCache(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)

    def forward(self, x, k_cache, v_cache, lengths):
        q = self.q(x).unflatten(-1, (6, 16))
        return flash_attn_with_kvcache(q, k_cache, v_cache, cache_seqlens=lengths, causal=True)


class FlashSplit(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)

    def forward(self, x, k_cache, v_cache, lengths):
        q = self.q(x).unflatten(-1, (6, 16))
        return flash_attn_with_kvcache(
            q, k_cache, v_cache, cache_seqlens=lengths, causal=True, num_splits=4
        )


class FlashPaged(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)

    def forward(self, x, k_blocks, v_blocks, table, lengths):
        q = self.q(x).unflatten(-1, (6, 16))
        return flash_attn_with_kvcache(
            q, k_blocks, v_blocks, cache_seqlens=lengths, block_table=table, causal=True
        )


class VllmPaged(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(96, 96)

    def forward(self, x, k_blocks, v_blocks, table, lengths):
        q = self.q(x).view(-1, 6, 16)
        out = torch.empty_like(q)
        _custom_ops.paged_attention_v1(
            out, q, k_blocks, v_blocks, 2, 0.25, table, lengths, 4, 12, None, "auto"
        )
        return out.flatten(1)


class Efficient(Projected):
    def attend(self, q, k, v):
        return memory_efficient_attention(q, k, v)


class EfficientCausal(Projected):
    def attend(self, q, k, v):
        return memory_efficient_attention(q, k, v, attn_bias=LowerTriangularMask())


class EfficientLocal(Projected):
    def attend(self, q, k, v):
        near = LocalAttentionFromBottomRightMask(window_left=4, window_right=0)
        return memory_efficient_attention(q, k, v, attn_bias=near)


class EfficientBlocks(Projected):
    def attend(self, q, k, v):
        owners = BlockDiagonalMask.from_seqlens([6, 9, 5])
        return memory_efficient_attention(q, k, v, attn_bias=owners)


class Neighbours(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).unbind(-3)
        return na2d(q, k, v, kernel_size=(3, 5)).flatten(-2)


class NeighboursLine(Neighbours):
    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).unbind(-3)
        return na1d(q, k, v, kernel_size=5).flatten(-2)


class Deformed(nn.Module):
    def forward(self, value, shapes, starts, at, weights):
        return ms_deform_attn_forward(value, shapes, starts, at, weights, 64)


class Sparse(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.inner = SparseSelfAttention(FixedSparsityConfig(num_heads=6, block=16))

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).permute(2, 0, 3, 1, 4)
        return self.inner(q, k, v).transpose(1, 2).flatten(2)


class Ring(Projected):
    def attend(self, q, k, v):
        return ring_flash_attn_func(q, k, v, causal=True)


class Selective(nn.Module):
    def __init__(self):
        super().__init__()
        self.x_proj = nn.Linear(48, 48 + 2 * 7, bias=False)
        self.a_log = nn.Parameter(torch.zeros(48, 7))
        self.skip = nn.Parameter(torch.ones(48))

    def forward(self, x):
        dt, b, c = (t.transpose(1, 2) for t in self.x_proj(x).split([48, 7, 7], dim=-1))
        a = -torch.exp(self.a_log)
        y = selective_scan_fn(x.transpose(1, 2), dt, a, b, c, self.skip, delta_softplus=True)
        return y.transpose(1, 2)


class Dual(nn.Module):
    def __init__(self):
        super().__init__()
        self.bc = nn.Linear(96, 14)
        self.dt = nn.Linear(96, 6)
        self.a_log = nn.Parameter(torch.zeros(6))

    def forward(self, x):
        b, c = self.bc(x).unsqueeze(2).chunk(2, dim=-1)
        heads, a = x.unflatten(-1, (6, 16)), -self.a_log.exp()
        return mamba_chunk_scan_combined(heads, self.dt(x), a, b, c, chunk_size=5).flatten(2)


class Rules(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(96, 288)
        self.gates = nn.Linear(96, 12)

    def parts(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 6, 16)).unbind(2)
        return q, k, v, *self.gates(x).chunk(2, dim=-1)


class Delta(Rules):
    def forward(self, x):
        q, k, v, g, beta = self.parts(x)
        return chunk_gated_delta_rule(v, q, k, g=g, beta=beta.sigmoid()).flatten(2)


class Retained(Rules):
    def forward(self, x):
        return chunk_retention(*self.parts(x)[:3]).flatten(2)


class Linear(Rules):
    def forward(self, x):
        return chunk_linear_attn(*self.parts(x)[:3], normalize=False).flatten(2)


class Rwkv(Rules):
    def __init__(self):
        super().__init__()
        self.decay = nn.Linear(96, 96)
        self.bonus = nn.Parameter(torch.zeros(6, 16))

    def forward(self, x):
        r, k, v = self.parts(x)[:3]
        w = self.decay(x).unflatten(-1, (6, 16))
        return fused_recurrent_rwkv6(r, k, v, w, self.bonus).flatten(2)


def tokens():
    return (torch.randn(2, 20, 96),)


def channels():
    return (torch.randn(2, 20, 48),)


def grid():
    return (torch.randn(2, 8, 12, 96),)


def packed():
    return torch.randn(20, 96), torch.tensor([0, 6, 15, 20], dtype=torch.int32)


def cache():
    full = torch.randn(2, 24, 2, 16)
    return torch.randn(2, 1, 96), full, full.clone(), torch.tensor([17, 11], dtype=torch.int32)


def blocks():
    table = torch.tensor([[3, 0, 7], [1, 5, 2]], dtype=torch.int32)
    pages = torch.randn(9, 4, 2, 16)
    lengths = torch.tensor([11, 9], dtype=torch.int32)
    return torch.randn(2, 1, 96), pages, pages.clone(), table, lengths


def samples():
    shapes = torch.tensor([[8, 12], [4, 6]])
    starts = torch.tensor([0, 96])
    at, weights = torch.rand(2, 9, 6, 2, 4, 2), torch.rand(2, 9, 6, 2, 4)
    return torch.randn(2, 120, 6, 16), shapes, starts, at, weights


ANY = ("bias", "window", "chunk", "qk_norm", "cross")

ZOO = [
    entry(Flash, tokens, "gqa", heads=6, kv_heads=2, causal=True),
    entry(FlashWindow, tokens, "sliding-window", window=5, causal=True),
    entry(FlashBoth, tokens, "symmetric-window", window=9, causal=False),
    entry(FlashCapped, tokens, "softcap", softcap=30.0, causal=True, scale=0.25),
    entry(FlashSlopes, tokens, "alibi", bias="alibi", causal=True),
    entry(FlashDropped, tokens, "dropout", dropout=0.15, causal=True),
    entry(FlashPacked, tokens, "bidirectional", causal=False),
    entry(FlashVarlen, packed, "varlen", causal=False),
    entry(FlashCache, cache, "kv-cache", cache="static", causal=True),
    entry(FlashSplit, cache, "split-kv", cache="static", causal=True),
    entry(FlashPaged, blocks, "paged", cache="paged", causal=True),
    entry(VllmPaged, blocks, "paged", cache="paged"),
    entry(Efficient, tokens, "bidirectional", causal=False),
    entry(EfficientCausal, tokens, "causal", causal=True),
    entry(EfficientLocal, tokens, "sliding-window", window=5, causal=True),
    entry(EfficientBlocks, tokens, "varlen", causal=False),
    entry(Neighbours, grid, "neighbourhood", open=ANY),
    entry(NeighboursLine, tokens, "neighbourhood", open=ANY),
    entry(Deformed, samples, "deformable", open=ANY),
    entry(Sparse, tokens, "block-sparse", open=ANY),
    entry(Ring, tokens, "ring", causal=True),
    entry(Selective, channels, "ssm-selective-scan", open=ANY),
    entry(Dual, tokens, "ssd", open=ANY),
    entry(Delta, tokens, "gated-delta", open=ANY),
    entry(Retained, tokens, "retention", open=ANY),
    entry(Linear, tokens, "linear", open=ANY),
    entry(Rwkv, tokens, "rwkv", open=ANY),
]
