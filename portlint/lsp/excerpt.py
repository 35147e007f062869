"""A long Python file with a change in one function -> the little that a first answer needs.

Whole files of thousands of lines take longer than a pause in typing. What the rest of the file says
was found before and only moves; the function is read with all other bodies left out. A run over
the whole file follows, because the rest may depend on the function too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from portlint.model import Finding

LONG = 800
"""Lines from which a first answer is worth having."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Excerpt(NamedTuple):
    """The text to read, and the lines of it that were changed: the function's, from 1.

    `down` is by how many lines all that stands below has moved.
    """

    text: str
    first: int
    last: int
    down: int

    def merged(self, before: Sequence[Finding], now: Sequence[Finding]) -> list[Finding]:
        """What was found before outside of the function, and now in it."""
        end = self.last - self.down
        kept = [_moved(f, end, self.down) for f in before if not self.first <= f.line <= end]
        fresh = [f for f in now if self.first <= f.line <= self.last]
        return sorted([*kept, *fresh], key=lambda f: f.sort_key)


def excerpt(before: str, after: str, tree: ast.Module) -> Excerpt | None:
    """The function that a change is within; None where it is not within one, or the file short."""
    old, new = before.split("\n"), after.split("\n")
    if len(new) < LONG or old == new or "\r" in after.replace("\r\n", ""):
        return None
    first = _alike(old, new)
    down = len(new) - len(old)
    last = len(new) - _alike(old[first:][::-1], new[first:][::-1])
    changed = next((f for f in _functions(tree.body) if _holds(f, first + 1, last)), None)
    if changed is None or (changed.end_lineno or 0) - down < _start(changed):
        return None
    for function in _functions(tree.body):
        if function is not changed and function.name != "__init__":
            _empty(function, new)
    text = "\n".join(new)
    return Excerpt(text, _start(changed), changed.end_lineno or changed.lineno, down)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the start."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _functions(body: Sequence[ast.stmt]) -> Iterator[Function]:
    """The functions of a module and the methods of its classes."""
    for node in body:
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body)


def _start(function: Function) -> int:
    return min([function.lineno, *(d.lineno for d in function.decorator_list)])


def _holds(function: Function, first: int, last: int) -> bool:
    """Whether the lines are in the body: a signature can concern those who call it."""
    return function.body[0].lineno <= first and max(first, last) <= (function.end_lineno or 0)


def _empty(function: Function, lines: list[str]) -> None:
    """Leave out a body, if it has lines of its own."""
    head = function.body[0]
    if head.lineno == function.lineno or lines[head.lineno - 1][: head.col_offset].strip():
        return
    end = function.end_lineno or head.lineno
    lines[head.lineno - 1 : end] = [
        f"{' ' * head.col_offset}...",
        *[""] * (end - head.lineno),
    ]


def _moved(finding: Finding, end: int, down: int) -> Finding:
    """A finding where its line is now."""
    related = tuple(
        msgspec.structs.replace(place, line=place.line + down)
        if place.path == finding.path and place.line > end
        else place
        for place in finding.related
    )
    if finding.line <= end:
        return msgspec.structs.replace(finding, related=related)
    return msgspec.structs.replace(
        finding, line=finding.line + down, end_line=finding.end_line + down, related=related
    )
