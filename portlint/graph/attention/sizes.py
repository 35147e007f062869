"""A product -> heads and tokens of its operands."""

from __future__ import annotations

import math

from portlint.graph.attention.channels import Channels
from portlint.graph.attention.product import Product
from portlint.graph.attention.trail import Trail
from portlint.record import Tensor


class Sizes:
    """Counts by the channels in each axis."""

    def __init__(self, trail: Trail, channels: Channels) -> None:
        self.trail = trail
        self.channels = channels

    def heads(self, score: Product) -> tuple[int | None, int | None]:
        """Channels in the axes that queries and keys share: heads, and heads of keys."""
        heads = self.beside(score.left, score.summed)
        kv_heads = self.beside(score.right, score.right_summed)
        return heads, kv_heads if heads % max(1, kv_heads) == 0 else heads

    def beside(self, tensor: Tensor, width: tuple[int, ...]) -> int:
        """The channels of an operand beside its width; heads come second where it was given."""
        shape = tensor.shape
        if self.trail.maker(tensor) is None and len(shape) == 4:
            return shape[1] if isinstance(shape[1], int) else 1
        factors = self.channels.of(tensor)
        return math.prod(f for axis, f in enumerate(factors) if axis not in width)

    def length(self, tensor: Tensor, free: tuple[int, ...]) -> int | str | None:
        """The tokens of an operand: a free axis that no heads are in, or what is beside them."""
        factors = self.channels.of(tensor)
        sizes = [_beside(tensor.shape[axis], factors[axis]) for axis in free]
        return next((size for size in sizes if size != 1), sizes[0] if sizes else None)


def _beside(size: int | str, channels: int) -> int | str:
    return size // channels if isinstance(size, int) and size % channels == 0 else size
