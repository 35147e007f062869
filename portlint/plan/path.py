"""Packages in order -> their waves, and the longest chain of hours through them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple


class Item(NamedTuple):
    """A package as far as order goes; `stage` is a number, `hours` the high end."""

    key: str
    stage: int
    hours: float
    after: Sequence[str]


class Way(NamedTuple):
    """Where a package stands: its wave, and the end of the longest chain up to it, with the step
    before."""

    wave: int
    end: float
    before: str | None


START = Way(0, 0.0, None)


def ways(items: Sequence[Item], before: Mapping[int, Sequence[int]]) -> dict[str, Way]:
    """How each package is reached; items come after all that they wait for.

    A package also waits for every package of the stages `before` its own.
    """
    found: dict[str, Way] = {}
    last: dict[int, list[str]] = {}
    for item in items:
        earlier = [key for stage in _all_before(item.stage, before) for key in last.get(stage, ())]
        keys = [*item.after, *earlier]
        wave = 1 + max((found[key].wave for key in keys), default=0)
        longest = max(keys, key=lambda key: (found[key].end, key), default=None)
        start = found[longest].end if longest is not None else 0.0
        found[item.key] = Way(wave, start + item.hours, longest)
        last.setdefault(item.stage, []).append(item.key)
    return found


def critical(found: Mapping[str, Way]) -> frozenset[str]:
    """The packages of the longest chain."""
    return frozenset(_chain(found)) if found else frozenset()


def _chain(found: Mapping[str, Way]) -> Iterator[str]:
    key: str | None = max(found, key=lambda name: (found[name].end, name))
    while key is not None:
        yield key
        key = found[key].before


def _all_before(stage: int, before: Mapping[int, Sequence[int]]) -> Iterable[int]:
    """The stages before one, also those before these: an empty one passes the wait on."""
    seen: dict[int, None] = {}
    waiting = list(before.get(stage, ()))
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen[number] = None
            waiting.extend(before.get(number, ()))
    return seen
