"""Slices of a file -> the trees that the walk goes through, where their nodes stand, how written.

They are made of what Python's own parser has read. Where that is not to be had (a newer grammar
than that of the interpreter, nesting too deep for it), libcst reads the file as a whole.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from portlint.model import Span
from portlint.source import cst
from portlint.source.recast.expressions import Unknown
from portlint.source.recast.places import Places
from portlint.source.recast.statements import Statements
from portlint.source.recast.written import Written
from portlint.source.slicing import Slice


class Part(NamedTuple):
    """A slice and its statements as nodes."""

    slice: Slice
    statements: Sequence[Any]


class Trees(Protocol):
    """The trees of a file, of which `cast` can make more."""

    parts: list[Part]
    cast: Statements

    def spans(self, nodes: Iterable[cst.CSTNode]) -> Mapping[int, Span]:
        """Where nodes stand, by their ids."""

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written."""

    def bare(self, node: cst.CSTNode) -> str:
        """How a node is written, without parentheses around it."""


class Recast(Places):
    """Trees made from Python's own."""

    def __init__(self, text: str, parts: Sequence[Slice]) -> None:
        stubs = {id(stub) for part in parts for stub in part.stubs}
        super().__init__(Statements(Written(text), stubs))
        self.parts = [Part(part, self.cast.block(part.statements)) for part in parts]


class Whole:
    """All of a file, as libcst reads it."""

    def __init__(self, text: str) -> None:
        from portlint.source.recast.parsed import Read  # half of what a short run costs

        self.read = Read(text)
        self.cast = Statements(Written(text))
        self.parts = [Part(Slice(()), self.read.nodes)]

    def spans(self, nodes: Iterable[cst.CSTNode]) -> Mapping[int, Span]:
        """Where nodes stand, by their ids."""
        return self.read.spans({id(node) for node in nodes})

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written."""
        return self.read.code(node)

    def bare(self, node: cst.CSTNode) -> str:
        """How a node is written, without parentheses around it."""
        return self.read.bare(node)


def trees(text: str, module: ast.Module | None, parts: Sequence[Slice]) -> Trees:
    """The trees of slices of this module, or of all the text. Raises Unreadable."""
    if module is not None:
        with contextlib.suppress(Unknown):
            return Recast(text, parts)
    return Whole(text)
