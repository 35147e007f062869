"""Argument conditions that send a lowered operator to the host, by the name the table gives."""

from __future__ import annotations

from collections.abc import Callable

from portlint.graph.arguments import COMPLEX, first_dtype, number, numbers
from portlint.graph.pooling import averaged, dilated, pool_not_divisible
from portlint.graph.view import View
from portlint.record import Op

REDUCES = ("sum", "prod", "amax", "amin")


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
    """A cumulative product of whole numbers, or into them."""
    if any(t.dtype == "int64" for t in op.outputs):
        return "the result is int64"
    return "the input is int64" if any(t.dtype == "int64" for t in op.inputs[:1]) else ""


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


def no_unit_stride(op: Op) -> str:
    """Writing through strides none of which is 1."""
    strides = numbers(op, "stride")
    return "no stride is 1" if strides and min(strides) != 1 else ""


def permuted(op: Op) -> str:
    """A random permutation that is not the plain one."""
    if op.literals.get("dtype", "int64") != "int64":
        return f"the result is {op.literals['dtype']}"
    if op.literals.get("layout") is not None:
        return "a layout is given"
    return "" if op.literals.get("n") != 0 else "nothing is permuted"


def pinned(op: Op) -> str:
    """Made in pinned memory, which belongs to the host."""
    return "pin_memory is set" if op.literals.get("pin_memory") else ""


def checked(op: Op) -> str:
    """An inverse that is to raise where there is none."""
    return "check_errors is set" if op.literals.get("check_errors") else ""


def mask(op: Op) -> str:
    """An index that chooses by truth: `nonzero` makes positions of it."""
    indices = [t for t, a in zip(op.inputs, op.arguments, strict=False) if a.startswith("indices")]
    chosen = any(t.dtype in ("bool", "uint8") for t in indices)
    return "the host finds the positions of the mask" if chosen else ""


def open_classes(op: Op) -> str:
    """As many classes as the largest index says."""
    given = op.literals.get("num_classes", -1)
    return "the host counts the classes" if given == -1 else ""


def negative_power(op: Op) -> str:
    """A power of the inverse, which is checked."""
    power = op.literals.get("n")
    return "n is negative" if isinstance(power, int) and power < 0 else ""


def complex_input(op: Op) -> str:
    """Conjugating complex numbers; of real ones it is nothing."""
    return "the input is complex" if first_dtype(op) in COMPLEX else ""


def value_read(op: Op) -> str:
    """Filling with a value that stands in a tensor of the device."""
    held = len(op.inputs) > 1 and op.inputs[1].origin != "constant"
    return "the value is read from its tensor" if held else ""


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
    "no-unit-stride": no_unit_stride,
    "averaged": averaged,
    "permuted": permuted,
    "pinned": pinned,
    "checked": checked,
    "mask": mask,
    "open-classes": open_classes,
    "negative-power": negative_power,
    "complex-input": complex_input,
    "value-read": value_read,
}


READS = frozenset(["open-classes", "negative-power"])
"""Conditions under which a value is read in Python, on whatever device."""


def condition(op: Op, view: View) -> str:
    """Why this call of a lowered op runs on the host, in words; "" where it does not."""
    name = view.known(op).condition
    return CONDITIONS[name](op) if name else ""
