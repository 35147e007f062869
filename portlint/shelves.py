"""The live files of a run on one shelf, or on several that a process each looks after."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from portlint.crew import Crew
from portlint.shelf import Shelf
from portlint.uncollected import uncollected

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


class Stock(Protocol):
    """What a shelf is made of; values only, which another process can be sent."""

    def shelf(self) -> Shelf:
        """The shelf itself."""


class Apart:
    """Each shelf with a process that looks after it."""

    def __init__(self, crew: Crew, stocks: Sequence[Stock], homes: Mapping[str, int]) -> None:
        self.crew = crew
        self.homes = homes
        self._answers({at: (_hold, stock) for at, stock in enumerate(stocks)})

    def ask(
        self, question: Callable[[Shelf, Mapping[str, A]], dict[str, B]], asked: Mapping[str, A]
    ) -> dict[str, B]:
        """The answers of these files, by path; each shelf is asked about its own."""
        parts: dict[int, dict[str, A]] = {}
        for path, what in asked.items():
            parts.setdefault(self.homes[path], {})[path] = what
        found: dict[str, B] = {}
        for answer in self._answers({at: (_answer, question, part) for at, part in parts.items()}):
            found |= answer
        return {path: found[path] for path in asked}

    def each(self, question: Callable[..., B], *told: Any) -> list[B]:
        """The answer of every shelf."""
        homes = sorted(set(self.homes.values()))
        return self._answers(dict.fromkeys(homes, (_answer, question, *told)))

    def _answers(self, messages: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        from concurrent.futures.process import BrokenProcessPool

        try:
            waiting = [self.crew.submit(at, *message) for at, message in messages.items()]
            return [future.result() for future in waiting]
        except BrokenProcessPool as error:
            raise Died from error


_shelf: list[Shelf] = []
"""The one that this process looks after."""


def _hold(stock: Stock) -> None:
    with uncollected():
        _shelf[:] = [stock.shelf()]


def _answer(question: Callable[..., B], *told: Any) -> B:
    (shelf,) = _shelf
    with uncollected():
        return question(shelf, *told)


def shelves(
    sizes: Mapping[str, int], stocked: Callable[[Sequence[str]], Stock], crew: Crew | None
) -> Shelves:
    """Shelves for files of which the lines are known. Whatever they are asked may raise Died."""
    if crew is None or len(sizes) < crew.size or sum(sizes.values()) < MANY:
        return Here(stocked(list(sizes)).shelf())
    parts = _parts(sizes, crew.size)
    homes = {path: at for at, part in enumerate(parts) for path in part}
    return Apart(crew, list(map(stocked, parts)), homes)


def _parts(sizes: Mapping[str, int], count: int) -> list[list[str]]:
    """Parts of about the same size, each in the order of the whole."""
    loads = [(0, at) for at in range(count)]
    homes: dict[str, int] = {}
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        load, at = heapq.heappop(loads)
        homes[path] = at
        heapq.heappush(loads, (load + sizes[path], at))
    return [[path for path in sizes if homes[path] == at] for at in range(count)]
