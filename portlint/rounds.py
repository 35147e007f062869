"""Files -> what they gave: both passes, and again where other files say what their names mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from portlint.cache.memory import Memory
from portlint.cache.rounds import Round
from portlint.cache.rounds import outcomes as outcomes_of
from portlint.callers import met
from portlint.catalog import Catalog
from portlint.config import Config
from portlint.discover import File
from portlint.hosts import with_hosts
from portlint.lifted import lifted
from portlint.passes import Outcome
from portlint.reached import behind, hidden, questions, reach
from portlint.reading import Export, FileResult
from portlint.reread import text_of
from portlint.source.imports import importers, readers, taken
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
    done = {o.result.path: o for o in outcomes_of(files, setting, memory, Round(), step)}
    graph = importers((outcome.result for outcome in done.values()), roots)
    first = {path: outcome.result for path, outcome in done.items()}
    watched = questions(reach((outcome.result for outcome in done.values()), roots))
    known: dict[str, dict[str, Export]] = {}
    concerned = set(watched)
    for _ in range(ROUNDS):
        table = taken(graph, exports(outcome.result for outcome in done.values()))
        concerned |= readers(graph, known, table)
        again = [file for file in python if module_name(file.name)[0] in concerned]
        asked = Round(table, watched, not known, first)
        read = outcomes_of(again, setting, memory, asked)
        done |= {outcome.result.path: outcome for outcome in read}
        known, concerned = table, set()
    unreached = hidden(reach((outcome.result for outcome in done.values()), roots))
    outcomes = [
        done[path]._replace(result=behind(not_its_own(done[path].result, own), unreached.get(path)))
        for path in sorted(done)
    ]
    return lifted(with_others(outcomes, rules, python), rules, python, unreached, setting, known)


def with_others(
    outcomes: Sequence[Outcome], rules: Catalog, files: Sequence[File]
) -> list[Outcome]:
    """The outcomes, with what other files say of them.

    Default devices that no call leaves in place are guarded, and operators that the host has.
    """
    paths = {file.name: file.path for file in files}
    defaults = [r.code for r in rules.rules.values() if "devices:device_default" in r.detectors]
    calls = [r.code for r in rules.rules.values() if "ops:op_call" in r.detectors]
    results = met([o.result for o in outcomes], defaults, lambda name: text_of(paths[name]))
    results = with_hosts(results, calls)
    return [o._replace(result=result) for o, result in zip(outcomes, results, strict=True)]


def exports(results: Iterable[FileResult]) -> dict[str, dict[str, Export]]:
    """Module -> name -> meaning, for every module that has something to say."""
    return {
        module_name(result.path)[0]: dict(result.exports) for result in results if result.exports
    }
