"""A finding -> its line of code, cut so that what it speaks of stays in sight."""

from portlint.model import Finding
from portlint.render.frame import Parts, parts

MARKED = 100
BEFORE = 50
AFTER = 70


def snippet(finding: Finding) -> Parts | None:
    """The line in three parts, each of a length that a person reads; None without code."""
    found = parts(finding)
    if found is None:
        return None
    before, marked, after = found
    if len(before) > BEFORE:
        before = f"…{before[len(before) - BEFORE + 1 :]}"
    return Parts(before, _head(marked, MARKED), _head(after, AFTER))


def _head(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
