"""The lines of a file -> the text between two places of a tree, of which columns count bytes."""

from __future__ import annotations

import array
import ast
import bisect
import functools
import itertools
import re
from typing import NamedTuple

from portlint.model import Span

NEWLINE = "\n"
BLANKS = " \t\f\n\\"
CALLED = re.compile(r"""[\w\])}'"]\s*\Z""")
"""What stands before the parentheses of a call."""
KEYWORD = re.compile(
    r"\b(?:if|elif|while|not|and|or|in|is|assert|return|else|with|except|yield|await|lambda|del)\s*\Z"
)
LONG = 1000
"""Characters of a line from which on it is not decoded for each place in it."""
LONGEST = 40
"""Characters before a parenthesis in which a keyword is looked for."""


class Stretch(NamedTuple):
    """From one place of a file up to another: lines from 1, columns from 0, in bytes."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


Placed = (
    Stretch
    | ast.expr
    | ast.stmt
    | ast.excepthandler
    | ast.arg
    | ast.keyword
    | ast.alias
    | ast.pattern
)


class Through(NamedTuple):
    """From the beginning of one thing up to the end of another and its parentheses."""

    first: Placed
    last: Placed


class Written:
    """A text by lines and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split(NEWLINE)
        self.plain = text.isascii()
        self._long: dict[int, array.array[int]] = {}

    def characters(self, line: int, column: int) -> int:
        """The column in characters (from 0) of one in bytes."""
        if self.plain:
            return column
        text = self.lines[line - 1]
        if len(text) > LONG:
            return bisect.bisect_left(self._starts_in(line), column)
        if text[:column].isascii():
            return column
        return len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def _starts_in(self, line: int) -> array.array[int]:
        """At which bytes the characters of a long line begin: it is asked of for many of them."""
        starts = self._long.get(line)
        if starts is None:
            sizes = (len(each.encode("utf-8", "surrogatepass")) for each in self.lines[line - 1])
            starts = self._long[line] = array.array("I", itertools.accumulate(sizes, initial=0))
        return starts

    def span(self, node: Placed) -> Span:
        """Where something stands, for a finding."""
        line, end = node.lineno, node.end_lineno or node.lineno
        column = self.characters(line, node.col_offset)
        last = self.characters(end, node.end_col_offset or 0)
        return Span(line, column + 1, end, last + 1)

    def between(self, line: int, column: int, end: int, last: int) -> str:
        """The text from one place up to another; columns in bytes."""
        column, last = self.characters(line, column), self.characters(end, last)
        if line == end:
            return self.lines[line - 1][column:last]
        inner = self.lines[line : end - 1]
        return NEWLINE.join([self.lines[line - 1][column:], *inner, self.lines[end - 1][:last]])

    def of(self, node: Placed) -> str:
        """The text of something."""
        end, last = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.between(node.lineno, node.col_offset, end, last)

    def before(self, node: Placed) -> str:
        """What stands before something on its line, or on the lines above where that is blank."""
        line, column = node.lineno, node.col_offset
        text = self.between(line, 0, line, column)
        while not text.strip() and line > 1:
            line -= 1
            text = self.lines[line - 1].partition("#")[0]
        return text

    def within(self, span: Span) -> str:
        """The text of a span."""
        first, last = self.lines[span.line - 1], self.lines[span.end_line - 1]
        if span.line == span.end_line:
            return first[span.column - 1 : span.end_column - 1]
        inner = self.lines[span.line : span.end_line - 1]
        return NEWLINE.join([first[span.column - 1 :], *inner, last[: span.end_column - 1]])

    def enclosed(self, node: Placed) -> Span:
        """Where something stands with the parentheses around it that are its own."""
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        while (around := self._parentheses(start, end)) is not None:
            start, end = around
        return Span(*self._position(start), *self._position(end))

    def _parentheses(self, start: int, end: int) -> tuple[int, int] | None:
        """From the parenthesis just before up to the one just behind, if it belongs to no call."""
        text = self.text
        while start and text[start - 1] in BLANKS:
            start -= 1
        while end < len(text) and text[end] in BLANKS:
            end += 1
        if not start or text[start - 1] != "(" or text[end : end + 1] != ")":
            return None
        before = text[max(0, start - LONGEST) : start - 1]
        if CALLED.search(before) and not KEYWORD.search(before):
            return None
        return start - 1, end + 1

    @functools.cached_property
    def _starts(self) -> list[int]:
        """Where each line begins in the text."""
        return [0, *itertools.accumulate(len(line) + 1 for line in self.lines)]

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + self.characters(line, column)

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def last(self, word: str, node: Placed) -> Stretch:
        """Where a word stands for the last time before something."""
        line = node.lineno
        text = self.lines[line - 1][: self.characters(line, node.col_offset)]
        while word not in text and line > 1:
            line -= 1
            text = self.lines[line - 1]
        column = len(text[: max(0, text.rfind(word))].encode("utf-8", "surrogatepass"))
        return Stretch(line, column, line, column + len(word))

    def is_bare(self, node: ast.Tuple) -> bool:
        """Whether a tuple has no parentheses of its own."""
        if not node.elts:
            return False
        first = node.elts[0]
        if (first.lineno, first.col_offset) == (node.lineno, node.col_offset):
            return True
        before = self.between(node.lineno, node.col_offset, first.lineno, first.col_offset)
        end, last = first.end_lineno or 0, first.end_col_offset or 0
        after = self.between(end, last, node.end_lineno or 0, node.end_col_offset or 0)
        closed = after.partition(",")[0]
        return before.count("(") <= closed.count(")")

    def begins(self, node: ast.stmt, word: str) -> bool:
        """Whether a statement starts with these characters."""
        column = self.characters(node.lineno, node.col_offset)
        return self.lines[node.lineno - 1].startswith(word, column)

    def is_first(self, node: ast.stmt) -> bool:
        """Whether nothing but blanks stands before a statement on its line."""
        column = self.characters(node.lineno, node.col_offset)
        return not self.lines[node.lineno - 1][:column].strip()


def after(node: Placed, words: str, name: str = "") -> Stretch:
    """Where a name stands that comes after some words at the beginning of a statement."""
    start = node.col_offset + len(words)
    return Stretch(node.lineno, start, node.lineno, start + len(name.encode()))


def before(node: Placed, words: str) -> Stretch:
    """The place of something with the words just before it."""
    end = node.end_lineno or node.lineno
    return Stretch(node.lineno, node.col_offset - len(words), end, node.end_col_offset or 0)


def tail(node: ast.alias | ast.Attribute) -> Stretch:
    """Where the last name of something stands."""
    name = node.attr if isinstance(node, ast.Attribute) else node.asname or node.name
    line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
    return Stretch(line, end - len(name.encode()), line, end)


def moved(line: int, column: int, text: str) -> tuple[int, int]:
    """Where a text ends that begins here; columns in bytes."""
    head, newline, last = text.rpartition(NEWLINE)
    size = len(last.encode("utf-8", "surrogatepass"))
    return (line + head.count(NEWLINE) + 1, size) if newline else (line, column + size)


def until(first: Placed, last: Placed) -> Stretch:
    """From the beginning of one thing up to the end of another."""
    end, column = last.end_lineno or last.lineno, last.end_col_offset or 0
    return Stretch(first.lineno, first.col_offset, end, column)


def behind(node: Placed, words: str, name: str) -> Stretch:
    """Where a name stands that comes after something and some words."""
    line, start = node.end_lineno or node.lineno, (node.end_col_offset or 0) + len(words)
    return Stretch(line, start, line, start + len(name.encode()))
