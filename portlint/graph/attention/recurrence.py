"""A loop -> what it computes: linear attention, a state space, retention, a delta rule …"""

from __future__ import annotations

from portlint.graph.attention.loops import UPDATING, Loop
from portlint.graph.attention.names import SCALING, VIEWS
from portlint.graph.attention.product import product
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor


def kind(trail: Trail, loop: Loop) -> str | None:
    """What a recurrence computes, by how its state decays, is fed and is read."""
    names = {trail.base(op) for op in loop.body}
    carried = _carried(trail, loop)
    read = [op for op in loop.body if _reads(trail, op, carried)]
    if "maximum" in names and "exp" in names:
        return "rwkv"
    if not read:
        return _vector(trail, loop, names)
    if any(_corrects(trail, op, read) for op in loop.body):
        return "gated-delta"
    decay = _decay(trail, loop)
    if decay is None:
        return "linear" if _outer(trail, loop) else None
    if not trail.flows(decay):
        return "retention"
    if _bonus(trail, loop):
        return "rwkv"
    return _by_decay(decay, loop.state)


def _carried(trail: Trail, loop: Loop) -> set[int]:
    """The ids of what is the state: it, what it becomes in the body, and views of it."""
    found = {loop.before.id}
    for op in loop.body:
        if any(t.source in found for t in op.inputs) and _keeps(trail, op):
            found.add(op.id)
    return found


def _keeps(trail: Trail, op: Op) -> bool:
    """Whether an op keeps a state a state."""
    name = trail.base(op)
    return name in VIEWS or name in SCALING or name in UPDATING


def _reads(trail: Trail, op: Op, carried: set[int]) -> bool:
    made = product(trail, op)
    return bool(made and made.summed and any(t.source in carried for t in (made.left, made.right)))


def _corrects(trail: Trail, op: Op, read: list[Op]) -> bool:
    """Whether what the state foretells is taken from what came."""
    if trail.base(op) != "sub" or len(op.inputs) != 2:
        return False
    ids = {r.id for r in read}
    return any(made.id in ids for made in trail.back(op.inputs[1], 4))


def _decay(trail: Trail, loop: Loop) -> Tensor | None:
    """The factor on the way from one state to the next."""
    for op in loop.path:
        if trail.base(op) in SCALING and len(op.inputs) == 2:
            makers = {loop.before.id, *(o.id for o in loop.path)}
            others = [t for t in op.inputs if t.source not in makers]
            if len(others) == 1:
                return others[0]
    carried = _carried(trail, loop)
    for op in loop.body:
        if trail.base(op) in SCALING and len(op.inputs) == 2:
            kept = [t for t in op.inputs if t.source not in carried]
            if len(kept) == 1:
                return kept[0]
    return None


def _outer(trail: Trail, loop: Loop) -> bool:
    """Whether products of keys and values are added."""
    for op in loop.body:
        made = product(trail, op)
        if (
            trail.base(op) == "mul"
            and len(op.inputs) == 2
            and all(trail.flows(t) for t in op.inputs)
        ):
            left, right = (t.shape for t in op.inputs)
            if (len(left) == len(right) and left[-1] == 1 != right[-1]) or left[-1:] != right[-1:]:
                return True
        if made is not None and (not made.summed or made.depth == 1):
            return True
    return False


def _bonus(trail: Trail, loop: Loop) -> bool:
    """Whether the present token counts with a weight of its own beside the state."""
    for op in loop.body:
        other_sum = trail.base(op) == "add" and op.id != loop.after.id and len(op.inputs) == 2
        if other_sum and any(t.source == loop.before.id for t in op.inputs):
            other = next(t for t in op.inputs if t.source != loop.before.id)
            return any(not trail.flows(t) for made in trail.back(other, 1) for t in made.inputs)
    return False


def _by_decay(decay: Tensor, state: Tensor) -> str:
    """By the axes of the state that a decay tells apart."""
    shape, known = decay.shape, state.shape
    last = [shape[-n] if len(shape) >= n else 1 for n in (1, 2)]
    if all(size != 1 for size in last) and len(shape) == len(known):
        return "ssm-selective-scan"
    return "ssd" if all(size == 1 for size in last) or len(shape) < 2 else "linear"


def _vector(trail: Trail, loop: Loop, names: set[str]) -> str | None:
    """A state that is never summed over: gates for each channel, or sums of weighted values."""
    decay = _decay(trail, loop)
    divided = [op for op in loop.body if trail.base(op) == "div" and len(op.inputs) == 2]
    if divided and decay is not None:
        return "rwkv"
    if decay is not None and trail.flows(decay):
        return "linear-recurrence"
    return None
