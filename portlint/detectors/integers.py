"""Whole-number operations and shapes the compiler refuses or computes otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portlint.graph import limits
from portlint.graph.arguments import base, short
from portlint.graph.conditions import dilated as has_holes
from portlint.graph.dispatch import said
from portlint.graph.view import GraphFound, View
from portlint.record import Op

POOLS = frozenset({"max_pool1d", "max_pool2d", "max_pool3d"})
INDEXED = frozenset(
    {"max_pool1d_with_indices", "max_pool2d_with_indices"} | {"max_pool3d_with_indices"}
)


def integer_matmul(op: Op, view: View) -> Iterator[GraphFound]:
    """A matrix product of whole numbers."""
    yield from _found(op, view, limits.int_dot)


def integer_scatter_add(op: Op, view: View) -> Iterator[GraphFound]:
    """Adding whole numbers at positions."""
    yield from _found(op, view, limits.int_scatter)


def integer_scatter_reduce(op: Op, view: View) -> Iterator[GraphFound]:
    """scatter_reduce of whole numbers."""
    yield from _found(op, view, limits.int_reduce)


def int64_power(op: Op, view: View) -> Iterator[GraphFound]:
    """A power of int64."""
    yield from _found(op, view, limits.int64_pow)


def integer_topk(op: Op, view: View) -> Iterator[GraphFound]:
    """topk of whole numbers."""
    yield from _found(op, view, limits.int_topk)


def wide_topk(op: Op, view: View) -> Iterator[GraphFound]:
    """More top values than TopK takes."""
    yield from _found(op, view, limits.wide_topk)


def narrow_shift(op: Op, view: View) -> Iterator[GraphFound]:
    """A shift of a type that has no 32 bits."""
    yield from _found(op, view, limits.narrow_shift)


def signed_shift(op: Op, view: View) -> Iterator[GraphFound]:
    """`>>` of a signed type."""
    yield from _found(op, view, limits.signed_shift)


def wide_integer(op: Op, view: View) -> Iterator[GraphFound]:
    """int64 with numbers beyond 32 bits."""
    yield from _found(op, view, limits.wide_int)


def transposed_dilated(op: Op, view: View) -> Iterator[GraphFound]:
    """A transposed convolution with stride and dilation."""
    yield from _found(op, view, limits.both_dilations)


def gradient_dilated(op: Op, view: View) -> Iterator[GraphFound]:
    """A convolution whose gradient has both dilations."""
    if any(t.origin == "activation" for t in op.inputs[:1]):
        yield from _found(op, view, limits.gradient_dilations)


def split_columns(op: Op, view: View) -> Iterator[GraphFound]:
    """A matrix split along its second dimension."""
    yield from _found(op, view, limits.split_columns)


def dilated_pool(op: Op, view: View) -> Iterator[GraphFound]:
    """Max pooling with dilation."""
    if base(op) in POOLS | INDEXED and said(op, view) and has_holes(op):
        yield GraphFound(op.place, symbol=short(op), value=short(op))


def sort(op: Op, view: View) -> Iterator[GraphFound]:
    """sort, argsort or msort."""
    if base(op) in {"sort", "argsort", "msort"} and said(op, view):
        yield GraphFound(op.place, symbol=short(op), value=short(op))


def _found(op: Op, view: View, check: Callable[[Op, View], str]) -> Iterator[GraphFound]:
    value = check(op, view) if said(op, view) else ""
    if value:
        yield GraphFound(op.place, symbol=short(op), value=value)
