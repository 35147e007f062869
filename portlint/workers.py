"""Parts of work -> results from several processes, whatever one part does to its process."""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", contravariant=True)
Executor = concurrent.futures.ProcessPoolExecutor
AHEAD = 2
"""Parts that a process has at most, so that it need not wait for the next one."""


class Feed(Protocol[T, S]):
    """What there is to do, and who is told of what was done."""

    def part(self) -> list[T] | None:
        """Some of what can be done now; None where all of it waits for what is in work."""

    def message(self, worker: int, part: Sequence[T]) -> Any:
        """What a worker needs to do a part."""

    def begun(self, worker: int) -> None:
        """A worker is a new process."""

    def done(self, part: Sequence[T], result: S | None) -> None:
        """A part has its result; one without is a single thing that ends its process."""


class Pool(NamedTuple):
    """How many processes there are, and what each does before its first part."""

    processes: int
    start: Callable[[], object]

    def open(self) -> Executor:
        """One process that shares what this one has loaded, where the system can do that."""
        context = multiprocessing.get_context("fork" if forks() else None)
        return Executor(1, context, initializer=_begin, initargs=(self.start,))


def forks() -> bool:
    """Whether a new process has all that this one has."""
    return os.name == "posix" and "fork" in multiprocessing.get_all_start_methods()


def _begin(start: Callable[[], object]) -> None:
    """A process that ends as soon as its parent has, however that came to its end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    start()


def _follow(parent: int) -> None:
    multiprocessing.connection.wait([parent])
    os._exit(1)


class _Task(NamedTuple, Generic[T]):
    """A part in work, or ahead of it."""

    worker: int
    executor: Executor
    part: list[T]
    alone: bool


def spread(feed: Feed[T, R], work: Callable[[Any], R], pool: Pool) -> None:
    """Have everything done that a feed has.

    What a dying process took along is done again, each piece in a new process.
    """
    team = _Team(feed, work, pool)
    try:
        while team.hand_out():
            team.take()
    except BaseException:
        team.abandon()
        raise
    team.close()


class _Team(Generic[T, R]):
    """Processes, each with a part in work and one that it goes on with without waiting."""

    def __init__(self, feed: Feed[T, R], work: Callable[[Any], R], pool: Pool) -> None:
        self.feed = feed
        self.work = work
        self.pool = pool
        self.executors: dict[int, Executor] = {}
        self.lost: deque[T] = deque()
        self.running: dict[concurrent.futures.Future[R], _Task[T]] = {}

    def hand_out(self) -> bool:
        """Give idle processes something to do, if there is any; whether one is at work.

        What was lost is done when nothing else can be, each piece by itself.
        """
        while (worker := self._free()) is not None and (part := self.feed.part()) is not None:
            self._submit(worker, part, alone=False)
        if self.lost and not self.running:
            self._end(0, self.executors.get(0))
            self._submit(0, [self.lost.popleft()], alone=True)
        return bool(self.running)

    def _free(self) -> int | None:
        """The process with the fewest parts, if it can have one more."""
        parts = Counter(task.worker for task in self.running.values())
        worker = min(range(self.pool.processes), key=parts.__getitem__)
        return worker if parts[worker] < AHEAD else None

    def _submit(self, worker: int, part: list[T], alone: bool) -> None:
        if worker not in self.executors:
            self.executors[worker] = self.pool.open()
            self.feed.begun(worker)
        executor = self.executors[worker]
        message = self.feed.message(worker, part)
        try:
            with uninterrupted():
                future = executor.submit(self.work, message)
        except BrokenProcessPool:  # it died while it had nothing to do
            self._end(worker, executor)
            self._submit(worker, part, alone)
        else:
            self.running[future] = _Task(worker, executor, part, alone)

    def _end(self, worker: int, executor: Executor | None) -> None:
        """End a process, if no other has taken its place."""
        if executor is not None and self.executors.get(worker) is executor:
            self.executors.pop(worker).shutdown()

    def take(self) -> None:
        """Wait for one that is done, and take what it found."""
        first = concurrent.futures.FIRST_COMPLETED
        for future in concurrent.futures.wait(self.running, return_when=first).done:
            worker, executor, part, alone = self.running.pop(future)
            try:
                self.feed.done(part, future.result())
            except BrokenProcessPool:
                self._end(worker, executor)
                if alone:
                    self.feed.done(part, None)
                else:
                    self.lost.extend(part)

    def abandon(self) -> None:
        """End the processes without waiting."""
        abandon(self.executors.values())

    def close(self) -> None:
        """End the processes, which have nothing more to do."""
        for executor in self.executors.values():
            executor.shutdown()


def apart(work: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """What comes of each part in a process of its own; of one that dies it is done here."""
    executors = [Pool(1, _nothing).open() for _ in parts]
    try:
        with uninterrupted():
            waiting = [e.submit(work, part) for e, part in zip(executors, parts, strict=True)]
        done = [_result(future, work, part) for future, part in zip(waiting, parts, strict=True)]
    except BaseException:
        abandon(executors)
        raise
    for executor in executors:
        executor.shutdown()
    return done


def _nothing() -> None:
    """There is nothing to prepare."""


def _result(future: concurrent.futures.Future[R], work: Callable[[T], R], part: T) -> R:
    try:
        return future.result()
    except BrokenProcessPool:
        return work(part)


def abandon(executors: Iterable[Executor]) -> None:
    """End processes without waiting: one that dies as it sends leaves half a message.

    The executor's own thread then waits for the other half, so whoever ends the program because
    of this has to end it by `os._exit`.
    """
    for executor in executors:
        executor.shutdown(wait=False, cancel_futures=True)
    for process in multiprocessing.active_children():
        process.terminate()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Processes started in here never see an interrupt: it is for the parent, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
