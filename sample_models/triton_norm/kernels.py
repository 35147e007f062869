"""RMS norm with its residual in one pass over the row, written in Triton."""

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit  # expect: NEU201
def _norm_forward(x, residual, weight, out, width, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    inside = columns < width
    value = tl.load(x + row * width + columns, mask=inside, other=0.0).to(tl.float32)
    value += tl.load(residual + row * width + columns, mask=inside, other=0.0).to(tl.float32)
    tl.store(residual + row * width + columns, value, mask=inside)
    scale = tl.rsqrt(tl.sum(value * value, axis=0) / width + eps)
    gain = tl.load(weight + columns, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * width + columns, value * scale * gain, mask=inside)


@triton.autotune(
    configs=[triton.Config({"BLOCK": size}, num_warps=4) for size in (512, 1024, 2048)],
    key=["count"],
)
@triton.jit  # expect: NEU201
def _silu_mul(gate, up, out, count, BLOCK: tl.constexpr):
    index = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = index < count
    a = tl.load(gate + index, mask=inside).to(tl.float32)
    b = tl.load(up + index, mask=inside).to(tl.float32)
    tl.store(out + index, a * tl.sigmoid(a) * b, mask=inside)


def add_norm(x: Tensor, residual: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    """Adds x to residual in place and returns the norm of the sum; both [rows, width]."""
    rows, width = x.shape
    out = torch.empty_like(x)
    block = triton.next_power_of_2(width)
    _norm_forward[(rows,)](x, residual, weight, out, width, eps, BLOCK=block)
    return out


def silu_mul(gate: Tensor, up: Tensor) -> Tensor:
    out = torch.empty_like(gate)
    count = gate.numel()
    _silu_mul[lambda meta: (triton.cdiv(count, meta["BLOCK"]),)](gate, up, out, count)
    return out
