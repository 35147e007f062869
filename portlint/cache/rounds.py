"""Files and a round -> their outcomes, of which only those are worked for that are not known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from portlint.cache.memory import Key, Memory
from portlint.discover import File
from portlint.passes import CRASHED, Outcome
from portlint.source.doors import Pair
from portlint.source.imports import Table, between, meanings, starts_of
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.spread import Setting, run

Imports = Mapping[str, tuple[Pair, ...]]
Progress = Callable[[int], None]


class Round(NamedTuple):
    """A reading of files: the first, or one with a table of what other modules export.

    `before` is the table they were read with last. `imports` are those of the files that could be
    read: they say what of the tables one can see.
    """

    table: Table | None = None
    watched: Mapping[str, Collection[Pair]] | None = None
    before: Table | None = None
    imports: Imports = MappingProxyType({})


def outcomes(
    files: Sequence[File],
    setting: Setting,
    memory: Memory | None,
    asked: Round,
    progress: Progress = lambda done: None,
) -> list[Outcome]:
    """What `portlint.spread.run` gives, by name; the outcomes of this round become known."""

    def work(left: Sequence[File]) -> list[Outcome]:
        return run(left, setting, asked.table, progress, asked.watched, asked.before)

    if memory is None:
        return work(files)
    keys = _keys(files, setting, memory, asked)
    found: dict[str, Outcome | None] = {}
    for file in files:
        try:
            found[file.name] = memory.kept.outcome(keys[file.name])
        except (KeyError, msgspec.MsgspecError, ValueError):
            continue
    progress(len(found))
    left = [file for file in files if file.name not in found]
    fresh = {outcome.result.path: outcome for outcome in work(left)} if left else {}
    for file in left:
        outcome = found[file.name] = fresh.get(file.name)
        if (key := keys.get(file.name)) is not None and not is_accident(outcome):
            memory.kept.add(key, outcome)
    done = [outcome for outcome in found.values() if outcome is not None]
    return sorted(done, key=lambda outcome: outcome.result.path)


def is_accident(outcome: Outcome | None) -> bool:
    """Whether another run may end otherwise: a worker died, or portlint failed."""
    if outcome is None:
        return False
    return bool(outcome.result.crashes) or outcome.result.not_analysed == CRASHED


def _keys(files: Sequence[File], setting: Setting, memory: Memory, asked: Round) -> dict[str, Key]:
    """Of each file what its outcome depends on; none for those of which nothing can be known."""
    whole = (setting.everything, sorted(setting.own), list(setting.roots))
    said = digest((*whole, asked.table is None))
    tables = [Exporting.of(table) for table in (asked.table or {}, asked.before or {})]
    keys = {}
    for file in files:
        rest = b"" if asked.table is None else digest(_seen(file, setting, asked, tables))
        key = memory.key(file, said, rest)
        if key is not None:
            keys[file.name] = key
    return keys


def _seen(file: File, setting: Setting, asked: Round, tables: Sequence[Exporting]) -> object:
    """What a file can see of the tables, and what is asked of its imports."""
    module, package = module_name(file.name)
    watched = sorted((asked.watched or {}).get(module, ()))
    imported = asked.imports.get(file.name)
    if file.kind != "python" or imported is None:
        return (watched, asked.table, asked.before)
    starts = starts_of(module, package, setting.roots)
    pairs = between(module, imported)
    seen = [
        [
            (home, name, table[home].get(name) if name else table[home])
            for home, name in sorted(set(meanings(pairs, starts, modules)))
        ]
        for table, modules in tables
    ]
    return (watched, bool(asked.before), seen)


def digest(value: object) -> bytes:
    """Of a value that can be written."""
    return hashlib.blake2b(_ENCODER.encode(value), digest_size=16).digest()


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
