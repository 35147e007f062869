"""Parts of work -> results from several processes, whatever one part does to its process."""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple, TypeVar

P = TypeVar("P")
R = TypeVar("R")


class Pool(NamedTuple):
    """How many processes there are, and what each does before its first part."""

    processes: int
    start: Callable[[], object]

    def open(self) -> concurrent.futures.ProcessPoolExecutor:
        """Processes that share what this one has loaded, where the system can do that."""
        fork = os.name == "posix" and "fork" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("fork" if fork else None)
        return concurrent.futures.ProcessPoolExecutor(
            self.processes, context, initializer=_begin, initargs=(self.start,)
        )


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


def spread(
    parts: Sequence[P], work: Callable[[P], R], split: Callable[[P], Sequence[P]], pool: Pool
) -> Iterator[tuple[P, R | None]]:
    """Each part with its result, as they are done.

    Parts that a dying process took along are split and done again, each piece in a process of its
    own; a piece without a result is one that ends its process.
    """
    lost: list[P] = []
    executor = pool.open()
    try:
        with _uninterrupted():
            futures = {executor.submit(work, part): part for part in parts}
        for future in concurrent.futures.as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                lost.append(futures[future])
    except BaseException:
        _abandon(executor)
        raise
    executor.shutdown()
    for part in lost:
        yield from ((piece, _alone(piece, work, pool)) for piece in split(part))


def _abandon(executor: concurrent.futures.ProcessPoolExecutor) -> None:
    """End the processes without waiting: one that dies while it sends leaves half a message.

    The executor's own thread then waits for the other half, so whoever ends the program because of
    this has to end it by `os._exit`.
    """
    executor.shutdown(wait=False, cancel_futures=True)
    for process in multiprocessing.active_children():
        process.terminate()


def _alone(piece: P, work: Callable[[P], R], pool: Pool) -> R | None:
    try:
        with pool._replace(processes=1).open() as executor:
            return executor.submit(work, piece).result()
    except BrokenProcessPool:
        return None


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started in here never see an interrupt: it is for the parent, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
