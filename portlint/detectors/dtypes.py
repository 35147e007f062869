"""Element types a device does not have, in a traced model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portlint.graph.arguments import COMPLEX, short
from portlint.graph.dispatch import said
from portlint.graph.floats import E4M3FN, FLOAT4, FNUZ, NO_COMPLEX
from portlint.graph.view import GraphFound, View
from portlint.record import Op


def _entering(kinds: frozenset[str]) -> Callable[[Op, View], Iterator[GraphFound]]:
    """The detector that reports where one of these types comes into the graph.

    It is made by this op, or given to it by no op. What follows computes with it as well, and is
    not reported line by line.
    """

    def detect(op: Op, view: View) -> Iterator[GraphFound]:
        if not said(op, view):
            return
        taken = {t.dtype for t in op.inputs if t.dtype in kinds}
        outside = [t for t in op.inputs if t.dtype in kinds and t.source is None]
        made = [t for t in op.outputs if t.dtype in kinds and t.dtype not in taken]
        for tensor in (*outside[:1], *made[:1]):
            name = f" ({tensor.name})" if tensor.name else ""
            value = f"{tensor.dtype}{name}" if outside else f"{tensor.dtype} by {short(op)}"
            yield GraphFound(op.place, symbol=tensor.dtype, value=value)
            return

    return detect


complex64 = _entering(COMPLEX - NO_COMPLEX)
complex128 = _entering(NO_COMPLEX)
float64 = _entering(frozenset({"float64"}))
e4m3fn = _entering(frozenset({E4M3FN}))
fnuz = _entering(FNUZ)
float4 = _entering(frozenset({FLOAT4}))
