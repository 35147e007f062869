"""The outcomes of a whole run and what they rest on, kept so that a few edits cost what they touch.

Columns, of which a run decodes what it needs: the outcomes that say something, and what was asked
of the files that were edited.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from portlint.cache.archive import Pieces
from portlint.cache.memory import BASE, FACTS, FINALS, READ, TABLES, Memory
from portlint.callers import Said
from portlint.facts import NOTHING, Asked, Facts
from portlint.model import Frozen, Span
from portlint.passes import Outcome
from portlint.reading import Export, FileResult
from portlint.source.defaults import Default

Exports = dict[str, dict[str, Export]]


class Base(Frozen, frozen=True, kw_only=True):
    """What holds for a whole run.

    `key` is that of rules, settings and names of files, `digests` of what each file held. `closed`
    are modules of which it matters whether they have open sightings, `shut` files that do not run
    on a Neuron host as a whole, `unreached` and `homes` as
    `portlint.reached` and `portlint.hosts` have them; `wanted` are the defaults that were found.
    `told` is the turn of the first reading in which each module was heard, `again` are the modules
    that were read in each further round. `asked` is None where no guard was looked for.
    """

    key: bytes
    digests: bytes
    lines: list[int]
    finals: list[int]
    facts: list[int]
    read: list[int]
    told: dict[str, int]
    again: list[list[str]]
    watched: dict[str, list[tuple[str, str]]]
    closed: list[str]
    shut: list[str]
    unreached: dict[str, str]
    homes: dict[str, str]
    wanted: list[tuple[str, Span, Default]]
    asked: Asked | None


class Readings(Frozen, frozen=True, kw_only=True):
    """Of one file: digests of what others see of it after each reading, and more that they see.

    `limit` are the turns that it waited for, `open` says whether it had an open sighting after the
    first, `said` is what it says of defaults, `given` its own defaults with how many calls replace
    each.
    """

    seen: list[bytes | None]
    open: bool
    limit: int | None = None
    hosted: tuple[str, ...] = ()
    said: list[Said] = msgspec.field(default_factory=list)
    given: list[tuple[Default, int]] = msgspec.field(default_factory=list)


class Standing:
    """What an earlier run left; parts are read when they are asked for."""

    def __init__(self, memory: Memory, base: Base) -> None:
        self.memory = memory
        self.base = base

    @functools.cached_property
    def tables(self) -> list[msgspec.Raw]:
        """What modules exported before each further round. Raises what decoding raises."""
        return msgspec.msgpack.decode(self.memory.part(TABLES), type=list[msgspec.Raw])

    def table(self, number: int) -> Exports:
        """One of them. Raises what decoding raises."""
        return msgspec.msgpack.decode(self.tables[number], type=Exports)

    def facts(self, numbers: Sequence[int]) -> list[Facts]:
        """What these files were asked."""
        rows = _rows(self.memory.part(FACTS), self.base.facts, numbers)
        return [msgspec.msgpack.decode(r, type=Facts) if r else NOTHING for r in rows]

    def readings(self, numbers: Sequence[int]) -> list[Readings]:
        """What others see of these files."""
        rows = _rows(self.memory.part(READ), self.base.read, numbers)
        return [msgspec.msgpack.decode(r, type=Readings) for r in rows]

    def outcome(self, number: int, name: str) -> Outcome:
        """The last outcome of one file. Raises what decoding raises."""
        sizes = self.base.finals
        start, size = sum(sizes[:number]), sizes[number]
        data = memoryview(self._finals)[start : start + size]
        return msgspec.msgpack.decode(data, type=Outcome) if size else self._quiet(number, name)

    def _quiet(self, number: int, name: str) -> Outcome:
        """That of a file of which nothing is told but its lines."""
        return Outcome(FileResult(path=name, lines=self.base.lines[number]), [])

    @functools.cached_property
    def _finals(self) -> bytes:
        return self.memory.part(FINALS)

    def outcomes(self, names: Sequence[str]) -> Iterator[Outcome]:
        """The last outcome of every file, without what only the passes over all files read."""
        start, view = 0, memoryview(self._finals)
        decode = msgspec.msgpack.Decoder(Outcome).decode
        for number, (name, size) in enumerate(zip(names, self.base.finals, strict=True)):
            if size:
                yield decode(view[start : start + size])
                start += size
            else:
                yield self._quiet(number, name)


def _rows(data: bytes, sizes: Sequence[int], numbers: Sequence[int]) -> Iterator[bytes]:
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return (data[starts[n] : starts[n + 1]] for n in numbers)


def standing(memory: Memory, key: bytes) -> Standing | None:
    """What an earlier run left of the same files and rules. Raises what decoding raises."""
    data = memory.part(BASE)
    base = msgspec.msgpack.decode(data, type=Base) if data else None
    return Standing(memory, base) if base is not None and base.key == key else None


def lean(outcome: Outcome) -> Outcome:
    """An outcome without what only the passes over all files read."""
    result = msgspec.structs.replace(
        outcome.result, imports=(), inner=(), named=(), ways=(), hosted=()
    )
    return outcome._replace(result=result)


def packed(outcome: Outcome) -> bytes:
    """An outcome as it is kept; nothing if its lines are all that it says."""
    outcome = lean(outcome)
    result = outcome.result
    if not outcome.ignores and result == FileResult(path=result.path, lines=result.lines):
        return b""
    return _ENCODER.encode(outcome)


def parts(
    base: Base,
    finals: Iterable[bytes],
    facts: Mapping[int, Facts],
    read: Iterable[Readings],
    tables: Sequence[Exports],
) -> dict[str, Pieces]:
    """All that is kept of a run. Raises ValueError where it cannot be written."""
    whole = list(finals)
    told = [_ENCODER.encode(facts[n]) if n in facts else b"" for n in range(len(whole))]
    seen = [_ENCODER.encode(readings) for readings in read]
    base = msgspec.structs.replace(
        base,
        finals=[len(data) for data in whole],
        facts=[len(data) for data in told],
        read=[len(data) for data in seen],
    )
    return {
        BASE: _ENCODER.encode(base),
        FINALS: whole,
        FACTS: told,
        TABLES: _ENCODER.encode(tables),
        READ: seen,
    }


_ENCODER = msgspec.msgpack.Encoder()
