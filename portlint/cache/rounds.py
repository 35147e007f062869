"""Files and a round -> their outcomes, of which only those are worked for that are not known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.cache.known import Known
from portlint.cache.memory import Key, Memory
from portlint.crew import Crew
from portlint.discover import File
from portlint.feed import Feed, Hooks, Tell
from portlint.glances import glances
from portlint.job import Before, Job
from portlint.passes import Outcome
from portlint.reading import FileResult
from portlint.source.doors import Pair
from portlint.source.glance import Glance
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


def look(files: Sequence[File], memory: Memory | None, crew: Crew | None) -> Looked:
    """Have a first glance at the Python files."""
    python = [file for file in files if file.kind == "python"]
    every = frozenset(file.name for file in files)
    if memory is None:
        return Looked(glances(python, crew), every)
    nothing = not memory.kept.known
    keys = {file.name: key for file in python if (key := memory.key(file, b"glance")) is not None}
    found: dict[str, Glance] = {}
    for name, key in keys.items():
        if (outcome := _kept(memory, key)) is not None:
            found[name] = Glance(outcome.result.imports, outcome.result.inner)
    fresh = glances([file for file in python if file.name not in found], crew)
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
    known = Known(setting, memory)

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
    known = Known(setting, memory)
    return at_once(turns, setting, job, Hooks(lambda turn, _: known.ask(turn, job), known.keep))


def _kept(memory: Memory, key: Key) -> Outcome | None:
    try:
        return memory.kept.outcome(key)
    except (KeyError, msgspec.MsgspecError, ValueError):
        return None
