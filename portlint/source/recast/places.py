"""Nodes of a recast tree -> where they stand and how they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from portlint.model import Span
from portlint.source import cst
from portlint.source.nodes import children
from portlint.source.recast.statements import Statements
from portlint.source.recast.written import Placed, Stretch, Through, moved, tail

HOLDERS = frozenset(
    (
        cst.Arg,
        cst.AssignTarget,
        cst.Element,
        cst.Index,
        cst.StarredDictElement,
        cst.SubscriptElement,
    )
)
"""Nodes that hold an expression with the parentheses around it."""


class Places:
    """Where the nodes that were recast stand."""

    def __init__(self, cast: Statements) -> None:
        self.cast = cast
        self.written = cast.written

    def spans(self, nodes: Iterable[cst.CSTNode]) -> dict[int, Span]:
        """The spans of nodes, by their ids."""
        found: dict[int, Span] = {}
        left = set()
        for node in nodes:
            span = self._span(node)
            if span is None:
                left.add(id(node))
            else:
                found[id(node)] = span
        return found | self._read(left) if left else found

    def _span(self, node: cst.CSTNode) -> Span | None:
        """Where a node stands, or else all that it holds."""
        place = self.cast.at.get(id(node))
        if isinstance(place, Through):
            begin, end = self.written.span(place.first), self.written.enclosed(place.last)
            return Span(begin.line, begin.column, end.end_line, end.end_column)
        if place is not None and type(node) in HOLDERS:
            return self._held(node, place)
        if place is not None:
            return self.written.span(self._exactly(node, place))
        inner = [span for child in children(node) if (span := self._span(child)) is not None]
        if not inner:
            return None
        last = max((span.end_line, span.end_column) for span in inner)
        return Span(inner[0].line, inner[0].column, *last)

    def _held(self, node: cst.CSTNode, place: Placed) -> Span:
        """Where something stands that holds an expression with its parentheses."""
        if isinstance(node, cst.Arg) and isinstance(place, ast.GeneratorExp):
            own = self.written.before(place).rstrip().endswith(("(", ","))
            return self.written.span(place if own else self._inner(place))
        span = self.written.enclosed(place)
        stars = len("**") if isinstance(node, cst.StarredDictElement) else 0
        return span._replace(column=span.column - stars)

    def _exactly(self, node: cst.CSTNode, place: Placed) -> Placed:
        """The place without what is not counted to a node."""
        match node, place:
            case cst.Name(), ast.Attribute():
                return tail(place)
            case cst.Tuple(), ast.Tuple() if not self.written.is_bare(place):
                return self._inner(place)
            case cst.GeneratorExp(), ast.GeneratorExp():
                return self._inner(place)
        return place

    def _inner(self, place: ast.expr) -> Stretch:
        """What stands within parentheses."""
        text = self.written.of(place)
        start = len(text) - len(text[1:].lstrip())
        line, column = moved(place.lineno, place.col_offset, text[:start])
        return Stretch(line, column, *moved(line, column, text[start:-1].rstrip()))

    def _read(self, wanted: set[int]) -> dict[int, Span]:
        """Spans in strings that libcst has read."""
        found: dict[int, Span] = {}
        for read, place in self.cast.read:
            begin = self.written.span(place)
            found |= {node: _moved(span, begin) for node, span in read.spans(wanted).items()}
        return found

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written, with the parentheses around it."""
        place = self.cast.at.get(id(node))
        if place is None or isinstance(place, Through):
            return self.bare(node)
        return self.written.within(self.written.enclosed(place))

    def bare(self, node: cst.CSTNode) -> str:
        """How a node is written, without parentheses around it."""
        span = self.spans([node]).get(id(node))
        return "" if span is None else self.written.within(span)


def _moved(span: Span, begin: Span) -> Span:
    """A span in a text, for a text that begins here."""
    first, last = (
        column + begin.column - 1 if line == 1 else column
        for line, column in ((span.line, span.column), (span.end_line, span.end_column))
    )
    return Span(span.line + begin.line - 1, first, span.end_line + begin.line - 1, last)
