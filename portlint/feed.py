"""Turns -> parts of work, as soon as what they wait for was read, and what came of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from portlint.job import Job, News, Work
from portlint.passes import CRASHED, Outcome, not_analysed
from portlint.reading import Export, Shared
from portlint.source.glance import Glance
from portlint.source.modules import module_name
from portlint.source.relevant import Exporting
from portlint.turns import Turn

CHUNK = 300_000
"""Bytes of files handed to a worker at a time."""
Tell = Callable[[Outcome], Mapping[str, Export]]
"""What a file that was read means to others."""


def nothing(outcome: Outcome) -> Mapping[str, Export]:
    """Of files that are read again others hear later."""
    return {}


class Unknown(Exception):
    """Nobody knows what a turn gives: it has to be read."""


def unknown(turn: Turn, exports: Exporting) -> Outcome | None:
    """Nothing is known."""
    raise Unknown(turn.file.name)


class Hooks(NamedTuple):
    """What knows a turn without reading it, what hears of the others, and of progress.

    To ask for one that is not known raises Unknown. `size` is how many bytes are surely to be
    read, where not all of them are.
    """

    known: Callable[[Turn, Exporting], Outcome | None] = unknown
    keep: Callable[[Turn, Outcome | None], object] = lambda turn, outcome: None
    progress: Callable[[int], object] = lambda done: None
    size: int | None = None


NONE = Hooks()


EMPTY: dict[Any, Any] = {}
"""What most files export and where their cells stand, once for all of them; nobody adds to it."""


def of_turn(outcome: Outcome, turn: Turn) -> Outcome:
    """An equal outcome that has its name, and what a first glance has told, from its turn."""
    found = outcome.result
    imports, inner = turn.glance or Glance(found.imports, found.inner)
    result = msgspec.structs.replace(
        found,
        path=turn.file.name,
        imports=imports,
        inner=inner,
        exports=found.exports or EMPTY,
        cells=found.cells or EMPTY,
    )
    return Outcome(result, outcome.ignores or ())


class Feed:
    """Gives parts to be read and takes what was found, in whatever order that happens.

    `exports` is what was told so far. Who does the work is sent the job with its first part, and
    with each further one the news since the last.
    """

    def __init__(
        self,
        turns: Sequence[Turn],
        job: Job,
        tell: Tell,
        hooks: Hooks,
        jobs: int,
        at_once: bool = False,
    ) -> None:
        self.turns = turns
        self.job = job
        self.tell = tell
        self.hooks = hooks
        self.jobs = jobs
        waits = [0 if at_once else turn.limit or 0 for turn in turns]
        self.waiting = sorted(((wait, at) for at, wait in enumerate(waits)), reverse=True)
        self.ready: list[int] = []
        self.size = 0  # bytes of what is ready
        self.found: dict[int, Outcome | None] = {}
        self.first = 0  # all turns before it are done
        self.same = Shared()
        self.last = {module_name(turn.file.name)[0]: at for at, turn in enumerate(turns)}
        self.told: dict[str, str] = {}
        self.exports = Exporting()
        self.news: list[News] = []
        self.sent: dict[int, int] = {}

    @property
    def outcomes(self) -> list[Outcome]:
        """What was found, by name."""
        done = [outcome for outcome in self.found.values() if outcome is not None]
        return sorted(done, key=lambda outcome: outcome.result.path)

    def part(self) -> list[int] | None:
        """Turns to be done now: fewer at a time where little is ready, so that all have some."""
        self._wake()
        if not self.ready:
            return None
        part: list[int] = []
        size, enough = 0, min(CHUNK, self.size // (2 * self.jobs))
        while self.ready and (size <= enough or not part):
            part.append(heapq.heappop(self.ready))
            size += self.turns[part[-1]].size
        self.size -= size
        return part

    def _wake(self) -> None:
        """Find out which turns wait for nothing any more; those that are known are done."""
        while self.waiting and self.waiting[-1][0] <= self.first:
            _, at = self.waiting.pop()
            turn = self.turns[at]
            try:
                known = self.hooks.known(turn, self.exports)
            except Unknown:
                heapq.heappush(self.ready, at)
                self.size += turn.size
            else:
                self._take(at, known)

    def message(self, worker: int, part: Sequence[int]) -> Work:
        """Turns, and what a worker has to know before them."""
        job = None if worker in self.sent else self.job
        start = self.sent.get(worker, 0)
        self.sent[worker] = len(self.news)
        return Work(job, self.news[start:], [self.turns[at] for at in part])

    def begun(self, worker: int) -> None:
        """A worker is new: it has heard nothing."""
        self.sent.pop(worker, None)

    def done(self, part: Sequence[int], result: Sequence[Outcome | None] | None) -> None:
        """What came of a part; nothing of a file that ended its process."""
        for number, at in enumerate(part):
            turn = self.turns[at]
            outcome = not_analysed(turn.file, CRASHED) if result is None else result[number]
            self.hooks.keep(turn, outcome)
            self._take(at, outcome)

    def _take(self, at: int, outcome: Outcome | None) -> None:
        if outcome is not None:
            outcome = of_turn(outcome, self.turns[at])
            outcome = outcome._replace(result=self.same.of(outcome.result))
            self._hear(outcome)
        self.found[at] = outcome
        while self.first in self.found:
            self.first += 1
        self.hooks.progress(1)

    def _hear(self, outcome: Outcome) -> None:
        """Of two files that are one module the last by name is heard."""
        path = outcome.result.path
        module = module_name(path)[0]
        names = self.tell(outcome) if path >= self.told.get(module, "") else {}
        if names:
            self.told[module] = path
            self.news.append((module, names, self.last[module]))
            self.exports.add(module, names, self.last[module])
