"""A call of a pooling operator -> why its arguments send it to the host, in words."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.graph.arguments import numbers
from portlint.record import Op

HOLES = "dilation is not 1"


def dilated(op: Op) -> str:
    """Max pooling whose window has holes."""
    return HOLES if any(d > 1 for d in numbers(op, "dilation")) else ""


def pool_not_divisible(op: Op) -> str:
    """Adaptive pooling, or the gradient of one, with a size that does not divide the input's."""
    sizes: Sequence[int | str] = numbers(op, "output_size")
    of = op.inputs[:1]
    if "backward" in op.name and len(op.inputs) > 1:
        sizes, of = op.inputs[0].shape[-3 if "3d" in op.name else -2 :], op.inputs[1:2]
    shape = of[0].shape[-len(sizes) :] if of and sizes else ()
    for given, wanted in zip(shape, sizes, strict=False):
        if isinstance(given, int) and isinstance(wanted, int) and wanted and given % wanted:
            return f"{given} is no multiple of the output size {wanted}"
    return ""


def averaged(op: Op) -> str:
    """The gradient of an average over windows that stand over the border, or by a divisor."""
    if op.literals.get("divisor_override") is not None:
        return "divisor_override is given"
    both = op.literals.get("ceil_mode") and op.literals.get("count_include_pad", True)
    return "ceil_mode goes with count_include_pad" if both else ""
