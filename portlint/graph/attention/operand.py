"""Queries, keys or values back to their projections: norms, rotation, cache, scale on the way."""

from __future__ import annotations

import dataclasses
import math

from portlint.attention.features import Cache, Rope
from portlint.graph.attention.names import (
    ADDING,
    CONVOLVING,
    LENGTHS,
    MULTIPLYING,
    NORMS,
    PROJECTING,
    ROOT,
    SCALING,
    VIEWS,
)
from portlint.graph.attention.product import product
from portlint.graph.attention.trail import WRITING, Trail, same
from portlint.record import Op, Tensor

STEPS = 90
ANGLES = frozenset("cos sin polar arange cumsum".split())
FETCHING = frozenset("index gather index_select take_along_dim embedding".split())


@dataclasses.dataclass
class Operand:
    """The way from an operand to the projections that made it.

    `projections` are those, `roots` the tensors that no op made, `ops` what lies between, and
    `names` their short names; `factors` are those of the ops that make what it is scaled by;
    `picked` are the ops that make the places it is fetched from, `angles` the cosines and sines.
    """

    tensor: Tensor
    projections: list[Op] = dataclasses.field(default_factory=list)
    roots: list[Tensor] = dataclasses.field(default_factory=list)
    ops: list[Op] = dataclasses.field(default_factory=list)
    names: set[str] = dataclasses.field(default_factory=set)
    factors: set[str] = dataclasses.field(default_factory=set)
    picked: list[Op] = dataclasses.field(default_factory=list)
    angles: list[Op] = dataclasses.field(default_factory=list)
    scale: float = 1.0


def operand(trail: Trail, tensor: Tensor) -> Operand:
    """Walk back from an operand; positions and weights are left aside."""
    found = Operand(tensor)
    learned = not trail.flows(tensor)
    waiting, seen = [tensor], set[int]()
    for current in waiting:
        op = trail.maker(current)
        if op is None:
            if learned or trail.flows(current) or current.origin == "buffer":
                found.roots.append(current)
            continue
        if op.id in seen or len(seen) > STEPS:
            continue
        seen.add(op.id)
        if _projects(trail, op):
            found.projections.append(op)
            continue
        found.ops.append(op)
        found.names.add(trail.base(op))
        if trail.base(op) in SCALING and len(op.inputs) == 1:
            factor = op.literals.get("other", 1.0)
            number = float(factor) if isinstance(factor, int | float) and factor else 1.0
            if _alone(trail, op):
                found.scale *= number if trail.base(op) == "mul" else 1 / number
        if trail.base(op) not in ANGLES:
            main = _main(op, trail)
            if trail.base(op) in FETCHING:
                main = list(op.inputs[:1])
                found.picked += [made for t in op.inputs[1:] for made in trail.back(t, 40)]
            waiting += [t for t in main if learned or _worth(t, op, trail)]
            aside = [t for t in op.inputs if t not in main and trail.base(op) in SCALING]
            factors = [made for t in aside for made in trail.back(t, 6)]
            found.factors |= {trail.base(made) for made in factors}
            found.angles += [made for made in factors if trail.base(made) in ANGLES]
    return found


def _main(op: Op, trail: Trail) -> list[Tensor]:
    """Of two factors or terms the larger one: the other is an angle, a weight or a scale."""
    if trail.base(op) not in SCALING | ADDING or len(op.inputs) != 2:
        return list(op.inputs)
    sizes = [elements(t) for t in op.inputs]
    return [t for t, size in zip(op.inputs, sizes, strict=True) if size == max(sizes)]


def elements(tensor: Tensor) -> int:
    """How many numbers a tensor holds; symbols count as one."""
    return math.prod(size if isinstance(size, int) else 1 for size in tensor.shape)


def _projects(trail: Trail, op: Op) -> bool:
    """Whether an op multiplies with weights: what came before is another layer."""
    name = trail.base(op)
    if name in PROJECTING | CONVOLVING or name == "embedding":
        return True
    if name not in MULTIPLYING:
        return False
    made = product(trail, op)
    return (
        made is None
        or not all(trail.flows(t) for t in (made.left, made.right))
        or bool(made.summed)
    )


def _worth(tensor: Tensor, op: Op, trail: Trail) -> bool:
    """Whether an operand leads on: what only positions or weights make does not."""
    if trail.flows(tensor):
        made = trail.maker(tensor)
        return made is not None or tensor.dtype not in ("int64", "int32", "bool")
    return tensor.origin == "buffer" and tensor.source is None and op.inputs[0] is tensor


def _alone(trail: Trail, op: Op) -> bool:
    """Whether a factor is on the whole operand: a rotation's halves have factors of their own."""
    return len(op.outputs[0].shape) >= 3


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


def normed(found: Operand) -> bool:
    """Whether a norm lies between projection and product."""
    names = found.names | found.factors
    squares = bool(names & {"mean", "sum", "var", "var_mean"}) and bool(names & ROOT)
    return bool(names & NORMS) or squares


def unit(found: Operand) -> bool:
    """Whether an operand is scaled to length one."""
    return bool((found.names | found.factors) & LENGTHS)


def cache(trail: Trail, found: Operand) -> Cache | None:
    """How keys of earlier steps come in."""
    stored = [t for t in found.roots if len(t.shape) >= 3 and t.dtype not in ("int64", "int32")]
    for op in found.ops:
        name = trail.base(op)
        held = [t for t in op.inputs if t.source is None and t.origin in ("input", "buffer")]
        if name in FETCHING and _stored(trail, op) and len(op.inputs) > 1:
            return "paged"
        if name in WRITING and _stored(trail, op):
            return "static"
        if name == "cat" and held and found.projections:
            return "concat"
    buffers = {t.name for t in stored if t.origin == "buffer"}
    if buffers and any(_writes(trail, op, buffers) for op in trail.ops):
        return "static"
    if "cat" in found.names and stored and found.projections:
        return "concat"
    return None


def _stored(trail: Trail, op: Op) -> bool:
    """Whether what an op works on is kept by the module or was given by the caller."""
    current = op.inputs[0] if op.inputs else None
    for _ in range(6):
        if current is None:
            return False
        if current.source is None:
            return current.origin in ("input", "buffer") and len(current.shape) >= 3
        made = trail.maker(current)
        if made is None or not made.inputs or _projects(trail, made):
            return False
        current = made.inputs[0]
    return False


def _writes(trail: Trail, op: Op, buffers: set[str]) -> bool:
    if trail.base(op) not in WRITING or not op.inputs:
        return False
    current = op.inputs[0]
    for _ in range(4):
        if current.source is None:
            return current.name in buffers
        made = trail.maker(current)
        if made is None or not made.inputs:
            return False
        current = made.inputs[0]
    return False
