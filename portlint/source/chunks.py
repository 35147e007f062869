"""Text -> its top-level statements as pieces that are parsed one by one, where they are wanted.

Statements are told by their first column; where a piece does not parse, the whole text is read.
"""

from __future__ import annotations

import ast
import bisect
import contextlib
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.source.lines import is_word

BEGINS = re.compile(r"\n(?=[^ \t)\]}#\n])")
GOES_ON = ("else", "elif", "except", "finally", "'''", '"""')
"""What stands in the first column and begins no statement; a name that starts so joins two."""
DEFINES = ("def ", "class ", "async ", "@")


DATA = 100_000
"""Characters from which a statement that defines nothing is a table of data."""
PART = 100_000
"""Characters of a long text that are parsed at a time: Python's parser takes thirty times as much
besides the tree, until it is done."""
FAULTS = (SyntaxError, ValueError, RecursionError, MemoryError)


class Piece(NamedTuple):
    """A statement or a few: the line they start at, their text and their trees."""

    line: int
    text: str
    body: list[ast.stmt]


class Chunks:
    """The pieces of a text, each of which begins at one of `starts` and on one of `lines`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        self.lines = [1]
        self.known: dict[int, Piece] = {}
        decorated = text[:1] == "@"
        for match in BEGINS.finditer(text):
            at = match.end()
            if text.startswith(GOES_ON, at):
                continue
            if not decorated:
                self.lines.append(self.lines[-1] + text.count("\n", self.starts[-1], at))
                self.starts.append(at)
            decorated = text[at] == "@"

    def importing(self) -> Iterator[int]:
        """The pieces that import something behind a condition, or under another name."""
        for at, start in enumerate(self.starts):
            if self.text.startswith((*DEFINES, "import "), start):
                continue
            told = " as " if self.text.startswith("from ", start) else "import "
            if self.text.find(told, start, self._end(at)) >= 0:
                yield at

    def spelling(self, name: str) -> Iterator[int]:
        """The pieces that hold a name."""
        at = self.text.find(name)
        while at >= 0:
            after = at + len(name)
            if not is_word(self.text[at - 1 : at]) and not is_word(self.text[after : after + 1]):
                found = bisect.bisect_right(self.starts, at) - 1
                yield found
                after = self._end(found)
            at = self.text.find(name, after)

    def on(self, line: int) -> int:
        """The piece that a line is part of."""
        return bisect.bisect_right(self.lines, line) - 1

    def code(self) -> list[int]:
        """The pieces that are no table of data."""
        places = enumerate(self.starts)
        return [
            at
            for at, start in places
            if self._end(at) - start < DATA or self.text.startswith(DEFINES, start)
        ]

    def take(self, wanted: Iterable[int]) -> list[Piece]:
        """These pieces in their order; the whole text where one of them is broken."""
        try:
            return [self._piece(at) for at in sorted(set(wanted))]
        except FAULTS:
            if -1 not in self.known:
                self.known[-1] = Piece(1, self.text, whole_tree(self.text).body)
            return [self.known[-1]]

    def _piece(self, at: int) -> Piece:
        if at not in self.known:
            line, text = self.lines[at], self.text[self.starts[at] : self._end(at)]
            self.known[at] = Piece(line, text, parsed("\n" * (line - 1) + text).body)
        return self.known[at]

    def parts(self) -> Iterator[str]:
        """All of the text, a few pieces at a time, each on the lines where it stands."""
        first = 0
        for at, start in enumerate(self.starts):
            if self._end(at) - self.starts[first] > PART and at > first:
                yield "\n" * (self.lines[first] - 1) + self.text[self.starts[first] : start]
                first = at
        yield "\n" * (self.lines[first] - 1) + self.text[self.starts[first] :]

    def _end(self, at: int) -> int:
        return self.starts[at + 1] if at + 1 < len(self.starts) else len(self.text)


def code_tree(text: str) -> ast.Module:
    """The tree of a text without tables of data, which take a hundred times the memory of it."""
    chunks = Chunks(text) if len(text) >= DATA else None
    code = chunks.code() if chunks is not None else []
    if chunks is None or len(code) == len(chunks.starts):
        return whole_tree(text)
    return ast.Module([node for piece in chunks.take(code) for node in piece.body], [])


def whole_tree(text: str) -> ast.Module:
    """The tree of a text; an empty one where it cannot be read."""
    try:
        return parsed(text)
    except FAULTS:
        return ast.Module([], [])


def parsed(text: str) -> ast.Module:
    """The tree of a text, whose warnings are no concern of ours. Raises one of FAULTS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if len(text) > 2 * PART and "\r" not in text:
            with contextlib.suppress(*FAULTS):
                parts = Chunks(text).parts()
                return ast.Module([node for part in parts for node in ast.parse(part).body], [])
        return ast.parse(text)
