"""Nodes of a tree that libcst has read -> spans in the file.

libcst tells positions while it writes a tree out again. Its own provider makes a value of line and
column for every node and visits the whole tree besides; here a node is two numbers of tokens, and
writing ends with the last node of interest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import libcst as cst
from libcst._nodes.internal import CodegenState

from portlint.model import Span

NEWLINE = "\n"
"""What ends the lines of every text that is read."""


class _Done(Exception):
    """All nodes of interest have been written."""


class _Writing(CodegenState):
    """The tokens of a tree, and between which of them each node stands, by id.

    Some nodes end where another one does; that one was written before.
    """

    def __init__(self, tree: cst.Module, wanted: set[int]) -> None:
        super().__init__(tree.default_indent, tree.default_newline)
        self.wanted = wanted
        self.left = len(wanted)
        self.starts: list[int] = []
        self.ranges: dict[int, tuple[int, int]] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self.starts.pop()
        if id(node) not in self.ranges:
            self._add(node, start, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Iterator[None]:
        start = len(self.tokens)
        yield
        begin = self.ranges[id(start_node)][0] if start_node is not None else start
        end = self.ranges[id(end_node)][1] if end_node is not None else len(self.tokens)
        self._add(node, begin, end)

    def _add(self, node: cst.CSTNode, start: int, end: int) -> None:
        self.ranges[id(node)] = (start, end)
        if id(node) in self.wanted:
            self.left -= 1
            if not self.left:
                raise _Done


def positions(tree: cst.Module, wanted: set[int]) -> dict[int, Span]:
    """The spans of those of the wanted nodes that the tree holds, by id."""
    writing = _Writing(tree, wanted)
    with suppress(_Done):
        tree._codegen(writing)
    ranges = {node: writing.ranges[node] for node in wanted if node in writing.ranges}
    places = _places(writing.tokens, {at for range_ in ranges.values() for at in range_})
    spans = {}
    for node, (first, last) in ranges.items():
        (line, column), (end_line, end_column) = places[first], places[last]
        spans[node] = Span(line, column, end_line, end_column)
    return spans


def _places(tokens: Sequence[str], counts: set[int]) -> dict[int, tuple[int, int]]:
    """Line and column (from 1) after so many tokens."""
    line = column = 1
    done = 0
    found = {}
    for count in sorted(counts):
        text = "".join(tokens[done:count])
        line += text.count(NEWLINE)
        at = text.rfind(NEWLINE)
        column = len(text) - at if at >= 0 else column + len(text)
        found[count], done = (line, column), count
    return found
