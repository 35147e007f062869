"""Text -> its top-level statements as pieces that are parsed one by one, where they are wanted.

Statements are told by their first column; where a piece does not parse, the whole text is read.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence

GOES_ON = ("else", "elif", "except", "finally", "'''", '"""')
"""What stands in the first column and begins no statement; a name that starts so joins two."""
DEFINES = ("def ", "class ", "async ", "@")


class Chunks:
    """The pieces of a text; each is given out once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.offsets = [0, *itertools.accumulate(len(line) + 1 for line in self.lines)]
        self.starts = [1]
        decorated = False
        for number, line in enumerate(self.lines, 1):
            if not line or line[0] in " \t)]}#" or line.startswith(GOES_ON):
                continue
            if not decorated:
                self.starts.append(number)
            decorated = line[0] == "@"
        self.given: set[int] = set()

    def importing(self) -> list[int]:
        """The lines of pieces that import something behind a condition, or under another name."""
        found = []
        for at, first in enumerate(self.starts):
            line = self.lines[first - 1]
            if line.startswith(DEFINES) or line.startswith("import "):
                continue
            piece = self.lines[first - 1 : self._end(at)]
            told = " as " if line.startswith("from ") else "import "
            if any(told in line for line in piece):
                found.append(first)
        return found

    def spelling(self, name: str) -> Iterator[int]:
        """The lines that hold a name, be it as a part of a longer one."""
        at = self.text.find(name)
        while at >= 0:
            line = bisect.bisect_right(self.offsets, at)
            yield line
            at = self.text.find(name, self.offsets[line])

    def take(self, lines: Iterable[int]) -> tuple[list[ast.stmt], list[int]]:
        """The statements on these lines that were not given out yet, and all lines of them."""
        wanted = {bisect.bisect_right(self.starts, line) - 1 for line in lines} - self.given
        body: list[ast.stmt] = []
        covered: list[int] = []
        for first, last in _runs(sorted(wanted)):
            start, end = self.starts[first], self._end(last)
            try:
                body += parsed("\n" * (start - 1) + "\n".join(self.lines[start - 1 : end])).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return self._rest()
            covered.extend(range(start, end + 1))
        self.given |= wanted
        return body, covered

    def _rest(self) -> tuple[list[ast.stmt], list[int]]:
        self.given = set(range(len(self.starts)))
        return whole_tree(self.text).body, list(range(1, len(self.lines) + 1))

    def _end(self, at: int) -> int:
        return self.starts[at + 1] - 1 if at + 1 < len(self.starts) else len(self.lines)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of numbers that follow each other."""
    for _, run in itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        (_, first), *_, (_, last) = [*run] * 2
        yield first, last


def whole_tree(text: str) -> ast.Module:
    """The tree of a text; an empty one where it cannot be read."""
    try:
        return parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def parsed(text: str) -> ast.Module:
    """The tree of a text, whose warnings are no concern of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
