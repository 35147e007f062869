"""Two texts -> the lines of the one that are not in the other, and where the rest moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from portlint.model import Finding

GUARD = re.compile(r"\(line (?P<line>\d+)\)")
"""How a message says where its guard stands."""


class Change(NamedTuple):
    """The lines (from 1) that a text has in place of others, and by how many the rest moved.

    Where nothing was put in, `last` is the line before `first`.
    """

    first: int
    last: int
    down: int

    @property
    def before(self) -> tuple[int, int]:
        """The lines that the old text had there."""
        return self.first, self.last - self.down

    def moved(self, line: int) -> int | None:
        """Where a line of the old text is now; None where it is gone."""
        if line < self.first:
            return line
        return line + self.down if line > self.last - self.down else None


def change(old: Sequence[str], new: Sequence[str]) -> Change:
    """What differs: all that is between the lines that both begin and end with."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return Change(head + 1, len(new) - tail, len(new) - len(old))


def carried(finding: Finding, change: Change) -> Finding | None:
    """A finding where its line is now; None where the line is gone."""
    line = change.moved(finding.line)
    if line is None:
        return None
    related = tuple(
        msgspec.structs.replace(place, line=change.moved(place.line) or change.first)
        if place.path == finding.path
        else place
        for place in finding.related
    )
    return msgspec.structs.replace(
        finding,
        line=line,
        end_line=change.moved(finding.end_line) or max(line, change.last),
        message=GUARD.sub(lambda found: _renumbered(found, change), finding.message),
        related=related,
    )


def _renumbered(found: re.Match[str], change: Change) -> str:
    """The guard's line in a message as it is now."""
    line = change.moved(int(found["line"]))
    return found[0] if line is None else f"(line {line})"


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the start."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
