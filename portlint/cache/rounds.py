"""Files and a round -> their outcomes, of which only those are worked for that are not known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.cache.memory import Key, Memory
from portlint.discover import File
from portlint.feed import Feed, Hooks, Tell
from portlint.glances import glances
from portlint.passes import CRASHED, Before, Job, Outcome
from portlint.reading import Export, FileResult
from portlint.source.doors import Pair
from portlint.source.glance import Glance
from portlint.source.imports import between, meanings, starts_of
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.spread import Setting, at_once, in_turn
from portlint.turns import Turn

Progress = Callable[[int], object]
Watched = Mapping[str, Collection[Pair]]


class Round(NamedTuple):
    """A further reading of files: with what other modules export, and what it was before.

    `watched` are imports, by module, of which the guards are asked for.
    """

    exports: Exporting
    watched: Watched
    before: Before


class Looked(NamedTuple):
    """What Python files import, by name, and the files of which no earlier run knows anything."""

    glances: dict[str, Glance]
    new: frozenset[str]


def look(files: Sequence[File], memory: Memory | None) -> Looked:
    """Have a first glance at the Python files."""
    python = [file for file in files if file.kind == "python"]
    every = frozenset(file.name for file in files)
    if memory is None:
        return Looked(glances(python), every)
    nothing = not memory.kept.known
    keys = {file.name: key for file in python if (key := memory.key(file, b"glance")) is not None}
    found: dict[str, Glance] = {}
    for name, key in keys.items():
        if (outcome := _kept(memory, key)) is not None:
            found[name] = Glance(outcome.result.imports, outcome.result.inner)
    fresh = glances([file for file in python if file.name not in found])
    for name in fresh.keys() & keys.keys():
        imports, inner = fresh[name]
        told = FileResult(path=name, imports=imports, inner=inner)
        memory.kept.add(keys[name], Outcome(told, []))
    return Looked({**found, **fresh}, every if nothing else frozenset(fresh))


def first(
    turns: Sequence[Turn],
    setting: Setting,
    memory: Memory | None,
    tell: Tell,
    progress: Progress,
    new: Collection[str],
) -> Feed:
    """The first reading, in which files see what those export that were read before them.

    The `new` ones are surely to be read; others where they see something else than before.
    """
    job = Job(Exporting(), setting.roots, setting.everything)
    if memory is None:
        return in_turn(turns, setting, job, tell, Hooks(progress=progress))
    known = _Known(setting, memory)

    def ask(turn: Turn, exports: Exporting) -> Outcome | None:
        return known.ask(turn, job._replace(exports=exports))

    size = sum(turn.size for turn in turns if turn.file.name in new)
    return in_turn(turns, setting, job, tell, Hooks(ask, known.keep, progress, size))


def again(
    turns: Sequence[Turn], setting: Setting, memory: Memory | None, asked: Round
) -> list[Outcome]:
    """A further reading, by name, of the files that see something new."""
    job = Job(asked.exports, setting.roots, setting.everything, asked.watched, asked.before)
    if memory is None:
        return at_once(turns, setting, job)
    known = _Known(setting, memory)
    return at_once(turns, setting, job, Hooks(lambda turn, _: known.ask(turn, job), known.keep))


class _Known:
    """What is known of turns, by all that their outcomes depend on."""

    def __init__(self, setting: Setting, memory: Memory) -> None:
        self.setting = setting
        self.memory = memory
        self.keys: dict[str, Key] = {}
        self.said: dict[bool, bytes] = {}
        self.whole: dict[tuple[int, int], bytes] = {}
        self.homes: dict[str, tuple[Mapping[str, Export], bytes]] = {}

    def ask(self, turn: Turn, job: Job) -> Outcome | None:
        """The outcome of a turn. Raises KeyError."""
        name = turn.file.name
        key = self.memory.key(turn.file, self._said(job), self._seen(turn, job))
        if key is None:
            raise KeyError(name)
        self.keys[name] = key
        try:
            return self.memory.kept.outcome(key)
        except (msgspec.MsgspecError, ValueError) as error:
            raise KeyError(name) from error

    def keep(self, turn: Turn, outcome: Outcome | None) -> None:
        """A turn was worked for."""
        key = self.keys.get(turn.file.name)
        if key is not None and not is_accident(outcome):
            self.memory.kept.add(key, outcome)

    def _said(self, job: Job) -> bytes:
        """A digest of what holds for a whole reading."""
        is_first = job.before is None
        if is_first not in self.said:
            setting = self.setting
            told = (setting.everything, sorted(setting.own), list(setting.roots), is_first)
            self.said[is_first] = digest(told)
        return self.said[is_first]

    def _seen(self, turn: Turn, job: Job) -> bytes:
        """A digest of what a file can see of other files, and of what is asked of its imports."""
        before, limit = job.before, turn.limit
        if before is None:
            return self._part(turn, job.exports, limit)
        module = module_name(turn.file.name)[0]
        asked = [sorted(watched.get(module, ())) for watched in (job.watched, before.watched)]
        parts = (self._part(turn, job.exports, None), self._part(turn, before.exports, limit))
        return digest((asked, parts))

    def _part(self, turn: Turn, exports: Exporting, limit: int | None) -> bytes:
        """A digest of what a file may see of what others export.

        Of a notebook nobody knows what it imports.
        """
        if turn.glance is None:
            return self._all(exports) if turn.file.kind == "notebook" else b""
        if not exports.table:
            return b""
        module, package = module_name(turn.file.name)
        starts = starts_of(module, package, self.setting.roots)
        pairs = between(module, turn.glance.imports)
        table = exports.table
        reached = sorted(set(meanings(pairs, starts, exports.modules)))
        seen = [
            (home, name, table[home].get(name) if name else self._home(home, table[home]))
            for home, name in reached
            if exports.tells(home, limit)
        ]
        return digest(seen) if seen else b""

    def _home(self, module: str, names: Mapping[str, Export]) -> bytes:
        """A digest of all that a module exports."""
        known = self.homes.get(module)
        if known is None or known[0] is not names:
            known = self.homes[module] = (names, digest(names))
        return known[1]

    def _all(self, exports: Exporting) -> bytes:
        key = (id(exports), len(exports.table))
        if key not in self.whole:
            self.whole[key] = digest(exports.table)
        return self.whole[key]


def _kept(memory: Memory, key: Key) -> Outcome | None:
    try:
        return memory.kept.outcome(key)
    except (KeyError, msgspec.MsgspecError, ValueError):
        return None


def is_accident(outcome: Outcome | None) -> bool:
    """Whether another run may end otherwise: a worker died, or portlint failed."""
    if outcome is None:
        return False
    return bool(outcome.result.crashes) or outcome.result.not_analysed == CRASHED


def digest(value: object) -> bytes:
    """Of a value that can be written."""
    return hashlib.blake2b(_ENCODER.encode(value), digest_size=16).digest()


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
