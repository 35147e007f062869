"""Findings and marks of earlier ones -> which of the findings were there before, and what is left.

The surest way to know a finding again comes first: the same line of the same file, then the same
line in another file, if its own file has it no more.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.baseline.entries import Mark


class Matched(NamedTuple):
    """The numbers of the findings that were there before, and the marks that nothing matched."""

    old: frozenset[int]
    left: Counter[Mark]


def match(
    found: Sequence[Mark],
    known: Mapping[Mark, int],
    movable: Callable[[str], bool] = lambda path: True,
    last: Callable[[int], bool] = lambda number: False,
) -> Matched:
    """Each mark covers as many findings as it counts.

    `movable` tells of a path whether what it lacks may have moved away: a file that was not looked
    at lacks nothing. Where there are more findings than marks, those are new that come `last`.
    """
    left = Counter(known)
    # What is live only a live mark covers: it chooses first.
    order = sorted(range(len(found)), key=lambda n: (not found[n].live, last(n), n))
    old = _taken(order, found, left, left, _place)
    gone = [mark for mark in left if movable(mark.path)]
    for key in (_renamed, _words):
        old |= _taken([n for n in order if n not in old], found, left, gone, key)
    return Matched(frozenset(old), +left)


def _place(mark: Mark) -> Hashable:
    return mark.path, mark.rule, mark.line


def _renamed(mark: Mark) -> Hashable:
    """The same file name in another folder."""
    return PurePosixPath(mark.path).name, mark.rule, mark.line


def _words(mark: Mark) -> Hashable:
    return mark.rule, mark.line


def _taken(
    order: Iterable[int],
    found: Sequence[Mark],
    left: Counter[Mark],
    marks: Iterable[Mark],
    key: Callable[[Mark], Hashable],
) -> set[int]:
    """The findings for which a mark with the same key is left; it is used up."""
    waiting: dict[tuple[Hashable, bool], deque[Mark]] = defaultdict(deque)
    for mark in sorted(marks):
        waiting[key(mark), mark.live].append(mark)
    taken = set()
    for number in order:
        now = found[number]
        for live in dict.fromkeys((now.live, True)):
            group = waiting.get((key(now), live), deque())
            while group and left[group[0]] <= 0:
                group.popleft()
            if group:
                left[group[0]] -= 1
                taken.add(number)
                break
    return taken
