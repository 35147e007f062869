"""The processes of a run: begun when there is work for several, and kept for what comes after it.

They begin while the run is small and share what it has loaded by then; of what came later they are
sent what they need.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    from portlint.processes import Executor

T = TypeVar("T")
R = TypeVar("R")


class Crew:
    """So many processes, each of which does one thing after the other.

    `prepare` is done before the first of them begins, and by each that shares nothing.
    """

    def __init__(self, size: int, prepare: Callable[[], object]) -> None:
        self.size = size
        self.prepare = prepare
        self.executors: dict[int, Executor] = {}

    def submit(self, worker: int, work: Callable[..., R], *told: Any) -> Future[R]:
        """Have a process do something. Raises BrokenProcessPool if it died before."""
        from portlint.processes import opened, uninterrupted

        with uninterrupted():
            if worker not in self.executors:
                if not self.executors:
                    self.prepare()
                self.executors[worker] = opened(self.prepare)
            return self.executors[worker].submit(work, *told)

    def each(self, work: Callable[[T], R], parts: Sequence[T]) -> Iterator[R]:
        """What comes of each part, in order; what a process that died leaves is done here."""
        from concurrent.futures.process import BrokenProcessPool

        def asked(worker: int, part: T) -> Future[R]:
            try:
                return self.submit(worker, work, part)
            except BrokenProcessPool:  # it died of an earlier part
                self.end(worker)
                return self.submit(worker, work, part)

        waiting = [asked(at % self.size, part) for at, part in enumerate(parts)]
        waiting.reverse()
        for at, part in enumerate(parts):
            try:
                found = waiting.pop().result()
            except BrokenProcessPool:
                self.end(at % self.size)
                found = work(part)
            yield found

    def end(self, worker: int) -> None:
        """End a process; what is asked of it next a new one does."""
        if worker in self.executors:
            self.executors.pop(worker).shutdown()

    def close(self) -> None:
        """End the processes, which have nothing more to do."""
        for worker in list(self.executors):
            self.end(worker)

    def abandon(self) -> None:
        """End the processes without waiting for what they do."""
        if self.executors:
            from portlint.processes import abandon

            abandon(self.executors.values())
            self.executors.clear()


@contextlib.contextmanager
def crew(size: int, prepare: Callable[[], object]) -> Iterator[Crew | None]:
    """Processes that end with what is done in here; none where one is enough."""
    made = Crew(size, prepare) if size > 1 else None
    try:
        yield made
    except BaseException:
        if made:
            made.abandon()
        raise
    if made:
        made.close()
