"""Files -> what they gave: both passes, and again where other files say what their names mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import msgspec

from portlint.cache.memory import Memory
from portlint.cache.rounds import Round, digest
from portlint.cache.rounds import outcomes as outcomes_of
from portlint.callers import met
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import File
from portlint.edited import Codes, edited
from portlint.hosts import with_hosts
from portlint.left import Rounds, leave
from portlint.lifted import lifted
from portlint.passes import Outcome
from portlint.reached import behind, closed_of, hidden, questions, reach
from portlint.reading import Export, FileResult
from portlint.reread import text_of
from portlint.source.importers import importers, readers, taken
from portlint.source.modules import around, module_name, not_its_own, packages, source_roots
from portlint.spread import Setting

PYTHON = ("python", "notebook")
ROUNDS = 4
"""How many modules a name may be passed on through before it is used."""


def analyse(
    files: Sequence[File],
    rules: Catalog,
    config: Config,
    step: Callable[[int], None],
    beside: Sequence[File] = (),
    memory: Memory | None = None,
) -> list[Outcome]:
    """Both passes over all files; files that import a telling name are read again with it known.

    Files `beside` are not read: their names tell which modules are the audited code's own. What
    the `memory` of earlier runs has is not worked for again.
    """
    python = [file for file in files if file.kind in PYTHON]
    names = [file.name for file in (*python, *beside) if file.kind in PYTHON]
    own, roots = packages(names), source_roots(names)
    setting = Setting(
        rules,
        config.jobs or os.cpu_count() or 1,
        roots,
        frozenset(around(own, names)),
        config.no_triage,
    )
    codes = Codes(_codes(rules, "devices:device_default"), _codes(rules, "ops:op_call"))
    key = b""
    if memory is not None:
        listed = [sorted((f.name, f.kind) for f in part) for part in (files, beside)]
        key = digest((rules.digest, setting.everything, listed))
        if not config.audit and (left := edited(files, setting, own, codes, memory, key)):
            step(len(files))
            return left
    done = {o.result.path: o for o in outcomes_of(files, setting, memory, Round(), step)}
    graph = importers((outcome.result for outcome in done.values()), roots)
    first = {path: outcome.result for path, outcome in done.items()}
    arranged = reach((outcome.result for outcome in done.values()), roots)
    closed = closed_of(arranged)
    watched = questions(arranged, closed)
    rounds = Rounds(dict(done), watched, closed, [], [], [])
    known: dict[str, dict[str, Export]] = {}
    concerned = set(watched)
    for _ in range(ROUNDS):
        table = taken(graph, exports(outcome.result for outcome in done.values()))
        concerned |= readers(graph, known, table)
        again = [file for file in python if module_name(file.name)[0] in concerned]
        asked = Round(table, watched, not known, first)
        read = {o.result.path: o for o in outcomes_of(again, setting, memory, asked)}
        done |= read
        if memory is not None:
            rounds.tables.append(table)
            rounds.again.append(sorted(concerned))
            rounds.read.append({file.name: read.get(file.name) for file in again})
        known, concerned = table, set()
    unreached = hidden(reach((outcome.result for outcome in done.values()), roots))
    outcomes = [
        done[path]._replace(result=behind(not_its_own(done[path].result, own), unreached.get(path)))
        for path in sorted(done)
    ]
    paths = {file.name: file.path for file in python}
    results = [outcome.result for outcome in outcomes]
    found = met(results, codes.defaults, lambda name: text_of(paths[name]))
    results = with_hosts(found.results, codes.calls)
    outcomes = [o._replace(result=result) for o, result in zip(outcomes, results, strict=True)]
    last = lifted(outcomes, rules, python, unreached, setting, known)
    if memory is not None:
        leave(memory, key, rounds, unreached, found, last)
    return last.outcomes


def _codes(rules: Catalog, detector: str) -> list[str]:
    return [rule.code for rule in rules.rules.values() if detector in rule.detectors]


def exports(results: Iterable[FileResult]) -> dict[str, dict[str, Export]]:
    """Module -> name -> meaning, for every module that has something to say; on whatever line."""
    return {
        module_name(result.path)[0]: {
            name: msgspec.structs.replace(export, line=0) if export.line else export
            for name, export in result.exports.items()
        }
        for result in results
        if result.exports
    }
