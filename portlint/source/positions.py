"""Nodes of interest -> spans in the file, computed only for the slices that hold one.

libcst tells positions while it writes a tree out again. Its own provider makes a value of line and
column for every node and visits the whole tree besides; here a node is two numbers of tokens, and
writing ends with the last node of interest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

from portlint.model import Span

NEWLINE = "\n"
"""What ends the lines of every text that is read."""


class Piece(NamedTuple):
    """A parsed slice of a file: the lines of the file that its lines are, and its tree."""

    numbers: Sequence[int]
    tree: cst.Module


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


def positions(pieces: Sequence[Piece], wanted: set[int], tops: set[int]) -> dict[int, Span]:
    """The spans of wanted nodes by id; `tops` are ids of top-level statements that hold most.

    Writing costs several times what parsing does, so slices without a wanted node are not asked,
    and the others are asked first.
    """
    found: dict[int, Span] = {}
    for piece in sorted(pieces, key=lambda piece: tops.isdisjoint(map(id, piece.tree.body))):
        if len(found) == len(wanted):
            break
        found |= _spans(piece, wanted - found.keys())
    return found


def _spans(piece: Piece, wanted: set[int]) -> dict[int, Span]:
    """The spans of the nodes that a slice holds."""
    writing = _Writing(piece.tree, wanted)
    with suppress(_Done):
        piece.tree._codegen(writing)
    ranges = {node: writing.ranges[node] for node in wanted if node in writing.ranges}
    places = _places(writing.tokens, {at for range_ in ranges.values() for at in range_})
    numbers = [*piece.numbers, piece.numbers[-1] + 1]
    spans = {}
    for node, (first, last) in ranges.items():
        (line, column), (end_line, end_column) = places[first], places[last]
        spans[node] = Span(numbers[line - 1], column, numbers[end_line - 1], end_column)
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
