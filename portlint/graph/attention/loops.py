"""A recurrence that was unrolled: lines that repeat, each round on what the last one made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from portlint.graph.attention.names import CONVOLVING, PROJECTING, SCALING, SOFTMAX, VIEWS
from portlint.graph.attention.product import product
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor

ROUNDS = 3
"""Rounds that make a loop: two may be chance."""
REACH = 40
UPDATING = ("add", "addcmul", "sub", "lerp", "baddbmm")


@dataclasses.dataclass
class Loop:
    """Two rounds in a row: `before` and `after` are the ops that make the state in each.

    `body` are the ops between them; `path` those that lead from one to the other.
    """

    before: Op
    after: Op
    body: list[Op]
    path: list[Op]

    @property
    def state(self) -> Tensor:
        """What is carried from round to round."""
        return self.before.outputs[0]


def loops(trail: Trail, ops: Sequence[Op]) -> Iterator[Loop]:
    """The recurrences among the ops of one module, by the lines that update a state.

    A line may hold several updates, or all of a loop; from round to round they are made alike.
    """
    lines: dict[object, list[Op]] = {}
    for op in ops:
        if op.place and trail.base(op) in UPDATING and op.outputs:
            made = tuple(trail.base(m) for t in op.inputs if (m := trail.maker(t)))
            line = (op.place.path, op.place.line)
            lines.setdefault((*line, trail.base(op), op.outputs[0].shape, made), []).append(op)
    repeated = [members for members in lines.values() if len(members) >= ROUNDS]
    for members in sorted(repeated, key=_breadth):
        yield from _rounds(trail, members, ops)


def _breadth(members: list[Op]) -> tuple[int, bool]:
    """States with many axes first, and sums before differences."""
    return -len(members[0].outputs[0].shape), ".sub" in members[0].name


def _rounds(trail: Trail, members: list[Op], ops: Sequence[Op]) -> Iterator[Loop]:
    """A loop, if the last rounds of a line depend on each other; several lines' ops may mix."""
    last = members[-1]
    for other in reversed(members[-5:-1]):
        path = _way(trail, last, other)
        if path is None or last.outputs[0].shape != other.outputs[0].shape:
            continue
        first = next(
            (m for m in reversed(members[: members.index(other)]) if _way(trail, other, m)), None
        )
        if first is None:
            continue
        low, high = trail.order[other.id], trail.order[last.id]
        body = [op for op in ops if low < trail.order[op.id] <= high]
        yield Loop(other, last, body, path)
        return


def _way(trail: Trail, op: Op, goal: Op) -> list[Op] | None:
    """The ops from a goal to an op that depends on it, as far as no weights come between."""
    came: dict[int, Op] = {}
    waiting, seen = [op], {op.id}
    for current in waiting:
        for tensor in current.inputs:
            maker = trail.maker(tensor)
            if (
                maker is None
                or maker.id in seen
                or (not trail.before(goal, maker) and maker is not goal)
            ):
                continue
            seen.add(maker.id)
            came[maker.id] = current
            if maker is goal:
                return _path(came, goal, op)
            if len(seen) < REACH and not _ends(trail, maker):
                waiting.append(maker)
    return None


def _path(came: dict[int, Op], goal: Op, op: Op) -> list[Op]:
    found, current = [], goal
    while current is not op:
        current = came[current.id]
        found.append(current)
    return found


def _ends(trail: Trail, op: Op) -> bool:
    """Whether an op puts weights between rounds, as cells of other networks do."""
    name = trail.base(op)
    if name in PROJECTING | CONVOLVING | SOFTMAX:
        return True
    made = product(trail, op)
    return made is not None and bool(made.summed) and not all(trail.flows(t) for t in op.inputs)


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
        if any(t.source in found for t in op.inputs) and product_free(trail, op):
            found.add(op.id)
    return found


def product_free(trail: Trail, op: Op) -> bool:
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
