"""What libcst reads -> the same in our nodes: strings with expressions, and newer grammars."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import libcst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from portlint.errors import Unreadable
from portlint.model import Span
from portlint.source import cst

SAME = {"LazyImport": "Import", "LazyImportFrom": "ImportFrom"}
"""Kinds of theirs that bind and run what others do, only later."""


class Read:
    """A text as libcst reads it; `nodes` are its statements. Raises Unreadable."""

    def __init__(self, text: str) -> None:
        self.tree = _parsed(text)
        self._theirs: dict[int, libcst.CSTNode] = {}
        self.nodes = [self._node(statement) for statement in self.tree.body]

    def _node(self, theirs: libcst.CSTNode) -> Any:
        """The same node without blanks."""
        name = type(theirs).__name__
        kind = getattr(cst, SAME.get(name, name), None)
        if kind is None:
            raise Unreadable(f"has a {name}, which is newer than this portlint")
        ours = kind(*(self._value(getattr(theirs, name)) for name in kind.__slots__))
        self._theirs[id(ours)] = theirs
        return ours

    def _value(self, value: object) -> object:
        if isinstance(value, libcst.CSTNode):
            return self._node(value)
        if isinstance(value, tuple | list):
            return [self._value(item) for item in value]
        return value if isinstance(value, str) else None

    def spans(self, wanted: Iterable[int]) -> Mapping[int, Span]:
        """Where those of these nodes stand that are ours, by id."""
        told = self._told
        return {node: _span(told[self._theirs[node]]) for node in wanted if node in self._theirs}

    @functools.cached_property
    def _told(self) -> Mapping[libcst.CSTNode, CodeRange]:
        """Where all nodes stand: libcst tells it while it writes the tree out again."""
        return MetadataWrapper(self.tree, unsafe_skip_copy=True).resolve(PositionProvider)

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written, with the parentheses around it."""
        return self.tree.code_for_node(self._theirs[id(node)])

    def bare(self, node: cst.CSTNode) -> str:
        """The same without the parentheses."""
        theirs = self._theirs[id(node)]
        if hasattr(theirs, "lpar"):
            theirs = theirs.with_changes(lpar=(), rpar=())
        return self.tree.code_for_node(theirs)


def _span(place: CodeRange) -> Span:
    start, end = place.start, place.end
    return Span(start.line, start.column + 1, end.line, end.column + 1)


def _parsed(text: str) -> libcst.Module:
    try:
        tree = libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        place = f"{error.editor_line}:{error.editor_column}"
        raise Unreadable(f"cannot be parsed: Syntax Error @ {place}.") from error
    except RecursionError as error:
        raise Unreadable(f"cannot be parsed: {error}") from error
    if tree.code != text:
        raise Unreadable("cannot be parsed: it joins lines where none may be joined")
    return tree
