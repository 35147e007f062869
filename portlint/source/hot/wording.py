"""The text of a node as it stands in the file."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence


class Wording:
    """The lines of a file; columns of `ast` count bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.describes = "Metadata" in text

    @functools.cached_property
    def lines(self) -> list[bytes]:
        """Split where they are asked for."""
        return self.text.encode("utf-8", "surrogatepass").split(b"\n")

    def of(self, node: ast.expr) -> str:
        """The text of an expression, without parentheses around it."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first == last:
            return _decoded(self.lines[first][node.col_offset : node.end_col_offset])
        parts = [self.lines[first][node.col_offset :], *self.lines[first + 1 : last]]
        return _decoded(b"\n".join([*parts, self.lines[last][: node.end_col_offset]]))

    def spells(self, node: ast.stmt, words: Sequence[bytes]) -> bool:
        """Whether one of these words stands in the lines of a statement."""
        lines = b"\n".join(self.lines[node.lineno - 1 : node.end_lineno])
        return any(word in lines for word in words)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
