"""A finding -> where a comment that silences it can stand, if its kind of file has any.

What is proposed was tried: the text with the comment in it is read as the engine reads it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.errors import Unreadable
from portlint.notebook.read import read
from portlint.suppress import COMMENT, ignores

REASON = "reason"
SLASHES = frozenset({"cuda", "cpp"})
NO_COMMENTS = frozenset({"json", "weights"})
ABOVE = frozenset({"dockerfile", "setupcfg", "pbtxt", "yaml"})
"""Kinds whose comments need, or had better have, a line of their own."""
CONTINUES = frozenset({"shell", "requirements", "cuda", "cpp", "python"})
"""Kinds in which a line that ends in a backslash goes on, and takes no comment in between."""
HEAD = re.compile(
    r"#!|#.*coding[:=]|#\s*(?:syntax|escape|check)\s*=|<\?xml|%YAML|\ufeff?#!", re.IGNORECASE
)
"""Lines at the start of a file that must stay there."""
FOLDED = re.compile(r"[:\-]\s*>[+\-\d]*\s*(?:#.*)?$")
TRIED = 12
"""Lines of a long finding that are tried."""
CODE_OF_NOTEBOOK = re.compile(r'^(?P<code>\s*"(?:[^"\\]|\\.)*?)(?P<end>(?:\\n)?",?\s*)$')


class Edit(NamedTuple):
    """Text to put in place of what stands on a line (from 0) between two columns (from 0)."""

    line: int
    start: int
    end: int
    text: str


def on_line(rows: Sequence[str], kind: str, first: int, last: int, code: str) -> Edit | None:
    """The comment for the lines `first` to `last` (from 1); None where there can be none."""
    if kind in NO_COMMENTS or (kind == "yaml" and rows[0].lstrip()[:1] in ("{", "[")):
        return None
    for edit in _candidates(rows, kind, first, min(last, first + TRIED, len(rows)), code):
        if _silences(edit, rows, kind, first, last, code):
            return edit
    return None


def in_file(rows: Sequence[str], kind: str, code: str) -> Edit | None:
    """The comment for the whole file; None where there can be none."""
    if kind in NO_COMMENTS or kind == "notebook":
        return None
    at = 0
    while at < min(2, len(rows)) and HEAD.match(rows[at]):
        at += 1
    edit = Edit(at, 0, 0, f"{sign(kind)} portlint: ignore-file[{code}] {REASON}\n")
    marks = ignores(_applied(edit, rows), kind == "python")
    return edit if any(m.whole_file and m.covers(1, 1, code) for m in marks) else None


def sign(kind: str) -> str:
    """What begins a comment."""
    return "//" if kind in SLASHES else "#"


def _candidates(rows: Sequence[str], kind: str, first: int, last: int, code: str) -> Iterator[Edit]:
    lines = range(first, last + 1)
    yield from (edit for at in lines if (edit := _widened(rows[at - 1], at, code)))
    comment = f"{sign(kind)} portlint: ignore[{code}] {REASON}"
    if kind == "notebook":
        if match := CODE_OF_NOTEBOOK.match(rows[first - 1]):
            yield Edit(first - 1, match.end("code"), match.end("code"), f"  {comment}")
        return
    if kind in ABOVE:
        row = rows[first - 1]
        indent = row[: len(row) - len(row.lstrip())]
        if not (kind == "yaml" and _folded(rows, first)):
            yield Edit(first - 1, 0, 0, f"{indent}{comment}\n")
        return
    for at in lines:
        row = rows[at - 1]
        if row.strip() and not (kind in CONTINUES and row.endswith("\\")):
            end = len(row.rstrip())
            yield Edit(at - 1, end, len(row), f"  {comment}")


def _widened(row: str, line: int, code: str) -> Edit | None:
    """One more code in a comment that is there already."""
    for match in COMMENT.finditer(row):
        if match["scope"] == "ignore" and match["codes"]:
            end = match.end("codes")
            return Edit(line - 1, end, end, f", {code}")
    return None


def _folded(rows: Sequence[str], line: int) -> bool:
    """Whether a line of YAML is part of a folded text, where a comment would swallow the rest."""
    row = rows[line - 1]
    depth = len(row) - len(row.lstrip())
    for above in reversed(rows[: line - 1]):
        indent = len(above) - len(above.lstrip())
        if above.strip() and indent < depth:
            if FOLDED.search(above):
                return True
            depth = indent
    return rows[line - 2].endswith("\\") if line > 1 else False


def _silences(edit: Edit, rows: Sequence[str], kind: str, first: int, last: int, code: str) -> bool:
    text = _applied(edit, rows)
    down = edit.text.count("\n")
    if kind == "notebook":
        return _silences_cell(text, first, code)
    if kind == "pyproject" and _toml(text) != _toml("\n".join(rows)):
        return False
    marks = ignores(text, kind == "python")
    if kind == "python" and rows[first - 1].lstrip()[:1] in ("!", "%"):
        marks += ignores(text, False)
    return any(m.covers(first + down, last + down, code) and not m.whole_file for m in marks)


def _silences_cell(text: str, row: int, code: str) -> bool:
    """Whether the program of a notebook has the comment on the line that stands at `row`."""
    try:
        notebook = read(text)
    except Unreadable:
        return False
    marks = ignores(notebook.python, True) + ignores(notebook.shell, False)
    at = [number for number, line in enumerate(notebook.lines, 1) if line.at == row]
    return any(mark.covers(number, number, code) for mark in marks for number in at)


def _toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _applied(edit: Edit, rows: Sequence[str]) -> str:
    new = [*rows] or [""]
    row = new[edit.line] if edit.line < len(new) else ""
    changed = row[: edit.start] + edit.text + row[edit.end :]
    if edit.line < len(new):
        new[edit.line] = changed
    else:
        new.append(changed)
    return "\n".join(new)
