"""What a round of reading is: what holds for all of its files, and how they were read before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from portlint.reading import Export
from portlint.source.doors import Pair
from portlint.source.imports import Table
from portlint.source.relevant import Exporting
from portlint.turns import Turn


class Before(NamedTuple):
    """How files were read last: what was exported then, and for which imports guards were asked.

    `changed` is the part that is other now, as it was and as it is. There is none after the first
    reading, in which a file saw what was told before its turn.
    """

    exports: Exporting
    watched: Mapping[str, Collection[Pair]]
    changed: tuple[Exporting, ...] = ()


NOTHING: Mapping[str, Collection[Pair]] = {}
"""No imports are asked for."""


class Job(NamedTuple):
    """What holds for all files of a round: exports of audited modules, where imports start.

    `watched` are imports, by module, of which the guards are asked for. In the first round, which
    has nothing before it, the exports become more from turn to turn.
    """

    exports: Exporting
    roots: Sequence[str] = ("",)
    everything: bool = False
    watched: Mapping[str, Collection[Pair]] = NOTHING
    before: Before | None = None


News = tuple[str, Mapping[str, Export], int]
"""A module, what it exports, and the turn that told of it."""


class Work(NamedTuple):
    """Turns that are to be read, and news before them; with the first of a round its job."""

    job: Job | None
    news: Sequence[News]
    turns: Sequence[Turn]


def learns(
    turn: Turn, exports: Exporting, before: Before, look: Callable[[Exporting], Table]
) -> bool:
    """Whether a file sees something of the exports that it did not see when it was read last."""
    if before.changed:
        return any(map(look, before.changed))
    return not all(exports.tells(module, turn.limit) for module in look(exports))
