"""A recurrence that was unrolled: lines that repeat, each round on what the last one made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from portlint.graph.attention.names import CONVOLVING, PROJECTING, SOFTMAX
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
