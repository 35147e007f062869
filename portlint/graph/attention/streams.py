"""Whether queries and keys are made from one sequence or from two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.graph.attention.names import FUSED, MULTIPLYING, NORMS, SOFTMAX, VIEWS
from portlint.graph.attention.operand import Operand, operand
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor

NEAR = 60


def crosses(trail: Trail, queries: Operand, keys: Operand) -> bool:
    """Whether nothing that makes the queries makes the keys too."""
    kept = next((t.name for t in keys.roots if t.name in trail.written), "")
    if kept and not keys.projections:
        keys = operand(trail, trail.written[kept])
    asked = [t for p in queries.projections for t in _read(trail, p)] or queries.roots
    answered = [t for p in keys.projections for t in _read(trail, p)] or keys.roots
    if not asked or not answered:
        return False
    if not any(trail.flows(t) for t in asked):
        return any(trail.flows(t) for t in answered)
    sources = [_stream(trail, t) for t in asked if trail.flows(t)]
    targets = [_stream(trail, t) for t in answered]
    if any(same(one, other) for one in sources for other in targets):
        return False
    reached = [t for target in targets for t in _before(trail, target)]
    if not queries.projections:
        return any(s.shape != t.shape for s in sources for t in targets)
    return not any(same(source, other) for source in sources for other in reached)


def _read(trail: Trail, projection: Op) -> Sequence[Tensor]:
    """What a projection is applied to: weights may stand on either side."""
    return [t for t in projection.inputs if trail.flows(t)][:1] or projection.inputs[:1]


def _before(trail: Trail, tensor: Tensor) -> Iterator[Tensor]:
    """The tensors behind one, as far as no other sequence is attended to."""
    waiting, seen = [tensor], set[int]()
    for current in waiting:
        yield current
        op = trail.maker(current)
        if op is None or op.id in seen or len(seen) > NEAR:
            continue
        seen.add(op.id)
        name = trail.base(op)
        if name not in FUSED | SOFTMAX | MULTIPLYING:
            waiting += op.inputs


def _stream(trail: Trail, tensor: Tensor) -> Tensor:
    """What a projection reads, before norms and what positions add to it."""
    for _ in range(24):
        op = trail.maker(tensor)
        following = _before_it(trail, op) if op is not None and op.inputs else None
        if following is None:
            return tensor
        tensor = following
    return tensor


def _before_it(trail: Trail, op: Op) -> Tensor | None:
    """The operand that an op norms, moves, scales or adds positions to."""
    name = trail.base(op)
    if name in NORMS or name in VIEWS or name == "dropout":
        return op.inputs[0]
    if name not in ("mul", "div", "add", "sub"):
        return None
    moving = [t for t in op.inputs if trail.flows(t)]
    if len(moving) == 1 and (len(op.inputs) == 2 or name in ("mul", "div")):
        return moving[0]
    scaled = name == "mul" and len(op.inputs) == 2 and op.inputs[1].shape[-1:] == (1,)
    return op.inputs[0] if scaled else None
