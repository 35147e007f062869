"""A finding -> its line of code, fitted into a width, and the carets below it."""

from typing import NamedTuple

from portlint.model import Finding
from portlint.render.words import visible

LEAST = 24
"""Cells a line of code gets on the narrowest terminal."""


class Parts(NamedTuple):
    """A line of code around what a finding speaks of: safe to print, without its indentation."""

    before: str
    marked: str
    after: str


class Frame(NamedTuple):
    """The line, the space below it up to the marked part, and the carets (may be empty)."""

    code: str
    space: str
    carets: str


def parts(finding: Finding) -> Parts | None:
    """The line in three parts; None where there is no code to show.

    A snippet may end before the place: then nothing is marked.
    """
    code = finding.snippet.replace("\t", " ").rstrip()
    if not code.strip():
        return None
    indent = len(code) - len(code.lstrip())
    place = finding.cell or finding
    start = max(place.column - 1, indent)
    end = place.end_column - 1 if place.end_line == place.line else len(code)
    pieces = (code[indent:start], code[start : max(start, end)], code[max(start, end) :])
    return Parts(*map(visible, pieces))


def frame(finding: Finding, width: int) -> Frame | None:
    """The line cut to `width` cells around the marked part."""
    found = parts(finding)
    if found is None:
        return None
    room = max(LEAST, width)
    marked = _head(found.marked, max(room * 2 // 3, room - _cells(found.before + found.after)))
    before = _tail(found.before, room - _cells(marked) - min(_cells(found.after), room // 6))
    after = _head(found.after, room - _cells(before + marked))
    return Frame(before + marked + after, " " * _cells(before), "^" * _cells(marked))


def _cells(text: str) -> int:
    """Columns of a terminal: wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _head(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    end = next(i for i in range(len(text), -1, -1) if _cells(text[:i]) < max(room, 1))
    return text[:end] + "…"


def _tail(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    start = next(i for i in range(len(text) + 1) if _cells(text[i:]) < max(room, 1))
    return "…" + text[start:]
