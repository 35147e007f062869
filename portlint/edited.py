"""A few edited files and what the last run left -> their outcomes, if only these can be others.

What other files see of an edited one, and what they were told when they asked for its text, has to
be what it was; then its own sightings are taken through the passes over all files as these ended.
Whatever is in doubt is left to those passes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from portlint import barred
from portlint.cache import archive
from portlint.cache.known import is_accident
from portlint.cache.memory import Memory
from portlint.cache.stamps import UNREAD
from portlint.cache.standing import Exports, Readings, Standing, lean, standing
from portlint.callers import behind as replaced
from portlint.callers import defaults, says
from portlint.discover import File
from portlint.facts import Facts, is_free, same, units
from portlint.hosts import hosted
from portlint.job import Before, Job
from portlint.lifted import counting, sites, telling
from portlint.model import Span
from portlint.noted import interface, is_open
from portlint.passes import Outcome, start
from portlint.reached import behind
from portlint.reading import FileResult
from portlint.reread import lines_of, text_of
from portlint.rounds import changed
from portlint.source.modules import module_name, not_its_own
from portlint.source.relevant import Exporting
from portlint.source.telling import Seeds
from portlint.spelled import MARGIN
from portlint.spread import Setting, at_once
from portlint.turns import Turn
from portlint.uncollected import uncollected
from portlint.units import Unit, units_of


class Differs(Exception):
    """An edit that other files may see."""


class Codes(NamedTuple):
    """Rules of devices that are defaults, and of calls of operators."""

    defaults: Collection[str]
    calls: Collection[str]


class Edit(NamedTuple):
    """What the last run left, and the new outcomes, by number, of the files that were edited."""

    known: Standing
    names: Sequence[str]
    new: Mapping[int, Outcome]

    def outcomes(self) -> list[Outcome] | None:
        """All outcomes by name; None where those of the last run cannot be read."""
        with uncollected(), contextlib.suppress(*archive.TORN):
            kept = enumerate(self.known.outcomes(self.names))
            return [self.new.get(n, old) for n, old in kept]
        return None


def edited(
    files: Sequence[File],
    setting: Setting,
    own: Mapping[str, set[str]],
    codes: Codes,
    memory: Memory,
    key: bytes,
) -> Edit | None:
    """None where all files have to be looked at."""
    with contextlib.suppress(Differs, *archive.TORN):
        known = standing(memory, key)
        names = sorted(file.name for file in files)
        if known is None or len(known.base.digests) != 16 * len(names):
            return None
        held = [memory.now[name].digest for name in names]
        then = known.base.digests
        changed = [n for n in range(len(names)) if held[n] != then[16 * n : 16 * n + 16]]
        if UNREAD in held or not 0 < len(changed) <= MARGIN:
            return None
        edit = _Edit(setting, own, codes, known)
        places = {file.name: file for file in files}
        told = zip(changed, known.facts(changed), known.readings(changed), strict=True)
        new = {n: edit.outcome(places[names[n]], facts, seen) for n, facts, seen in told}
        return Edit(known, names, new)
    return None


class _Edit:
    """Takes one edited file after the other through all passes."""

    def __init__(
        self,
        setting: Setting,
        own: Mapping[str, set[str]],
        codes: Codes,
        known: Standing,
    ) -> None:
        self.rules = setting.catalog
        self.setting = setting
        self.own = own
        self.codes = codes
        self.known = known
        self.base = known.base
        self._tables: dict[int, Exports] = {}

    def _table(self, number: int) -> Exports:
        """What modules exported before a further round."""
        number %= len(self.base.again)
        if number not in self._tables:
            self._tables[number] = self.known.table(number)
        return self._tables[number]

    def outcome(self, file: File, facts: Facts, before: Readings) -> Outcome:
        """The last outcome of an edited file. Raises Differs."""
        outcome = self._read(file, before)
        result = behind(not_its_own(outcome.result, self.own), self.base.unreached.get(file.name))
        result = self._defaults(result, file, before)
        result = hosted(result, frozenset(self.codes.calls), self.base.homes)
        return lean(outcome._replace(result=self._lifted(result, file, facts)))

    def _read(self, file: File, before: Readings) -> Outcome:
        """What the rounds give, if others see the same of it after each."""
        module = module_name(file.name)[0]
        turn = Turn(file, limit=before.limit)
        first = Exporting(self._table(0), self.base.told)
        outcome = self._one(turn, Job(first, self.setting.roots, self.setting.everything))
        assert outcome is not None
        seen: list[bytes | None] = [interface(outcome.result)]
        _agree(not is_accident(outcome))
        if module in self.base.closed:
            _agree(is_open(outcome.result) == before.open)
        _agree(outcome.result.hosted == before.hosted)
        for number, again in enumerate(self.base.again):
            if module not in again or file.kind not in ("python", "notebook"):
                continue
            found = self._again(turn, module, number)
            seen.append(interface(found.result) if found else None)
            outcome = found or outcome
            _agree(not is_accident(outcome))
        _agree(seen == before.seen)
        return outcome

    def _again(self, turn: Turn, module: str, number: int) -> Outcome | None:
        """A file in a further round; None where it sees nothing new in it."""
        pairs = self.base.watched.get(module)
        watched = {module: frozenset(pairs)} if pairs else {}
        table = self._table(number)
        if number:
            now, earlier = Exporting(table), self._table(number - 1)
            before = Before(Exporting(earlier), watched, changed(earlier, table))
        else:
            now = Exporting(table, self.base.told)
            before = Before(now, {})
        job = Job(now, self.setting.roots, self.setting.everything, watched, before)
        return self._one(turn, job)

    def _one(self, turn: Turn, job: Job) -> Outcome | None:
        return next(iter(at_once([turn], self.setting, job)), None)

    def _defaults(self, result: FileResult, file: File, before: Readings) -> FileResult:
        """The result with the defaults guarded that calls replace."""

        def read(_: str) -> str:
            return text_of(file.where)

        found = list(defaults(result, self.codes.defaults, read))
        _agree([default for _, default in found] == [default for default, _ in before.given])
        wanted = {(path, span): default for path, span, default in self.base.wanted}
        _agree(len(wanted) == len(self.base.wanted))
        _agree(says(result, wanted, read) == before.said)
        counts = zip(found, before.given, strict=True)
        given = {(file.name, span): count for (span, _), (_, count) in counts if count}
        return replaced(result, frozenset(self.codes.defaults), given)

    def _lifted(self, result: FileResult, file: File, facts: Facts) -> FileResult:
        """The result with what stands in barred units guarded."""
        if not barred.is_live(result):
            return result
        codes = counting(self.rules)
        spans = barred.places(result, codes)
        asked = self.base.asked
        if asked is None:
            _agree(not spans or self._is_closed(file.name))
            return result
        data = lines_of(file.where)
        index = start(self.rules, self.setting.own)
        table = self._table(-1) if facts.looked or facts.tests else {}
        look = sites({file.name: result.imports}, table, self.setting.roots, index)
        told = Seeds(telling(table, index))
        _agree(same(facts, asked, data, told, lambda t, m: look(file.name, t, m)))
        around = {}
        if spans and not self._is_closed(file.name):
            around = _around(data, file.name, spans)
        now = {unit.qualified: unit for listed in around.values() for unit in listed}
        held = {q for q, unit in now.items() if q not in facts.open and not is_free(unit)}
        _agree(held == set(facts.held))
        why = {Unit(file.name, qualified): words for qualified, words in facts.why.items()}
        return barred.behind(result, {(file.name, s): u for s, u in around.items()}, why)

    def _is_closed(self, path: str) -> bool:
        """Whether a whole file does not run on a Neuron host."""
        return path in self.base.shut


def _around(data: bytes, path: str, places: barred.Places) -> dict[Span, list[Unit]]:
    """The units around places of a file, as the lifting of guards has them."""
    left = [span for span, names in places.items() if names is None]
    told = {span: units_of(path, names) for span, names in places.items() if names is not None}
    return told | units(data.decode("utf-8", "replace"), path, left) if left else told


def _agree(agrees: bool) -> None:
    if not agrees:
        raise Differs
