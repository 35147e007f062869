"""Turns -> their outcomes, where all that these depend on is what it was when they were kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from portlint.cache.memory import Key, Memory
from portlint.feed import Unknown
from portlint.job import Job
from portlint.passes import CRASHED, Outcome
from portlint.reading import Export
from portlint.source.imports import between, meanings, starts_of
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.spread import Setting
from portlint.turns import Turn


class Known:
    """What is known of turns, by all that their outcomes depend on."""

    def __init__(self, setting: Setting, memory: Memory) -> None:
        self.setting = setting
        self.memory = memory
        self.keys: dict[str, Key] = {}
        self.said: dict[bool, bytes] = {}
        self.whole: dict[tuple[int, int], bytes] = {}
        self.homes: dict[str, tuple[Mapping[str, Export], bytes]] = {}

    def ask(self, turn: Turn, job: Job) -> Outcome | None:
        """The outcome of a turn. Raises Unknown."""
        name = turn.file.name
        key = self.memory.key(turn.file, self._said(job), self._seen(turn, job))
        if key is None:
            raise Unknown(name)
        self.keys[name] = key
        try:
            return self.memory.kept.outcome(key)
        except (KeyError, msgspec.MsgspecError, ValueError) as error:
            raise Unknown(name) from error

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


def is_accident(outcome: Outcome | None) -> bool:
    """Whether another run may end otherwise: a worker died, or portlint failed."""
    if outcome is None:
        return False
    return bool(outcome.result.crashes) or outcome.result.not_analysed == CRASHED


def digest(value: object) -> bytes:
    """Of a value that can be written."""
    return hashlib.blake2b(_ENCODER.encode(value), digest_size=16).digest()


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
