"""Folders where imports can start, and what modules export -> those in which a name may lie.

A repository of many packages has dozens of such folders, and a file asks for thousands of names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

from portlint.reading import Export

Table = Mapping[str, Mapping[str, Export]]


class Starts:
    """The folders (dotted, from the root), by the first part of what is found from there."""

    def __init__(self, package: str, roots: Sequence[str], table: Table) -> None:
        self.places = list(dict.fromkeys([package, *roots]))
        self.numbers = {place: number for number, place in enumerate(self.places)}
        self.first: dict[str, set[int]] = {}
        self.always: set[int] = set()
        above = _above(tuple(roots))
        for module, names in table.items():
            for place, part in _beside(module, names):
                if (number := self.numbers.get(place)) is not None:
                    self.first.setdefault(part, set()).add(number)
            for part, number in self._through(module, above, package):
                if part in names:
                    self.always.add(number)

    def _through(
        self, module: str, above: Mapping[str, list[tuple[str, str]]], package: str
    ) -> Iterator[tuple[str, int]]:
        """The folders below a module, with the name in it that leads there."""
        yield from ((part, self.numbers[place]) for place, part in above.get(module, ()))
        if package.startswith(f"{module}."):
            yield package[len(module) + 1 :].partition(".")[0], self.numbers[package]

    def of(self, path: str) -> list[str]:
        """Where a dotted path may start, in the order in which that is tried."""
        found = self.first.get(path.partition(".")[0])
        numbers = self.always | found if found else self.always
        return [self.places[number] for number in sorted(numbers)]


def _beside(module: str, names: Mapping[str, Export]) -> Iterator[tuple[str, str]]:
    """Each folder around a module, with what leads on to it; in it are its names."""
    place = ""
    for part in module.split("."):
        yield place, part
        place = f"{place}.{part}" if place else part
    yield from ((module, name) for name in names)


@functools.lru_cache(maxsize=4)
def _above(places: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    """Each folder above some places, with the part that leads on to which of them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        parts = place.split(".")
        for size in range(1, len(parts)):
            found.setdefault(".".join(parts[:size]), []).append((place, parts[size]))
    return found
