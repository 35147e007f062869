"""The import statements of a text -> which names they bind, and to what of which module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.source.imports import STATEMENT, relative

PART = re.compile(r"[\s(\\]*([\w.]+|\*)(?:[\s\\]+as[\s\\]+(\w+))?")


class Bound(NamedTuple):
    """A name that an import binds: from where to where, of which module, what of it ("" for all).

    `source` begins with a dot where it is relative, and then counts from the root.
    """

    at: int
    end: int
    source: str
    name: str
    local: str


def bound(text: str, module: str, package: bool) -> Iterator[Bound]:
    """The names that the imports in a text without comments bind."""
    parent = module if package else module.rpartition(".")[0]
    for match in STATEMENT.finditer(text):
        place = match.span()
        if match["source"] is None:
            for part in match["plain"].split(","):
                if word := PART.match(part):
                    yield from _whole(place, word[1], word[2])
            continue
        source = match["source"]
        if source.startswith("."):
            source = f".{relative(source, parent)}"
        for part in match["names"].split(","):
            if word := PART.match(part):
                yield Bound(*place, source, word[1], word[2] or word[1])


def _whole(place: tuple[int, int], source: str, local: str | None) -> Iterator[Bound]:
    """`import a.b` binds `a`, and gives `a.b` to who goes on from there."""
    yield Bound(*place, source, "", local or source.partition(".")[0])
    if local is None and "." in source:
        yield Bound(*place, source.partition(".")[0], "", source.partition(".")[0])


def without(text: str, imports: Iterable[Bound]) -> str:
    """The text with blanks instead of these imports: they name what nothing may use."""
    parts, done = [], 0
    for at, end in sorted({(item.at, item.end) for item in imports}):
        parts += [text[done:at], " " * (end - at)]
        done = end
    return "".join([*parts, text[done:]])
