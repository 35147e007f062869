"""Files -> what each gave: read again where other files say what their names mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.cache.memory import Memory
from portlint.cache.rounds import Imports, Round
from portlint.cache.rounds import outcomes as outcomes_of
from portlint.discover import File
from portlint.noted import Noted, noted
from portlint.passes import Outcome
from portlint.reached import closed_of, questions, reach
from portlint.reading import Export, FileResult
from portlint.source.importers import importers, readers, taken
from portlint.source.modules import module_name, passed_on
from portlint.spread import Setting

PYTHON = ("python", "notebook")
ROUNDS = 4
"""How many modules a name may be passed on through before it is used."""
Exports = dict[str, dict[str, Export]]
Packages = Mapping[str, set[str]]


class Rounds(NamedTuple):
    """The last outcome of each file, and how it came to that.

    `watched` are imports by module of which the guards were asked for, `closed` modules of which it
    matters whether something in them is open, `known` what modules export. What was `noted` of the
    first reading and of each further one, with what was known then, is for the memory of a run.
    """

    done: dict[str, Outcome]
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
    """Both passes over all files; files that import a telling name are read again with it known.

    `own` are the audited packages with the folders that they stand in.
    """
    listed = outcomes_of(files, setting, memory, Round(), step)
    done = {outcome.result.path: outcome for outcome in listed}
    rounds = Rounds(done, *_asked(listed, setting), {}, [], [], [])
    if memory is not None:
        rounds.noted.append(noted(done))
    return _again([file for file in files if file.kind in PYTHON], setting, own, memory, rounds)


def _asked(
    outcomes: Sequence[Outcome], setting: Setting
) -> tuple[dict[str, set[tuple[str, str]]], set[str]]:
    """The imports whose guards are asked for, and the modules that may be closed."""
    arranged = reach((outcome.result for outcome in outcomes), setting.roots)
    closed = closed_of(arranged)
    return questions(arranged, closed), closed


def _again(
    python: Sequence[File],
    setting: Setting,
    own: Packages,
    memory: Memory | None,
    rounds: Rounds,
) -> Rounds:
    """Read files until none learns anything new from the others."""
    done, known = rounds.done, rounds.known
    graph = importers((outcome.result for outcome in done.values()), setting.roots)
    imports = _imports(done) if memory is not None else {}
    concerned = set(rounds.watched)
    for _ in range(ROUNDS):
        table = taken(graph, exports((outcome.result for outcome in done.values()), own))
        concerned |= readers(graph, known, table)
        again = [file for file in python if module_name(file.name)[0] in concerned]
        asked = Round(table, rounds.watched, known, imports)
        found = {o.result.path: o for o in outcomes_of(again, setting, memory, asked)}
        done |= found
        if memory is not None:
            rounds.tables.append(table)
            rounds.again.append(sorted(concerned))
            rounds.noted.append(noted({file.name: found.get(file.name) for file in again}))
        known, concerned = table, set()
    return rounds._replace(known=known)


def _imports(done: Mapping[str, Outcome]) -> Imports:
    """What the files import that were read."""
    results = (outcome.result for outcome in done.values())
    return {result.path: result.imports for result in results if not result.not_analysed}


def exports(results: Iterable[FileResult], own: Packages) -> Exports:
    """Module -> name -> meaning, for every module that has something to say; on whatever line."""
    found = ((result, passed_on(result, own)) for result in results if result.exports)
    return {
        module_name(result.path)[0]: {
            name: msgspec.structs.replace(export, line=0) if export.line else export
            for name, export in exported.items()
        }
        for result, exported in found
        if exported
    }
