"""Slices of a file -> the trees that the walk goes through, where their nodes stand, how written.

They are made of what Python's own parser has read. Where that is not to be had (a newer grammar
than that of the interpreter, nesting too deep for it), libcst reads the file as a whole.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import libcst as cst

from portlint.errors import Unreadable
from portlint.model import Span
from portlint.source.guards import bare, code
from portlint.source.positions import positions
from portlint.source.recast.deeply import deeply
from portlint.source.recast.expressions import Unknown
from portlint.source.recast.places import Places
from portlint.source.recast.statements import Statements
from portlint.source.recast.written import Written
from portlint.source.slicing import Slice


class Part(NamedTuple):
    """A slice and its statements as libcst has them."""

    slice: Slice
    statements: Sequence[Any]


class Trees(Protocol):
    """The trees of a file, of which `cast` can make more."""

    parts: list[Part]
    cast: Statements

    def spans(self, nodes: Iterable[cst.CSTNode]) -> dict[int, Span]:
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
        with deeply():
            self.parts = [Part(part, self.cast.block(part.statements)) for part in parts]


class Read:
    """The tree that libcst makes of a file."""

    def __init__(self, text: str) -> None:
        self.tree = _parsed(text)
        if self.tree.code != text:
            raise Unreadable("cannot be parsed: it joins lines where none may be joined")
        self.cast = Statements(Written(text))
        self.parts = [Part(Slice(()), self.tree.body)]

    def spans(self, nodes: Iterable[cst.CSTNode]) -> dict[int, Span]:
        """Where nodes stand, by their ids."""
        return positions(self.tree, {id(node) for node in nodes})

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written."""
        return code(node)

    def bare(self, node: cst.CSTNode) -> str:
        """How a node is written, without parentheses around it."""
        return bare(node)


def trees(text: str, module: ast.Module | None, parts: Sequence[Slice]) -> Trees:
    """The trees of slices of this module, or of all the text. Raises Unreadable."""
    if module is not None:
        with contextlib.suppress(Unknown):
            return Recast(text, parts)
    return Read(text)


def _parsed(text: str) -> cst.Module:
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        place = f"{error.editor_line}:{error.editor_column}"
        raise Unreadable(f"cannot be parsed: Syntax Error @ {place}.") from error
    except RecursionError as error:
        raise Unreadable(f"cannot be parsed: {error}") from error
