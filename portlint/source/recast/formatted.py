"""Formatted strings -> their parts: before 3.12 Python tells no places in them.

What is odd (a backslash, a comment or the same quotes in an expression) is left to libcst.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from portlint.source.recast import make
from portlint.source.recast.written import Stretch, moved

if TYPE_CHECKING:
    from portlint.source.recast.statements import Statements

TEXT = re.compile(r"(?:[^{}\\]|\{\{|\}\}|\\N\{[^{}]*\}|\\[^{}]|\\)*", re.DOTALL)
"""Text up to an expression, or up to what ends a format."""
RAW = re.compile(r"(?:[^{}]|\{\{|\}\})*")
"""The same where backslashes mean nothing."""
SPEC = re.compile(r"[^{}]*")
EXPRESSION = re.compile(r"[^]()[{}'\"!:=<>\\#]+")
"""Characters of an expression that are no brackets, no quotes, and end none."""
OPEN, SHUT = "([{", ")]}"
PREFIX = re.compile(r"[A-Za-z]{1,2}\Z")
"""Letters before the quotes of a string."""
SIGNS = ("!=", "==", "<=", ">=", "<", ">")


class Odd(Exception):
    """A string that is read by libcst."""


def formatted(cast: Statements, raw: str, place: Stretch) -> Any:
    """The string; Odd where it takes more to read it."""
    start, quote = _ends(raw)
    reader = _Reader(cast, raw, place, RAW if "r" in start.lower() else TEXT, quote)
    try:
        parts = reader.parts(len(start), len(raw) - len(quote))
    except IndexError as error:  # what begins in it goes on behind its end
        raise Odd from error
    return cast.put(make.FormattedString(parts, start, quote), place)


def unread(cast: Statements, raw: str, place: Stretch) -> Any:
    """The string with all that is in it as text: what nobody can read, or takes too long to."""
    start, quote = _ends(raw)
    text = make.FormattedStringText(raw[len(start) : -len(quote)])
    return cast.put(make.FormattedString([text], start, quote), place)


def _ends(raw: str) -> tuple[str, str]:
    """The prefix with the quotes, and the quotes behind."""
    quote = raw[-3:] if raw[-3:] in ('"""', "'''") and len(raw) > 4 else raw[-1]
    return raw[: raw.index(quote) + len(quote)], quote


class _Reader:
    """Reads the parts of one string."""

    def __init__(
        self, cast: Statements, raw: str, place: Stretch, text: re.Pattern[str], quote: str
    ) -> None:
        self.cast = cast
        self.raw = raw
        self.text = text
        self.quote = quote
        self.at = 0
        self.known = (0, place.lineno, place.col_offset)

    def parts(self, at: int, end: int) -> list[Any]:
        """Everything from here up to the end."""
        self.at = at
        found = self._parts(self.text)
        if self.at != end:
            raise Odd
        return found

    def _parts(self, text: re.Pattern[str]) -> list[Any]:
        found: list[Any] = []
        while True:
            match = text.match(self.raw, self.at, len(self.raw) - len(self.quote))
            assert match is not None
            if match[0]:
                found.append(make.FormattedStringText(match[0]))
            self.at = match.end()
            if not self.raw.startswith("{", self.at):
                return found
            found.append(self._field())

    def _field(self) -> Any:
        """`{expression!r:spec}`."""
        start = self.at + 1
        self.at = start
        self._skip()
        value = self._expression(start, self.raw[start : self.at])
        debug = re.compile(r"=\s*").match(self.raw, self.at)
        self.at = debug.end() if debug else self.at
        conversion = None
        if self.raw[self.at] == "!":
            conversion = self.raw[self.at + 1]
            self.at += 2
        spec = None
        if self.raw[self.at] == ":":
            self.at += 1
            spec = self._parts(SPEC)
        if self.raw[self.at] != "}":
            raise Odd
        self.at += 1
        return make.FormattedStringExpression(value, conversion, spec)

    def _skip(self) -> None:
        """Go on to the end of an expression."""
        depth = 0
        while True:
            match = EXPRESSION.match(self.raw, self.at)
            self.at = match.end() if match else self.at
            sign = self.raw[self.at]
            if sign in OPEN:
                depth += 1
            elif sign in SHUT and depth:
                depth -= 1
            elif sign in "\\#" or self.raw.startswith(self.quote, self.at):
                raise Odd
            elif sign in "'\"":
                self._string(sign)
                continue
            elif not depth and not self._is_operator():
                return
            self.at += 1

    def _is_operator(self) -> bool:
        """Whether a sign compares; the second character of it is passed over."""
        sign = next((s for s in SIGNS if self.raw.startswith(s, self.at)), "")
        self.at += max(0, len(sign) - 1)
        return bool(sign)

    def _string(self, quote: str) -> None:
        """Pass over a string in an expression."""
        quotes = 3 * quote if self.raw.startswith(3 * quote, self.at) else quote
        start = self.at + len(quotes)
        end = self.raw.find(quotes, start)
        inner = self.raw[start:end]
        if end < 0 or "\\" in inner:
            raise Odd
        if inner.count("{") != inner.count("}") and self._is_nested():
            raise Odd
        self.at = end + len(quotes)

    def _is_nested(self) -> bool:
        """Whether the string that begins here has expressions; since 3.12 with any quotes."""
        prefix = PREFIX.search(self.raw, max(0, self.at - 2), self.at)
        return prefix is not None and not {"f", "t"}.isdisjoint(prefix[0].lower())

    def _expression(self, start: int, text: str) -> Any:
        try:
            node = ast.parse(f"({text})", mode="eval").body
        except SyntaxError as error:
            raise Odd from error
        if isinstance(node, ast.Tuple) and node.col_offset == 0 and "\n" not in text:
            node.col_offset += 1 + len(text) - len(text.lstrip())  # its parentheses are ours
            node.end_col_offset = 1 + len(text.rstrip().encode())
        elif isinstance(node, ast.Tuple | ast.GeneratorExp) and node.col_offset == 0:
            raise Odd
        at, line, column = self.known
        line, column = moved(line, column, self.raw[at:start])
        self.known = (start, line, column)
        for inner in ast.walk(node):
            if isinstance(inner, ast.expr | ast.keyword | ast.arg):
                _shift(inner, line - 1, column - 1)
        return self.cast.expr(node)


def _shift(node: ast.expr | ast.keyword | ast.arg, lines: int, columns: int) -> None:
    """Let a node stand where its text does; only its first line does not begin a line."""
    if node.lineno == 1:
        node.col_offset += columns
    if node.end_lineno == 1:
        node.end_col_offset = (node.end_col_offset or 0) + columns
    node.lineno += lines
    node.end_lineno = (node.end_lineno or 1) + lines
