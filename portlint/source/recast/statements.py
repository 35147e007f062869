"""Statements of `ast` -> nodes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from portlint.errors import Unreadable
from portlint.source.recast import make
from portlint.source.recast.compound import COMPOUND, Function
from portlint.source.recast.expressions import Expressions, Unknown
from portlint.source.recast.formatted import Odd, formatted, unread
from portlint.source.recast.small import SMALL
from portlint.source.recast.written import (
    Placed,
    Stretch,
    Written,
    before,
    until,
)

if TYPE_CHECKING:
    from portlint.source.recast.parsed import Read


ODD = 20_000
"""Characters of odd strings that libcst reads in one file: of calls of calls a thousand cost it
a second. Of 6563 files of vllm, pytorch and deepspeed none has two hundred.
"""
LONGEST = 2_000
"""Characters of one of them."""


class Statements(Expressions):
    """Makes statements; of functions that are `stubs` only the name."""

    def __init__(self, written: Written, stubs: Collection[int] = frozenset()) -> None:
        super().__init__(written)
        self.stubs = stubs
        self.read: list[tuple[Read, Stretch]] = []
        self.odd = ODD

    def block(self, nodes: Sequence[ast.stmt]) -> list[Any]:
        """Statements of one block; simple ones that share a line are one."""
        found: list[Any] = []
        first, end = ast.stmt(), 0
        for node in nodes:
            small = SMALL.get(type(node))
            if small is None:
                found.append(self.compound(node))
                continue
            made = self.put(small(self, node), node)
            if node.lineno == end:
                found[-1].body.append(made)
                self.put(found[-1], until(first, node))
            else:
                found.append(self.put(make.SimpleStatementLine([made]), node))
                first = node
            end = node.end_lineno or node.lineno
        return found

    def compound(self, node: ast.stmt) -> Any:
        """A statement with blocks."""
        caster = COMPOUND.get(type(node))
        if caster is None:
            raise Unknown(type(node).__name__)
        return self.put(caster(self, node), node)

    def whole(self, node: Function) -> Any:
        """A function with its body, even if it is one of the stubs."""
        stubs, self.stubs = self.stubs, frozenset()
        try:
            return self.compound(node)
        finally:
            self.stubs = stubs

    def suite(self, nodes: Sequence[ast.stmt]) -> Any:
        """A block below a statement, or what stands on its line."""
        found = self.block(nodes)
        if type(nodes[0]) in SMALL and not self.written.is_first(nodes[0]):
            return make.SimpleStatementSuite(found[0].body)
        return make.IndentedBlock(found)

    def orelse(self, nodes: Sequence[ast.stmt]) -> Any:
        """The block of an `else`, where there is one."""
        return make.Else(self.suite(nodes)) if nodes else None

    def formatted(self, text: str, place: Stretch) -> Any:
        """A string with expressions."""
        try:
            return formatted(self, text, place)
        except Odd:
            return self._odd(text, place)

    def _odd(self, text: str, place: Stretch) -> Any:
        """A string that libcst reads, unless it is too long or libcst cannot."""
        from portlint.source.recast.parsed import Read  # half of what a short run costs

        self.odd -= len(text)
        if self.odd < 0 or len(text) > LONGEST:
            return unread(self, text, place)
        try:
            read = Read(f"{text}\n")
        except Unreadable:
            return unread(self, text, place)
        self.read.append((read, place))
        return read.nodes[0].body[0].value

    def decorators(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """What stands before a definition."""
        return [self.put(make.Decorator(self.expr(node)), before(node, "@")) for node in nodes]

    def name(self, text: str, place: Placed) -> Any:
        """A name that is no expression: that of a definition, or after `as`."""
        return self.put(make.Name(text), place)
