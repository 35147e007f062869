"""Parts of work -> results from several processes, whatever one part does to its process."""

import concurrent.futures
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from portlint.crew import Crew
from portlint.processes import Executor

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", contravariant=True)
AHEAD = 2
"""Parts that a process has at most, so that it need not wait for the next one."""


class Feed(Protocol[T, S]):
    """What there is to do, and who is told of what was done."""

    def part(self) -> list[T] | None:
        """Some of what can be done now; None where all of it waits for what is in work."""

    def message(self, worker: int, part: Sequence[T]) -> Any:
        """What a worker needs to do a part."""

    def begun(self, worker: int) -> None:
        """A worker is to be a new process."""

    def done(self, part: Sequence[T], result: S | None) -> None:
        """A part has its result; one without is a single thing that ends its process."""


class _Task(NamedTuple, Generic[T]):
    """A part in work, or ahead of it."""

    worker: int
    executor: Executor
    part: list[T]
    alone: bool


def spread(feed: Feed[T, R], work: Callable[[Any], R], crew: Crew) -> None:
    """Have everything done that a feed has.

    What a dying process took along is done again, each piece in a new process.
    """
    team = _Team(feed, work, crew)
    while team.hand_out():
        team.take()


class _Team(Generic[T, R]):
    """Processes, each with a part in work and one that it goes on with without waiting."""

    def __init__(self, feed: Feed[T, R], work: Callable[[Any], R], crew: Crew) -> None:
        self.feed = feed
        self.work = work
        self.crew = crew
        self.lost: deque[T] = deque()
        self.running: dict[concurrent.futures.Future[R], _Task[T]] = {}

    def hand_out(self) -> bool:
        """Give idle processes something to do, if there is any; whether one is at work.

        What was lost is done when nothing else can be, each piece by itself.
        """
        while (worker := self._free()) is not None and (part := self.feed.part()) is not None:
            self._submit(worker, part, alone=False)
        if self.lost and not self.running:
            self._end(0)
            self._submit(0, [self.lost.popleft()], alone=True)
        return bool(self.running)

    def _free(self) -> int | None:
        """The process with the fewest parts, if it can have one more."""
        parts = Counter(task.worker for task in self.running.values())
        worker = min(range(self.crew.size), key=parts.__getitem__)
        return worker if parts[worker] < AHEAD else None

    def _submit(self, worker: int, part: list[T], alone: bool) -> None:
        try:
            future = self.crew.submit(worker, self.work, self.feed.message(worker, part))
        except BrokenProcessPool:  # it died while it had nothing to do
            self._end(worker)
            self._submit(worker, part, alone)
        else:
            executor = self.crew.executors[worker]
            self.running[future] = _Task(worker, executor, part, alone)

    def _end(self, worker: int) -> None:
        """End a process; the next one knows nothing of what this one was told."""
        self.crew.end(worker)
        self.feed.begun(worker)

    def take(self) -> None:
        """Wait for one that is done, and take what it found."""
        first = concurrent.futures.FIRST_COMPLETED
        for future in concurrent.futures.wait(self.running, return_when=first).done:
            worker, executor, part, alone = self.running.pop(future)
            try:
                self.feed.done(part, future.result())
            except BrokenProcessPool:
                if self.crew.executors.get(worker) is executor:  # no other has taken its place
                    self._end(worker)
                if alone:
                    self.feed.done(part, None)
                else:
                    self.lost.extend(part)
