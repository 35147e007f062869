"""The live files of a run on one shelf, or on several that a process each looks after."""

from __future__ import annotations

import contextlib
import functools
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from portlint.shelf import Shelf

if TYPE_CHECKING:
    from portlint.workers import Executor

A = TypeVar("A")
B = TypeVar("B")
MANY = 200_000
"""Lines of code below which processes cost more than they save."""


class Died(Exception):
    """The process of a shelf has ended, and with it all that it knew."""


class Shelves(Protocol):
    """Answers about all live files."""

    def ask(
        self, question: Callable[[Shelf, Mapping[str, A]], dict[str, B]], asked: Mapping[str, A]
    ) -> dict[str, B]:
        """The answers of these files, by path."""

    def each(self, question: Callable[..., B], *told: Any) -> list[B]:
        """The answer of every shelf."""


class Here:
    """All files on one shelf, in this process."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def ask(
        self, question: Callable[[Shelf, Mapping[str, A]], dict[str, B]], asked: Mapping[str, A]
    ) -> dict[str, B]:
        """The answers of these files, by path."""
        return question(self.shelf, asked)

    def each(self, question: Callable[..., B], *told: Any) -> list[B]:
        """The answer of the only shelf."""
        return [question(self.shelf, *told)]


class Apart:
    """Each shelf in a process of its own, which has all that this one had when it began."""

    def __init__(self, executors: Sequence[Executor], homes: Mapping[str, int]) -> None:
        self.executors = executors
        self.homes = homes

    def ask(
        self, question: Callable[[Shelf, Mapping[str, A]], dict[str, B]], asked: Mapping[str, A]
    ) -> dict[str, B]:
        """The answers of these files, by path; each shelf is asked about its own."""
        parts: dict[int, dict[str, A]] = {}
        for path, what in asked.items():
            parts.setdefault(self.homes[path], {})[path] = what
        found: dict[str, B] = {}
        for answer in self._answers({home: (question, part) for home, part in parts.items()}):
            found |= answer
        return {path: found[path] for path in asked}

    def each(self, question: Callable[..., B], *told: Any) -> list[B]:
        """The answer of every shelf."""
        return self._answers(dict.fromkeys(range(len(self.executors)), (question, *told)))

    def _answers(self, messages: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        from concurrent.futures.process import BrokenProcessPool

        from portlint.workers import uninterrupted

        try:
            with uninterrupted():
                waiting = [self.executors[at].submit(_answer, *m) for at, m in messages.items()]
            return [future.result() for future in waiting]
        except BrokenProcessPool as error:
            raise Died from error


_shelf: list[Shelf] = []
"""The one that this process looks after."""


def _hold(shelf: Shelf) -> None:
    _shelf[:] = [shelf]


def _answer(question: Callable[..., B], *told: Any) -> B:
    (shelf,) = _shelf
    return question(shelf, *told)


@contextlib.contextmanager
def shelves(
    sizes: Mapping[str, int], made: Callable[[Sequence[str]], Shelf], jobs: int
) -> Iterator[Shelves]:
    """Shelves for files of which the lines are known. Whatever they are asked may raise Died."""
    jobs = min(jobs, len(sizes))
    if jobs <= 1 or sum(sizes.values()) < MANY:
        yield Here(made(list(sizes)))
        return
    from portlint.workers import Pool, abandon, forks

    if not forks():
        yield Here(made(list(sizes)))
        return
    parts = _parts(sizes, jobs)
    homes = {path: at for at, part in enumerate(parts) for path in part}
    executors = [Pool(1, functools.partial(_hold, made(part))).open() for part in parts]
    try:
        yield Apart(executors, homes)
    except BaseException:
        abandon(executors)
        raise
    for executor in executors:
        executor.shutdown()


def _parts(sizes: Mapping[str, int], count: int) -> list[list[str]]:
    """Parts of about the same size, each in the order of the whole."""
    loads = [(0, at) for at in range(count)]
    homes: dict[str, int] = {}
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        load, at = heapq.heappop(loads)
        homes[path] = at
        heapq.heappush(loads, (load + sizes[path], at))
    return [[path for path in sizes if homes[path] == at] for at in range(count)]
