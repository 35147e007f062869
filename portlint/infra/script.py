"""Text taken out of a file (a script in YAML, a RUN line) that still knows where it stood."""

import bisect
from collections.abc import Iterable
from typing import NamedTuple

from portlint.model import Span


class Line(NamedTuple):
    """One line of the part: its text, and where its first character stands in the file."""

    text: str
    line: int
    column: int


class Script:
    """Lines joined by newlines, and the way back from an offset to a place in the file."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = list(lines) or [Line("", 1, 1)]
        self.text = "\n".join(line.text for line in self.lines)
        self._starts = [0]
        for line in self.lines[:-1]:
            self._starts.append(self._starts[-1] + len(line.text) + 1)

    def span(self, start: int, end: int) -> Span:
        """The place of text[start:end] in the file."""
        return Span(*self._place(start), *self._place(end))

    def part(self, start: int, end: int) -> "Script":
        """text[start:end] as a script of its own."""
        first = bisect.bisect_right(self._starts, start) - 1
        last = bisect.bisect_right(self._starts, max(start, end - 1)) - 1
        cut = []
        for index in range(first, last + 1):
            line, at = self.lines[index], self._starts[index]
            left = max(0, start - at)
            cut.append(Line(line.text[left : end - at], line.line, line.column + left))
        return Script(cut)

    def _place(self, offset: int) -> tuple[int, int]:
        index = bisect.bisect_right(self._starts, offset) - 1
        line = self.lines[index]
        return line.line, line.column + min(offset - self._starts[index], len(line.text))


def whole(text: str) -> Script:
    """A whole file."""
    return Script(Line(line, number, 1) for number, line in enumerate(text.split("\n"), 1))
