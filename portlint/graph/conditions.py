"""Argument conditions that send a lowered operator to the host, by the name the table gives."""

from __future__ import annotations

from collections.abc import Callable

from portlint.graph.arguments import number, numbers
from portlint.graph.view import View
from portlint.record import Op

REDUCES = ("sum", "prod", "amax", "amin")
HOLES = "dilation is not 1"


def dilated(op: Op) -> str:
    """Max pooling whose window has holes."""
    return HOLES if any(d > 1 for d in numbers(op, "dilation")) else ""


def pool_not_divisible(op: Op) -> str:
    """Adaptive pooling to a size that does not divide the input's."""
    sizes = numbers(op, "output_size")
    shape = op.inputs[0].shape[-len(sizes) :] if op.inputs and sizes else ()
    for given, wanted in zip(shape, sizes, strict=False):
        if isinstance(given, int) and wanted and given % wanted:
            return f"{given} is no multiple of the output size {wanted}"
    return ""


def scaled(op: Op) -> str:
    """addmm with factors."""
    factors = [op.literals.get(name, 1) for name in ("alpha", "beta")]
    return "alpha or beta is not 1" if any(f != 1 for f in factors) else ""


def generator(op: Op) -> str:
    """A random op with a generator of its own."""
    return "a torch.Generator is passed" if op.literals.get("generator") is not None else ""


def multinomial(op: Op) -> str:
    """Draws without replacement."""
    several = op.literals.get("num_samples", 1) != 1
    if several and not op.literals.get("replacement", False):
        return "several samples are drawn without replacement"
    return generator(op)


def int64_result(op: Op) -> str:
    """A cumulative product of whole numbers."""
    return "the result is int64" if any(t.dtype == "int64" for t in op.outputs) else ""


def bag(op: Op) -> str:
    """Bags that are averaged, scaled, sparse or padded."""
    if op.literals.get("mode", 0) == 1:
        return 'mode is "mean"'
    for name in ("scale_grad_by_freq", "sparse"):
        if op.literals.get(name):
            return f"{name} is set"
    return "padding_idx is given" if op.literals.get("padding_idx", -1) not in (None, -1) else ""


def p_zero(op: Op) -> str:
    """The count of non-zeros, as a norm."""
    return "p is 0" if op.literals.get("p", 2) == 0 else ""


def scatter_reduce(op: Op) -> str:
    """Reductions the scatter of XLA does not have."""
    reduce = op.literals.get("reduce", "sum")
    if reduce not in REDUCES:
        return f'reduce is "{reduce}"'
    return "" if op.literals.get("include_self", True) else "include_self is False"


def scatter_mode(op: Op) -> str:
    """scatter with a reduction other than a sum."""
    reduce = op.literals.get("reduce", "add")
    return "" if reduce == "add" else f'reduce is "{reduce}"'


def values_only(op: Op) -> str:
    """Eigenvalues without vectors."""
    return "" if op.literals.get("compute_v", True) else "only values are asked for"


def fused_norm(op: Op) -> str:
    """Weight normalisation along the first or the last dimension."""
    rank = len(op.inputs[0].shape) if op.inputs else 0
    dim = number(op, "dim", 0)
    return "its fused kernel has no lowering" if dim in (0, rank - 1, -rank, -1) else ""


CONDITIONS: dict[str, Callable[[Op], str]] = {
    "dilated": dilated,
    "pool-not-divisible": pool_not_divisible,
    "scaled": scaled,
    "generator": generator,
    "multinomial": multinomial,
    "int64-result": int64_result,
    "bag": bag,
    "p-zero": p_zero,
    "scatter-reduce": scatter_reduce,
    "scatter-mode": scatter_mode,
    "values-only": values_only,
    "fused-norm": fused_norm,
}


def condition(op: Op, view: View) -> str:
    """Why this call of a lowered op runs on the host, in words; "" where it does not."""
    name = view.known(op).condition
    return CONDITIONS[name](op) if name else ""
