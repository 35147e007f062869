"""Files -> what each gave: read again where other files say what their names mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.cache.memory import Memory
from portlint.cache.rounds import Round, again, first, look
from portlint.discover import File
from portlint.job import Before
from portlint.noted import Noted, noted
from portlint.once import Once
from portlint.passes import Outcome
from portlint.reached import closed_of, questions, reach
from portlint.reading import Export, FileResult
from portlint.source.importers import Importers, importers, late, readers, taken
from portlint.source.modules import module_name, passed_on
from portlint.source.relevant import Exporting
from portlint.spread import Setting
from portlint.turns import Turn, turns

PYTHON = ("python", "notebook")
ROUNDS = 4
"""How often files are read again: for names that are passed on in circles, and for guards."""
Exports = dict[str, dict[str, Export]]
Packages = Mapping[str, set[str]]


class Rounds(NamedTuple):
    """The last outcome of each file, and how it came to that.

    `turns` are those of the first reading, and `told` the turn in which each module was heard.
    `watched` are imports by module of which the guards were asked for, `closed` modules of which it
    matters whether something in them is open, `known` what modules export. What was `noted` of the
    first reading and of each further one, with what was known then, is for the memory of a run.
    """

    done: dict[str, Outcome]
    turns: Sequence[Turn]
    told: Mapping[str, int]
    watched: Mapping[str, set[tuple[str, str]]]
    closed: set[str]
    known: Exports
    noted: list[Noted]
    tables: list[Exports]
    again: list[list[str]]


def read(
    files: Sequence[File],
    setting: Setting,
    own: Packages,
    memory: Memory | None,
    step: Callable[[int], None],
) -> Rounds:
    """Both passes over all files, in the order of their imports; some files more than once.

    `own` are the audited packages with the folders that they stand in.
    """
    seen = look(files, memory, setting.crew)
    order = turns(files, seen.glances, setting.roots)

    def tell(outcome: Outcome) -> Mapping[str, Export]:
        return exported(outcome.result, own)

    fed = first(order, setting, memory, tell, step, seen.new)
    done = {outcome.result.path: outcome for outcome in fed.outcomes}
    rounds = Rounds(done, order, fed.exports.turns, *_asked(done.values(), setting), {}, [], [], [])
    if memory is not None:
        rounds.noted.append(noted(done))
    del seen, fed  # what was told turn by turn is told as a whole from here on
    return _again(setting, own, memory, rounds)


def _asked(
    outcomes: Iterable[Outcome], setting: Setting
) -> tuple[dict[str, set[tuple[str, str]]], set[str]]:
    """The imports whose guards are asked for, and the modules that may be closed."""
    arranged = reach((outcome.result for outcome in outcomes), setting.roots)
    closed = closed_of(arranged)
    return questions(arranged, closed), closed


def _again(setting: Setting, own: Packages, memory: Memory | None, rounds: Rounds) -> Rounds:
    """Read files until none learns anything new from the others."""
    done, known = rounds.done, rounds.known
    graph = importers((outcome.result for outcome in done.values()), setting.roots)
    python = [turn for turn in rounds.turns if turn.file.kind in PYTHON]
    once: Once[Export] = Once()
    for number in range(ROUNDS):
        table = taken(graph, exports((outcome.result for outcome in done.values()), own, once))
        asked, concerned = (_later if number else _second)(graph, rounds, known, table)
        listed = [turn for turn in python if module_name(turn.file.name)[0] in concerned]
        found = {o.result.path: o for o in again(listed, setting, memory, asked)}
        done |= found
        if memory is not None:
            rounds.tables.append(table)
            rounds.again.append(sorted(concerned))
            rounds.noted.append(noted({t.file.name: found.get(t.file.name) for t in listed}))
        known = table
        if not found:
            break
    return rounds._replace(known=known)


def _second(
    graph: Importers, rounds: Rounds, known: Exports, table: Exports
) -> tuple[Round, set[str]]:
    """What was told too late, and the guards of imports that somebody asks for."""
    limits: dict[str, int] = {}
    for turn in rounds.turns:
        if turn.file.kind in PYTHON:
            module, limit = module_name(turn.file.name)[0], turn.limit or 0
            limits[module] = min(limit, limits.get(module, limit))
    now = Exporting(table, rounds.told)
    concerned = late(graph, table, rounds.told, limits).union(rounds.watched)
    return Round(now, rounds.watched, Before(now, {})), concerned


def _later(
    graph: Importers, rounds: Rounds, known: Exports, table: Exports
) -> tuple[Round, set[str]]:
    """What is other than in the last reading."""
    before = Before(Exporting(known), rounds.watched, changed(known, table))
    return Round(Exporting(table), rounds.watched, before), readers(graph, known, table)


def changed(before: Exports, now: Exports) -> tuple[Exporting, Exporting]:
    """The parts of two tables that are not the same."""
    return Exporting(_besides(before, now)), Exporting(_besides(now, before))


def _besides(table: Exports, other: Exports) -> Exports:
    """What one table has that is not so in another."""
    found = {
        module: {n: item for n, item in names.items() if other.get(module, {}).get(n) != item}
        for module, names in table.items()
    }
    return {module: names for module, names in found.items() if names}


def exports(results: Iterable[FileResult], own: Packages, once: Once[Export]) -> Exports:
    """Module -> name -> meaning, for every module that has something to say."""
    found = ((module_name(result.path)[0], exported(result, own)) for result in results)
    return {module: {n: once(item) for n, item in told.items()} for module, told in found if told}


def exported(result: FileResult, own: Packages) -> dict[str, Export]:
    """Name -> meaning of what one file has to say; on whatever line."""
    return {
        name: msgspec.structs.replace(export, line=0) if export.line else export
        for name, export in (passed_on(result, own) if result.exports else {}).items()
    }
