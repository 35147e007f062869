"""One process that works for this one: how it begins, and how it ends with it."""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator

Executor = concurrent.futures.ProcessPoolExecutor


def opened(prepare: Callable[[], object]) -> Executor:
    """One process that shares what this one has loaded, where the system can do that."""
    context = multiprocessing.get_context("fork" if forks() else None)
    return Executor(1, context, initializer=_begin, initargs=(prepare,))


def forks() -> bool:
    """Whether a new process has all that this one has."""
    return os.name == "posix" and "fork" in multiprocessing.get_all_start_methods()


def _begin(prepare: Callable[[], object]) -> None:
    """A process that ends as soon as its parent has, however that came to its end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    prepare()


def _follow(parent: int) -> None:
    multiprocessing.connection.wait([parent])
    os._exit(1)


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
