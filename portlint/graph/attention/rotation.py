"""The way of queries back to their projection -> the kind of rotation on it."""

from __future__ import annotations

from portlint.attention.features import Rope
from portlint.graph.attention.names import SCALING, VIEWS
from portlint.graph.attention.operand import Operand
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor


def rope(trail: Trail, found: Operand, head_dim: int | str | None) -> Rope | None:
    """The kind of rotation on the way, by what it does to pairs of channels."""
    names = found.names
    if "view_as_complex" in names or any(_is_complex(op) for op in found.ops):
        return "complex"
    turned = bool(names & {"neg", "sub"}) and "mul" in names and bool(names & {"cat", "stack"})
    if not turned:
        return None
    if any(_of_axes(trail, op) for op in found.angles):
        return "multi-axis"
    if _strided(found):
        return "interleaved"
    if "cat" not in names:
        return "interleaved"
    return "partial" if _partial(trail, found, head_dim) else "half"


def _of_axes(trail: Trail, op: Op) -> bool:
    """Whether an angle is put together from positions along several axes."""
    for made in trail.back(op.inputs[0], 5) if op.inputs else ():
        if trail.base(made) == "cat" and len(made.inputs) > 1:
            return not all(same(t, made.inputs[0]) for t in made.inputs)
    return False


def _is_complex(op: Op) -> bool:
    return any(t.dtype.startswith("complex") for t in (*op.inputs, *op.outputs))


def _strided(found: Operand) -> bool:
    """Whether neighbours are paired: steps of two, or pairs as an axis of their own."""
    for op in found.ops:
        step = op.literals.get("step")
        if isinstance(step, int) and step == 2:
            return True
        paired = op.outputs and len(op.outputs[0].shape) >= 4 and op.outputs[0].shape[-1] == 2
        if paired and "stack" in found.names:
            return True
    return False


def _partial(trail: Trail, found: Operand, head_dim: int | str | None) -> bool:
    """Whether a part of each head passes unturned: a `cat` with parts that were not gives it."""
    for op in found.ops:
        if trail.base(op) != "cat" or op.outputs[0].shape[-1] != head_dim:
            continue
        parts = [t for t in op.inputs if t.shape and t.shape[-1] != 0]
        last = op.literals.get("dim") in (-1, len(op.outputs[0].shape) - 1)
        uneven = len({t.shape[-1] for t in parts}) > 1
        if last and (uneven or len({_turned(trail, t) for t in parts}) > 1):
            return True
    return False


def _turned(trail: Trail, tensor: Tensor) -> bool:
    """Whether an operand is the sum of two products, as with cosines and sines."""
    op = trail.maker(tensor)
    while op is not None and op.inputs and trail.base(op) in VIEWS:
        op = trail.maker(op.inputs[0])
    if op is None or trail.base(op) not in ("add", "sub") or len(op.inputs) != 2:
        return False
    return all((m := trail.maker(t)) and trail.base(m) in SCALING for t in op.inputs)
