"""A trace arranged for the questions rules ask: ops by level and id, makers and users."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from portlint.graph.tables import Known
from portlint.graph.words import Word, Words, known_now, word
from portlint.model import Evidence
from portlint.record import Event, Level, Op, Place, Tensor, Trace


class GraphFound(NamedTuple):
    """What a graph detector yields; without a place the finding stands where the model is defined.

    `row` is a key of the rule's table, `key` makes findings one root cause, `message` replaces the
    rule's summary, `related` are further places with a word on each, `chips`
    the only chips it holds for (none named: all), and `evidence` stands instead of the verdict's.
    """

    place: Place | None
    symbol: str | None = None
    row: str | None = None
    value: str = ""
    message: str | None = None
    key: str | None = None
    related: tuple[tuple[Place, str], ...] = ()
    chips: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class View:
    """One trace; a detector gets it as its second argument.

    `newer` are words on operators that win over the shipped table.
    """

    def __init__(self, trace: Trace, newer: Words = MappingProxyType({})) -> None:
        self.trace = trace
        self.newer = newer
        self.by_id = {op.id: op for op in trace.ops}

    @functools.cached_property
    def levels(self) -> dict[Level, list[Op]]:
        """The ops of each level, in the order they run."""
        found: dict[Level, list[Op]] = {}
        for op in self.trace.ops:
            found.setdefault(op.level, []).append(op)
        return found

    @functools.cached_property
    def _users(self) -> dict[int, list[Op]]:
        users: dict[int, list[Op]] = {}
        for op in self.trace.ops:
            for source in {t.source for t in op.inputs if t.source is not None}:
                users.setdefault(source, []).append(op)
        return users

    def known(self, op: Op, name: str = "") -> Known:
        """What is known of an op, or of the composite `name` that it came from."""
        return known_now(op, name or op.name, self.newer)

    def word(self, op: Op) -> Word | None:
        """The newer word on an op, which the shipped table does not have."""
        return word(op, op.name, self.newer)

    def users(self, op: Op) -> Sequence[Op]:
        """The ops of the same level that take an output of this one."""
        return self._users.get(op.id, ())

    def maker(self, tensor: Tensor) -> Op | None:
        """The op that made a tensor; None for parameters, buffers, inputs and constants."""
        return self.by_id.get(tensor.source) if tensor.source is not None else None

    def events(self, *kinds: str) -> list[Event]:
        """The events of these kinds, in order."""
        return [event for event in self.trace.events if event.kind in kinds]
