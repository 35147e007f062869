"""Audited modules -> those that nothing runs on a Neuron host, and the guard that says so.

`from .amd.model import Net` behind `if is_rocm():`, where nobody else imports that module: neither
it nor what it alone imports runs elsewhere. The code of tests and examples reaches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.assemble import path_context
from portlint.backends import backends
from portlint.reading import FileResult, Way
from portlint.source.doors import Pair, run_by
from portlint.source.imports import prefixes, starts_of
from portlint.source.modules import is_python, module_name


class Edge(NamedTuple):
    """An import of a module by another one; `inner` ones stand on indented lines only."""

    reader: str
    target: str
    pair: Pair
    inner: bool


class Reach(NamedTuple):
    """The live modules, their imports of each other, and where a run can begin."""

    files: dict[str, FileResult]
    edges: dict[str, list[Edge]]
    starts: frozenset[str]
    chosen: dict[str, str]

    def opened(self, passes: Callable[[Edge], bool]) -> set[str]:
        """The modules that run where imports that pass are followed from the starts."""
        found = set(self.starts)
        left = sorted(found)
        while left:
            for edge in self.edges.get(left.pop(), ()):
                if edge.target not in found and edge.target not in self.chosen and passes(edge):
                    found.add(edge.target)
                    left.append(edge.target)
        return found


def reach(results: Iterable[FileResult], roots: Sequence[str]) -> Reach:
    """Arrange what the files say of each other."""
    listed = [r for r in results if is_python(r.path) and path_context(r.path) == "live"]
    files = {module_name(r.path)[0]: r for r in listed}
    siblings = backends(r.path for r in listed)
    chosen = {name: r.path for name, r in files.items() if r.path in siblings}
    modules = frozenset(files)
    edges: dict[str, list[Edge]] = {}
    reached: set[str] = set()
    for name, result in sorted(files.items()):
        starts = starts_of(name, module_name(result.path)[1], roots)
        inner = frozenset(result.inner)
        for pair in result.imports:
            for target in dict.fromkeys(run_by(pair, starts, modules)):
                if target != name and not name.startswith(f"{target}."):
                    edges.setdefault(name, []).append(Edge(name, target, pair, pair in inner))
                    reached.add(target)
    free = (modules - reached | _named(files, roots)) - chosen.keys()
    return Reach(files, edges, frozenset(free), chosen)


def _named(files: Mapping[str, FileResult], roots: Sequence[str]) -> set[str]:
    """The modules that a string names, in full or, as a table of modules does, by their last word."""
    words = {word for result in files.values() for word in result.named}
    found = {name for name in files if name.rpartition(".")[2] in words}
    for word in words:
        for root in roots if "." in word else ():
            path = f"{root}.{word}" if root else word
            found.update([p for p in prefixes(path) if p in files][-1:])
    return found


def questions(known: Reach) -> dict[str, set[Pair]]:
    """Module -> the imports in it whose guards decide whether some finding can come up at all."""
    closed = known.files.keys() - known.opened(lambda edge: not edge.inner)
    wanted = {name for name in closed if any(s.guard is None for s in known.files[name].sightings)}
    readers: dict[str, list[Edge]] = {}
    for edge in (edge for edges in known.edges.values() for edge in edges):
        readers.setdefault(edge.target, []).append(edge)
    asked: dict[str, set[Pair]] = {}
    ways = {name: _ways(result) for name, result in known.files.items()}
    left = sorted(wanted)
    while left:
        for edge in readers.get(left.pop(), ()):
            if edge.inner and edge.pair not in ways[edge.reader]:
                asked.setdefault(edge.reader, set()).add(edge.pair)
            if edge.reader in closed and edge.reader not in wanted:
                wanted.add(edge.reader)
                left.append(edge.reader)
    return asked


def hidden(known: Reach) -> dict[str, str]:
    """Path of a module that does not run on a Neuron host -> why."""
    ways = {name: _ways(result) for name, result in known.files.items()}

    def guard(edge: Edge) -> Way | None:
        """What an import stands behind; None: it runs wherever its module does."""
        way = ways[edge.reader].get(edge.pair) if edge.inner else None
        return way if way is not None and way.kind else None

    free = known.opened(lambda edge: guard(edge) is None)
    why: dict[str, str] = {}
    left: list[str] = []

    def hide(target: str, words: str) -> None:
        if target not in free and target not in known.chosen and target not in why:
            why[target] = words
            left.append(target)

    for edge in (edge for name in sorted(free) for edge in known.edges.get(name, ())):
        way = guard(edge)
        if way is not None and way.kind != "typing":
            hide(edge.target, f"only where `{way.guard}`, in {known.files[edge.reader].path}")
    for name, path in sorted(known.chosen.items()):
        for edge in known.edges.get(name, ()):
            hide(edge.target, f"only through {path}, one of several device backends")
    while left:
        name = left.pop()
        for edge in known.edges.get(name, ()):
            hide(edge.target, why[name])
    return {known.files[name].path: words for name, words in why.items()}


def _ways(result: FileResult) -> dict[Pair, Way]:
    """Imports of which every line was looked at, with the way that is the most open."""
    found: dict[Pair, list[Way]] = {}
    for way in result.ways:
        found.setdefault((way.source, way.name), []).append(way)
    lines = Counter(result.inner)
    return {
        pair: min(every, key=lambda way: (way.kind != "", way.kind == "typing"))
        for pair, every in found.items()
        if len(every) == lines[pair]
    }


def behind(result: FileResult, words: str | None) -> FileResult:
    """The result of a module that does not run on a Neuron host: all it says is guarded."""
    if words is None or all(s.guard for s in result.sightings):
        return result
    sightings = tuple(
        s if s.guard else msgspec.structs.replace(s, guard=words) for s in result.sightings
    )
    return msgspec.structs.replace(result, sightings=sightings)
