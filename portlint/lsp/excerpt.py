"""A long Python file with a change in it -> the little that a first answer needs.

Whole files of thousands of lines take longer than a pause in typing. What the rest of the file says
was found before and only moves. Read are the statements that the change touches and the functions
that name what these bind, with all other bodies left out. A run over the whole file follows,
because the rest may depend on the change in other ways.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.lsp.change import Change, carried, change
from portlint.lsp.touched import Function, bound, end, functions, others, start, touched
from portlint.model import Finding

LONG = 800
"""Lines from which a first answer is worth having, and that it may read."""
COMMENT = "portlint:"
"""What a comment says that may silence the whole file."""


class Excerpt(NamedTuple):
    """The text to read, the lines of it (from 1) that are news, and how the rest has moved."""

    text: str
    news: frozenset[int]
    change: Change

    def merged(self, before: Sequence[Finding], now: Sequence[Finding]) -> list[Finding]:
        """What was found before outside of the lines that are news, and now in them."""
        moved = (carried(finding, self.change) for finding in before)
        kept = [f for f in moved if f is not None and f.line not in self.news]
        fresh = [f for f in now if f.line in self.news]
        return sorted([*kept, *fresh], key=lambda f: f.sort_key)


def excerpt(before: str, after: str, tree: ast.Module) -> Excerpt | None:
    """What to read of a change; None where it may concern all of the file, or the file is short."""
    old, new = before.split("\n"), after.split("\n")
    if len(new) < LONG or old == new or "\r" in after.replace("\r\n", ""):
        return None
    what = change(old, new)
    first, last = what.before
    if any(COMMENT in row for row in (*new[what.first - 1 : what.last], *old[first - 1 : last])):
        return None
    every = list(functions(tree.body))
    within = next((function for function in every if _holds(function, what)), None)
    news = _lines([within]) if within is not None else _concerned(before, new, tree, what)
    if news is None:
        return None
    for function in every:
        if start(function) not in news and function.name != "__init__":
            _empty(function, new)
    return Excerpt("\n".join(new), news, what)


def _holds(function: Function, what: Change) -> bool:
    """Whether a change is in the body: a signature can concern those who call it."""
    return function.body[0].lineno <= what.first and max(what.first, what.last) <= end(function)


def _concerned(
    before: str, rows: Sequence[str], tree: ast.Module, what: Change
) -> frozenset[int] | None:
    """The lines of what is touched, and of what names that which it binds; None for too many."""
    here = list(touched(tree.body, what.first, what.last))
    try:
        gone = list(touched(ast.parse(before.removeprefix("\ufeff")).body, *what.before))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = {name for node in (*here, *gone) for name in bound(node)}
    found = _lines([*here, *_naming(names, rows, tree)])
    return None if "*" in names or len(found) > LONG else found


def _naming(names: set[str], rows: Sequence[str], tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that name one of these, or what such a statement binds, and the functions."""
    left = list(others(tree.body))
    while True:
        search = _any_of(names).search
        met = [node for node in left if search(_text(node, rows))]
        if not met:
            break
        yield from met
        left = [node for node in left if node not in met]
        names = names.union(name for node in met for name in bound(node))
    yield from (function for function in functions(tree.body) if search(_text(function, rows)))


def _any_of(names: set[str]) -> re.Pattern[str]:
    """A search for these names as whole words; for none of them it finds nothing."""
    words = "|".join(sorted(map(re.escape, names)))
    return re.compile(rf"\b(?:{words})\b" if names else r"(?!)")


def _lines(nodes: Iterable[ast.stmt]) -> frozenset[int]:
    return frozenset(n for node in nodes for n in range(start(node), end(node) + 1))


def _text(node: ast.stmt, rows: Sequence[str]) -> str:
    return "\n".join(rows[start(node) - 1 : end(node)])


def _empty(function: Function, lines: list[str]) -> None:
    """Leave out a body, if it has lines of its own."""
    head = function.body[0]
    if head.lineno == function.lineno or lines[head.lineno - 1][: head.col_offset].strip():
        return
    lines[head.lineno - 1 : end(function)] = [
        f"{' ' * head.col_offset}...",
        *[""] * (end(function) - head.lineno),
    ]
