"""A tensor of a trace -> the bytes it takes."""

from __future__ import annotations

import functools
import math
import re

from portlint.record import Tensor


@functools.cache
def width(dtype: str) -> int:
    """Bytes of one value: torch's names tell the bits (`bfloat16`, `float8_e4m3fn`, `int64`)."""
    bits = re.search(r"\d+", dtype)
    return max(1, int(bits[0]) // 8) if bits else 1


def count(tensor: Tensor) -> int | None:
    """Values of a tensor; None where its shape depends on data."""
    numbers = [n for n in tensor.shape if isinstance(n, int)]
    return math.prod(numbers) if len(numbers) == len(tensor.shape) else None


def size(tensor: Tensor) -> int | None:
    """Bytes of a tensor; None where its shape depends on data."""
    values = count(tensor)
    return None if values is None else values * width(tensor.dtype)
