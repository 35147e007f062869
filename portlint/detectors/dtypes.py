"""Element types a device does not have, in a traced model."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.graph.arguments import COMPLEX, short
from portlint.graph.dispatch import said
from portlint.graph.floats import E4M3FN, FLOAT4, FNUZ, NO_COMPLEX
from portlint.graph.view import GraphFound, View
from portlint.record import Op


def complex64(op: Op, view: View) -> Iterator[GraphFound]:
    """An op that makes complex numbers, or takes them from outside."""
    yield from _enters(op, view, COMPLEX - NO_COMPLEX)


def complex128(op: Op, view: View) -> Iterator[GraphFound]:
    """complex128 and complex32."""
    yield from _enters(op, view, NO_COMPLEX)


def float64(op: Op, view: View) -> Iterator[GraphFound]:
    """An op that makes float64 of something else, or takes it from outside."""
    yield from _enters(op, view, frozenset({"float64"}))


def e4m3fn(op: Op, view: View) -> Iterator[GraphFound]:
    """float8_e4m3fn, which only Trn3 computes with."""
    yield from _enters(op, view, frozenset({E4M3FN}))


def fnuz(op: Op, view: View) -> Iterator[GraphFound]:
    """The float8 types without negative zero."""
    yield from _enters(op, view, FNUZ)


def float4(op: Op, view: View) -> Iterator[GraphFound]:
    """Four-bit floats."""
    yield from _enters(op, view, frozenset({FLOAT4}))


def _enters(op: Op, view: View, kinds: frozenset[str]) -> Iterator[GraphFound]:
    """Where a type comes into the graph: made by this op, or given to it by no op.

    What follows computes with it as well, and is not reported line by line.
    """
    if not said(op, view):
        return
    taken = {t.dtype for t in op.inputs if t.dtype in kinds}
    outside = [t for t in op.inputs if t.dtype in kinds and t.source is None]
    made = [t for t in op.outputs if t.dtype in kinds and t.dtype not in taken]
    for tensor in (*outside[:1], *made[:1]):
        name = f" ({tensor.name})" if tensor.name else ""
        value = f"{tensor.dtype}{name}" if tensor in outside else f"{tensor.dtype} by {short(op)}"
        yield GraphFound(op.place, symbol=tensor.dtype, value=value)
        return
