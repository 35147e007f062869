"""A finished run -> what it leaves for runs after a few edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portlint.across import Across
from portlint.cache.memory import Memory
from portlint.cache.stamps import UNREAD
from portlint.cache.standing import Base, Readings, packed, parts
from portlint.callers import Met
from portlint.facts import asked, facts
from portlint.hosts import homes_of
from portlint.noted import Noted
from portlint.rounds import Rounds
from portlint.source.defaults import Default


def leave(memory: Memory, key: bytes, rounds: Rounds, done: Across) -> None:
    """Keep what a run found out; nothing of one in which something failed."""
    outcomes, found = done.lifted.outcomes, done.lifted.found
    names = [outcome.result.path for outcome in outcomes]
    digests = b"".join(memory.now[name].digest for name in names)
    if UNREAD in digests or any(read.accident for read in rounds.noted):
        return
    told = found.told
    listed = asked(told.known) if told is not None else None
    rows = facts(told.known, told.bars, told.units, told.why, listed) if told and listed else {}
    base = Base(
        key=key,
        digests=digests,
        lines=[outcome.result.lines for outcome in outcomes],
        finals=[],
        facts=[],
        read=[],
        told={module: rounds.told[module] for module in rounds.tables[0]},
        again=rounds.again,
        watched={name: sorted(pairs) for name, pairs in rounds.watched.items()},
        closed=sorted(rounds.closed),
        shut=sorted(found.closed),
        unreached=dict(done.unreached),
        homes=homes_of(rounds.noted[0].hosted),
        wanted=[(path, span, default) for (path, span), default in done.met.wanted.items()],
        asked=listed,
    )
    numbers = {name: number for number, name in enumerate(names)}
    told_of = {numbers[path]: row for path, row in rows.items()}
    try:
        limits = {turn.file.name: turn.limit for turn in rounds.turns}
        read = _readings(names, limits, rounds.noted, done.met)
        memory.standing = parts(base, map(packed, outcomes), told_of, read, rounds.tables)
    except (ValueError, msgspec.MsgspecError):
        memory.standing = {}


def _readings(
    names: Sequence[str],
    limits: Mapping[str, int | None],
    noted: Sequence[Noted],
    found: Met,
) -> Iterator[Readings]:
    given: dict[str, list[tuple[Default, int]]] = {}
    for place, default in found.wanted.items():
        given.setdefault(place[0], []).append((default, found.given.get(place, 0)))
    first = noted[0]
    for name in names:
        yield Readings(
            seen=[read.seen[name] for read in noted if name in read.seen],
            limit=limits[name],
            open=name in first.opened,
            hosted=first.hosted.get(name, ()),
            said=found.said.get(name, []),
            given=given.get(name, []),
        )
