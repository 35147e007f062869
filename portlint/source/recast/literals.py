"""Constants and strings of `ast`, as they are written -> nodes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from portlint.errors import Unreadable
from portlint.source.recast import make
from portlint.source.recast.written import Stretch, moved, until

if TYPE_CHECKING:
    from portlint.source.recast.statements import Statements

PREFIX = re.compile(r"[A-Za-z]{0,2}")
BODIES = {
    quote: re.compile(rf"(?:[^\\{quote[0]}]|\\.{more})*{quote}", re.DOTALL)
    for quote, more in (
        ('"""', '|"(?!"")'),
        ("'''", "|'(?!'')"),
        ('"', ""),
        ("'", ""),
    )
}
"""How what begins with some quotes goes on."""
BETWEEN = re.compile(r"(?:\s|\\\n|#[^\n]*)*")
"""What may stand between strings that are one."""
NUMBERS = {int: make.Integer, float: make.Float, complex: make.Imaginary}


def constant(cast: Statements, node: ast.Constant) -> Any:
    """A literal."""
    value = node.value
    if value is None or value is True or value is False:
        return make.Name(str(value))
    if value is ...:
        return make.Ellipsis()
    number = NUMBERS.get(type(value))
    if number is not None:
        return number(cast.written.of(node))
    return string(cast, node)


def string(cast: Statements, node: ast.expr) -> Any:
    """A string, or several that stand beside each other."""
    text = cast.written.of(node)
    quote = text[-1]
    if text[0] == quote and "\\" not in text:
        quotes = 3 * quote if text[:3] == 3 * quote else quote
        if text.find(quotes, len(quotes)) == len(text) - len(quotes):
            return make.SimpleString(text)
    places = list(_places(node, text))
    whole = _part(cast, places[-1])
    for place in reversed(places[:-1]):
        whole = cast.put(make.ConcatenatedString(_part(cast, place), whole), until(place, node))
    return whole


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Where strings that stand beside each other begin and end."""
    at = 0
    while at < len(text):
        start = PREFIX.match(text, at)
        assert start is not None
        quote = text[start.end() : start.end() + 3]
        quote = quote if quote in BODIES else quote[:1]
        end = BODIES[quote].match(text, start.end() + len(quote))
        if end is None:
            raise Unreadable("has a string that cannot be read")
        yield at, end.end()
        blank = BETWEEN.match(text, end.end())
        assert blank is not None
        at = blank.end()


def _part(cast: Statements, place: Stretch) -> Any:
    """One string."""
    raw = cast.written.of(place)
    prefix = raw[: raw.find(raw[-1])].lower()
    if "f" in prefix or "t" in prefix:
        return cast.put(cast.formatted(raw, place), place)
    return cast.put(make.SimpleString(raw), place)


def _places(node: ast.expr, text: str) -> Iterator[Stretch]:
    """Where the parts of a text stand that begins where the node does."""
    at, line, column = 0, node.lineno, node.col_offset
    for start, end in _parts(text):
        line, column = moved(line, column, text[at:start])
        last = moved(line, column, text[start:end])
        yield Stretch(line, column, *last)
        at, (line, column) = end, last
