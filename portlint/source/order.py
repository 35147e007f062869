"""Audited modules with their imports -> an order in which what a module imports comes before it.

A module that is imported in a circle comes before some of what it imports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from portlint.source.doors import Pair
from portlint.source.imports import paths_of, starts_of


class Imported:
    """The modules that imports name; many files have the same ones."""

    def __init__(self, modules: Collection[str], roots: Sequence[str]) -> None:
        self.modules = modules
        self.roots = roots
        self.known: dict[Pair, list[str]] = {}

    def __call__(self, module: str, package: bool, pairs: Iterable[Pair]) -> list[str]:
        """The modules that those of one file name, each once, without itself."""
        beside = starts_of(module, package, ())
        found: dict[str, None] = {}
        for pair in pairs:
            if pair not in self.known:
                self.known[pair] = list(self._named(pair, self.roots))
            found.update(dict.fromkeys(self.known[pair]))
            if not pair[0].startswith("."):
                found.update(dict.fromkeys(self._named(pair, beside)))
        found.pop(module, None)
        return list(found)

    def _named(self, pair: Pair, starts: Iterable[str]) -> Iterator[str]:
        source, name = pair
        for path in paths_of(source, starts):
            whole = f"{path}.{name}" if path else name
            if whole in self.modules:
                yield whole
            elif path in self.modules:
                yield path


def before(graph: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each module with those of its imports that come before it; the modules in such an order."""
    found: dict[str, list[str]] = {}
    begun: set[str] = set()
    for first in sorted(graph):
        stack = [(first, iter(graph[first]))] if first not in begun else []
        begun.add(first)
        while stack:
            module, left = stack[-1]
            new = next((name for name in left if name not in begun), None)
            if new is None:
                stack.pop()
                found[module] = [name for name in graph[module] if name in found]
            else:
                begun.add(new)
                stack.append((new, iter(graph[new])))
    return found


def levels(graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many imports, one behind the other, lie below each module of what `before` gives."""
    found: dict[str, int] = {}
    for module, names in graph.items():
        found[module] = 1 + max((found[name] for name in names), default=0)
    return found
