"""Code points ↔ the units an editor counts in, line by line."""

from __future__ import annotations

import re
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
LINE = re.compile(r"\r\n|\n|\r")
"""What ends a line in the protocol: not the form feeds that `str.splitlines` takes for one."""


def lines(text: str) -> list[str]:
    """The lines of a text, without what ends them."""
    return LINE.split(text)


def units(text: str, encoding: str) -> int:
    """How many units a text has; a half of a surrogate pair is one of UTF-16, three of UTF-8."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_units(line: str, column: int, encoding: str) -> int:
    """An index into a line in code points -> in units; past its end is its end."""
    return units(line[: max(column, 0)], encoding)


def to_points(line: str, character: int, encoding: str) -> int:
    """An index into a line in units -> in code points; amid a character is before it."""
    if encoding == "utf-32" or line.isascii():
        return min(character, len(line))
    passed = 0
    for index, char in enumerate(line):
        passed += units(char, encoding)
        if passed > character:
            return index
    return len(line)
