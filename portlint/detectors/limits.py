"""The compiler's limits by dtype, shape and argument, in a traced model: one detector for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portlint.graph import limits
from portlint.graph.arguments import base, short
from portlint.graph.dispatch import said
from portlint.graph.pooling import dilated as has_holes
from portlint.graph.view import GraphFound, View
from portlint.record import Op

Detector = Callable[[Op, View], Iterator[GraphFound]]
POOLS = frozenset({"max_pool1d", "max_pool2d", "max_pool3d"})
INDEXED = frozenset(
    {"max_pool1d_with_indices", "max_pool2d_with_indices"} | {"max_pool3d_with_indices"}
)


def _reporting(check: Callable[[Op, View], str]) -> Detector:
    """The detector that reports an op of the program where a check has a word for it."""

    def detect(op: Op, view: View) -> Iterator[GraphFound]:
        value = check(op, view) if said(op, view) else ""
        if value:
            yield GraphFound(op.place, symbol=short(op), value=value)

    return detect


def _dilated_pool(op: Op, view: View) -> str:
    return short(op) if base(op) in POOLS | INDEXED and has_holes(op) else ""


def _sort(op: Op, view: View) -> str:
    return short(op) if base(op) in {"sort", "argsort", "msort"} else ""


def _gradient_dilated(op: Op, view: View) -> str:
    """The gradient of what the model is given is never asked for."""
    inner = any(t.origin == "activation" for t in op.inputs[:1])
    return limits.gradient_dilations(op, view) if inner else ""


integer_matmul = _reporting(limits.int_dot)
integer_scatter_add = _reporting(limits.int_scatter)
integer_scatter_reduce = _reporting(limits.int_reduce)
int64_power = _reporting(limits.int64_pow)
integer_topk = _reporting(limits.int_topk)
wide_topk = _reporting(limits.wide_topk)
narrow_shift = _reporting(limits.narrow_shift)
signed_shift = _reporting(limits.signed_shift)
wide_integer = _reporting(limits.wide_int)
transposed_dilated = _reporting(limits.both_dilations)
gradient_dilated = _reporting(_gradient_dilated)
split_columns = _reporting(limits.split_columns)
dilated_pool = _reporting(_dilated_pool)
sort = _reporting(_sort)
beyond_table = _reporting(limits.beyond_table)
