"""Pieces of code to begin with -> all that can run with them: a call graph by names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from portlint.scope.graph import CALLED, Graph

NONE: frozenset[int] = frozenset()
Choose = Callable[[frozenset[int]], frozenset[int]]
"""The lines of a table -> those that are taken."""


class Walk:
    """What has run so far: pieces, the classes and modules that were named, classes that were made,
    names of attributes.

    `never` are methods that the workload does not call, `closed` pieces that are left out.
    """

    def __init__(
        self,
        code: Graph,
        never: frozenset[str] = frozenset(),
        closed: frozenset[int] = NONE,
        choice: Choose | None = None,
    ) -> None:
        self.code = code
        self.never = never
        self.closed = closed
        self.choice = choice
        self.ran: set[int] = set()
        self.opened: set[int] = set()
        self.made: set[int] = set()
        self.names: set[str] = set()

    def copy(self) -> Walk:
        """The same state, to go on from."""
        other = Walk(self.code, self.never, self.closed, self.choice)
        other.ran, other.opened = set(self.ran), set(self.opened)
        other.made, other.names = set(self.made), set(self.names)
        return other

    def run(self, pieces: Iterable[int]) -> Walk:
        """Follow these pieces to all that they lead to."""
        new = {piece for piece in pieces if piece not in self.ran}
        self.ran |= new
        led = self.code.edges
        while new:
            found: set[int] = set()
            for piece in new:
                edges = led(piece)
                found |= edges.runs
                for holder in edges.opens - self.opened:
                    found |= self._open(holder)
                for made in edges.makes - self.made:
                    found |= self._make(made)
                for name in edges.names - self.names:
                    found |= self._name(name)
                for table in edges.choices:
                    found |= self._take(self.choice(table) if self.choice else table)
            new = found - self.ran - self.closed
            self.ran |= new
        return self

    def _open(self, holder: int) -> set[int]:
        """A class or module is named: of its members those run whose names were seen."""
        self.opened.add(holder)
        members = self.code.members.get(holder, {})
        return {
            piece for name in members.keys() & self.names - self.never for piece in members[name]
        }

    def _make(self, made: int) -> set[int]:
        """A class may be made: what Python and torch call of it runs."""
        self.made.add(made)
        called = self.code.called(made)
        return {piece for name in called.keys() - self.never for piece in called[name]}

    def _take(self, lines: Iterable[int]) -> set[int]:
        """Lines of a table are taken: a function runs, a class is made."""
        classes = {line for line in lines if self.code.pieces[line].kind == "class"}
        found = {*lines, *(self.code.file(line).first for line in lines)}
        for line in classes:
            found |= self._open(line) | self._make(line)
        return found

    def _name(self, name: str) -> set[int]:
        """The name of an attribute is seen: it can be a member of what was opened."""
        self.names.add(name)
        if name in self.never:
            return set()
        holders = self.code.holders[name] & self.opened
        return {piece for holder in holders for piece in self.code.members[holder][name]}

    def take(self, lines: Iterable[int]) -> Walk:
        """Use what stands in these lines of a table."""
        return self.run(self._take(lines) - self.closed)

    def make(self, made: int) -> Walk:
        """Make a class and call all of its own methods."""
        members = self.code.members.get(made, {})
        own = {p for name, found in members.items() if name not in self.never for p in found}
        return self.run([made, *own, *self._open(made), *self._make(made)])

    def only(self, never: frozenset[str], called: Iterable[str]) -> set[int]:
        """What would run beyond this if only these methods were not called, and these were."""
        found = {p for name in self.never - never for p in self._held(name, name in self.names)}
        found |= {p for name in called for p in self._held(name, True)}
        return found - self.ran

    def _held(self, name: str, seen: bool) -> Iterator[int]:
        """The members of this name that a call of it would run, or torch if it was not `seen`."""
        holders = self.opened if seen else self.made if CALLED.fullmatch(name) else NONE
        for holder in self.code.holders.get(name, NONE) & holders:
            yield from self.code.members[holder][name]

    def allow(self, never: frozenset[str], pieces: Iterable[int]) -> Walk:
        """Go on with pieces, and with only these methods that are not called."""
        self.never = never
        return self.run(pieces)
