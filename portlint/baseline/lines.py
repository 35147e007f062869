"""A file before and now -> the lines of it that changed, by their words and not their spaces."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

MARKS = ("#", "//")


def changed(before: bytes, now: bytes) -> frozenset[int]:
    """Numbers, from 1, of lines that are new or other; blank lines and comments do not count."""
    old, new = _words(before), _words(now)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle = new[start : len(new) - end]
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], middle)
    return frozenset(
        start + number + 1
        for tag, _, _, first, last in matcher.get_opcodes()
        if tag != "equal"
        for number in range(first, last)
        if middle[number] and not middle[number].startswith(MARKS)
    )


def _words(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape")
    return [
        " ".join(line.split())
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the start: most of a file does not change."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
