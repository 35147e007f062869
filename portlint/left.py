"""A finished run -> what it leaves for runs after a few edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.cache.memory import Memory
from portlint.cache.rounds import is_accident
from portlint.cache.stamps import UNREAD
from portlint.cache.standing import Base, Readings, Tables, packed, parts
from portlint.callers import Met
from portlint.edited import interface, is_open
from portlint.facts import asked, facts
from portlint.hosts import homes_of
from portlint.lifted import Lifted
from portlint.passes import Outcome


class Rounds(NamedTuple):
    """How files were read: the first outcomes, and for each further round what it knew and gave."""

    first: Mapping[str, Outcome]
    watched: Mapping[str, set[tuple[str, str]]]
    closed: set[str]
    tables: Tables
    again: list[list[str]]
    read: list[Mapping[str, Outcome | None]]


def leave(
    memory: Memory,
    key: bytes,
    rounds: Rounds,
    unreached: Mapping[str, str],
    found: Met,
    done: Lifted,
) -> None:
    """Keep what a run found out; nothing of one in which something failed."""
    names = [outcome.result.path for outcome in done.outcomes]
    digests = b"".join(memory.now[name].digest for name in names)
    every = [*rounds.first.values(), *(o for read in rounds.read for o in read.values())]
    if not done.found.whole or UNREAD in digests or any(map(is_accident, every)):
        return
    numbers = {name: number for number, name in enumerate(names)}
    told = done.found.told
    listed = asked(told.known) if told is not None else None
    rows = facts(told.known, told.bars, told.units, told.why, listed) if told and listed else {}
    base = Base(
        key=key,
        digests=digests,
        lines=[outcome.result.lines for outcome in done.outcomes],
        finals=[],
        facts=[],
        read=[],
        again=rounds.again,
        watched={name: sorted(pairs) for name, pairs in rounds.watched.items()},
        closed=sorted(rounds.closed),
        shut=sorted(done.found.closed),
        unreached=dict(unreached),
        homes=homes_of([outcome.result for outcome in rounds.first.values()]),
        wanted=[(path, span, default) for (path, span), default in found.wanted.items()],
        asked=listed,
    )
    try:
        memory.standing = parts(
            base,
            [packed(outcome) for outcome in done.outcomes],
            {numbers[path]: row for path, row in rows.items()},
            _readings(names, rounds, found),
            rounds.tables,
        )
    except (ValueError, msgspec.MsgspecError):
        memory.standing = {}


def _readings(names: Sequence[str], rounds: Rounds, found: Met) -> list[Readings]:
    given: dict[str, list[tuple[object, int]]] = {}
    for place, default in found.wanted.items():
        given.setdefault(place[0], []).append((default, found.given.get(place, 0)))
    seen: dict[str, list[bytes | None]] = {}
    for read in ({name: rounds.first[name] for name in names}, *rounds.read):
        for name, outcome in read.items():
            digest = interface(outcome.result) if outcome is not None else None
            seen.setdefault(name, []).append(digest)
    return [
        Readings(
            seen=seen[name],
            open=is_open(rounds.first[name].result),
            hosted=rounds.first[name].result.hosted,
            said=found.said.get(name, []),
            given=given.get(name, []),  # type: ignore[arg-type]
        )
        for name in names
    ]
