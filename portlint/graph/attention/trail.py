"""The ops of one level, and the ways between them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import msgspec

from portlint.graph.attention.names import DROPPING, VIEWS, base
from portlint.graph.attention.pairs import paired
from portlint.graph.view import View
from portlint.record import Op, Pattern, Tensor

WRITING = frozenset("index_copy slice_scatter copy scatter select_scatter index_put".split())
FLOWING = ("activation", "input")
SHAPED = frozenset("reshape_as view_as expand_as type_as".split())
"""Take no more than shape or type from their second operand."""
FRESH = frozenset("new_zeros new_empty new_full zeros empty full zeros_like empty_like".split())
"""Make memory that is written into later."""


class Trail:
    """A view as attention is looked for in it: the semantic level where there is one."""

    def __init__(self, view: View) -> None:
        self.view = view
        levels = view.levels
        fresh = itertools.count(-1, -1)
        ops = levels.get("aten") or levels.get("core") or []
        self.ops = [made for op in ops if op.inside is None for made in paired(_own(op), fresh)]
        self.by_id = {op.id: op for op in self.ops}
        self.order = {op.id: number for number, op in enumerate(self.ops)}
        self.bases = {op.id: base(op) for op in self.ops}
        self.patterns: dict[int | str, Pattern] = {p.of: p for p in view.trace.patterns}

    def maker(self, tensor: Tensor) -> Op | None:
        """The op of this level that made a tensor."""
        return self.by_id.get(tensor.source) if tensor.source is not None else None

    def base(self, op: Op) -> str:
        """The short name of an op."""
        return self.bases[op.id]

    @functools.cached_property
    def _users(self) -> dict[int, list[Op]]:
        users: dict[int, list[Op]] = {}
        for op in self.ops:
            for tensor in op.inputs:
                if tensor.source is not None:
                    known = users.setdefault(tensor.source, [])
                    if not known or known[-1] is not op:
                        known.append(op)
        return users

    def users(self, op: Op) -> list[Op]:
        """The ops of this level that take what an op gives."""
        return self._users.get(op.id, [])

    @functools.cached_property
    def drops(self) -> list[Op]:
        """The ops of a training graph that drop elements at random; the semantic one has none."""
        joint = self.view.levels.get("joint", []) if self.view.trace.training else []
        return [op for op in joint if base(op) in DROPPING and not op.backward and op.outputs]

    def before(self, one: Op, other: Op) -> bool:
        """Whether one op ran before another."""
        return self.order[one.id] < self.order[other.id]

    @functools.cached_property
    def written(self) -> dict[str, Tensor]:
        """The buffers that the model writes into (caches), and what it writes."""
        found = {}
        for op in self.ops:
            if self.bases[op.id] in WRITING and op.inputs and op.inputs[0].origin == "buffer":
                found[op.inputs[0].name] = op.inputs[-1]
        return found

    @functools.cached_property
    def filled(self) -> dict[int, list[Tensor]]:
        """What is copied into fresh memory or views of it, by the op that made the memory."""
        found: dict[int, list[Tensor]] = {}
        for op in self.ops:
            if op.name == "aten.copy_.default" and len(op.inputs) > 1:
                into = self.maker(op.inputs[0])
                while into is not None and self.base(into) in VIEWS and into.inputs:
                    into = self.maker(into.inputs[0])
                if into is not None and self.base(into) in FRESH:
                    found.setdefault(into.id, []).append(op.inputs[1])
        return found

    def flows(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on what the model is given, and not on its weights alone."""
        cached = tensor.origin == "buffer" and tensor.name in self.written
        return tensor.origin in FLOWING or cached

    def pattern(self, tensor: Tensor) -> Pattern | None:
        """What is known of the numbers in a tensor."""
        return self.patterns.get(tensor.name if tensor.source is None else tensor.source)

    def back(self, tensor: Tensor, limit: int) -> Iterator[Op]:
        """The ops a tensor is made by, near ones first, at most `limit` of them."""
        waiting, seen = [tensor], set[int]()
        for current in waiting:
            op = self.maker(current)
            if op is None or op.id in seen:
                continue
            if len(seen) == limit:
                return
            seen.add(op.id)
            yield op
            waiting += op.inputs


def _own(op: Op) -> Op:
    """An op without the operand that only lends its shape."""
    if len(op.inputs) > 1 and base(op) in SHAPED:
        return msgspec.structs.replace(op, inputs=op.inputs[:1])
    return op


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two operands are one tensor."""
    if one.source is None or other.source is None:
        return (one.source, one.origin, one.name) == (other.source, other.origin, other.name)
    return (one.source, one.part) == (other.source, other.part)
