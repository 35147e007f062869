"""Queries, keys or values back to their projections: norms, rotation, cache, scale on the way."""

from __future__ import annotations

import dataclasses
import math

from portlint.graph.attention.names import (
    ADDING,
    CONVOLVING,
    LENGTHS,
    MULTIPLYING,
    NORMS,
    PROJECTING,
    ROOT,
    SCALING,
)
from portlint.graph.attention.product import product
from portlint.graph.attention.trail import Trail
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
        if projects(trail, op):
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


def projects(trail: Trail, op: Op) -> bool:
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


def normed(found: Operand) -> bool:
    """Whether a norm lies between projection and product."""
    names = found.names | found.factors
    squares = bool(names & {"mean", "sum", "var", "var_mean"}) and bool(names & ROOT)
    return bool(names & NORMS) or squares


def unit(found: Operand) -> bool:
    """Whether an operand is scaled to length one."""
    return bool((found.names | found.factors) & LENGTHS)
