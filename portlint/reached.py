"""Audited modules -> those that nothing runs on a Neuron host, and the guard that says so.

`from .amd.model import Net` behind `if is_rocm():`, where nobody else imports that module: neither
it nor what it alone imports runs elsewhere. The code of tests and examples reaches nothing.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.backends import backends
from portlint.context import path_context
from portlint.reading import FileResult, Way
from portlint.source.doors import Pair, run_by
from portlint.source.imports import prefixes
from portlint.source.modules import is_python, module_name

VENDORS = re.compile(r"(?:^|_)(rocm|amd|rdna\d*|cdna\d*|gfx\d\w*|xpu|hpu|npu|musa|mlu)(?=_|$)")
"""In names of modules: devices of other vendors, for which no user of CUDA needs the module."""


class Edge(NamedTuple):
    """An import of a module by another one; `inner` ones stand on indented lines only.

    How one is written (`pair`) is kept of these.
    """

    reader: str
    target: str
    pair: Pair | None
    inner: bool


class Reach(NamedTuple):
    """The live modules, their imports of each other, and where a run can begin.

    `led` has what the imports of each lead to: a module, where it always runs, and whole edges
    otherwise. `chosen` are the modules for one kind of device, each with what that is.
    """

    files: dict[str, FileResult]
    led: dict[str, tuple[str | Edge, ...]]
    starts: frozenset[str]
    chosen: dict[str, str]

    def edges(self, reader: str) -> Iterator[Edge]:
        """The imports of a module; there are many, few of which say more than where they lead."""
        for item in self.led.get(reader, ()):
            yield Edge(reader, item, None, False) if isinstance(item, str) else item

    def opened(self, passes: Callable[[Edge], bool]) -> set[str]:
        """The modules that run where imports that pass are followed from the starts."""
        found = set(self.starts)
        left = sorted(found)
        while left:
            for edge in self.edges(left.pop()):
                if edge.target not in found and edge.target not in self.chosen and passes(edge):
                    found.add(edge.target)
                    left.append(edge.target)
        return found


def reach(results: Iterable[FileResult], roots: Sequence[str]) -> Reach:
    """Arrange what the files say of each other."""
    listed = [r for r in results if is_python(r.path) and path_context(r.path) == "live"]
    files = {module_name(r.path)[0]: r for r in listed}
    chosen = _chosen(files)
    modules = frozenset(files)
    runs = Runs(modules, roots)
    led = {name: tuple(_led(name, result, runs)) for name, result in sorted(files.items())}
    reached = {i if isinstance(i, str) else i.target for items in led.values() for i in items}
    free = (modules - reached | _named(files, roots)) - chosen.keys()
    return Reach(files, led, frozenset(free), chosen)


class Runs:
    """What imports run; many files have the same ones."""

    def __init__(self, modules: frozenset[str], roots: Sequence[str]) -> None:
        self.modules = modules
        self.roots = roots
        self.known: dict[Pair, tuple[str, ...]] = {}

    def __call__(self, pair: Pair, beside: str) -> Iterable[str]:
        """The modules that an import in this folder (dotted) runs, each once."""
        found = self.known.get(pair)
        if found is None:
            found = self.known[pair] = tuple(dict.fromkeys(run_by(pair, self.roots, self.modules)))
        if pair[0].startswith("."):
            return found
        near = tuple(run_by(pair, (beside,), self.modules))
        return dict.fromkeys((*near, *found)) if near else found


def _led(name: str, result: FileResult, runs: Runs) -> Iterator[str | Edge]:
    """Where the imports of a module lead; of those that always run, once to each target."""
    inner = frozenset(result.inner)
    beside = name if module_name(result.path)[1] else name.rpartition(".")[0]
    certain: set[str] = set()
    for pair in result.imports:
        is_inner = pair in inner
        for target in runs(pair, beside):
            if target == name or name.startswith(f"{target}."):
                continue
            if is_inner:
                yield Edge(name, target, pair, True)
            elif target not in certain:
                certain.add(target)
                yield target


def _chosen(files: Mapping[str, FileResult]) -> dict[str, str]:
    """Modules that are for one kind of device -> the words for that."""
    siblings = _siblings(frozenset(result.path for result in files.values()))
    found = {}
    for name, result in files.items():
        vendor = VENDORS.search(name.rpartition(".")[2]) if "." in name else None
        if result.path in siblings:
            found[name] = f"one of several device backends, as `{siblings[result.path]}` is"
        elif vendor is not None:
            found[name] = f"for devices of another vendor: {vendor[1]}"
    return found


@functools.lru_cache(maxsize=1)
def _siblings(paths: frozenset[str]) -> Mapping[str, str]:
    """The files are arranged twice in a run; which of them are backends only their paths tell."""
    return backends(paths)


def _named(files: Mapping[str, FileResult], roots: Sequence[str]) -> set[str]:
    """The modules that a string names, in full or, as tables of modules do, by their last word."""
    words = {word for result in files.values() for word in result.named}
    found = {name for name in files if name.rpartition(".")[2] in words}
    for word in words:
        for root in roots if "." in word else ():
            path = f"{root}.{word}" if root else word
            found.update([p for p in prefixes(path) if p in files][-1:])
    return found


def closed_of(known: Reach) -> set[str]:
    """The modules that some import would have to open which may stand behind a guard."""
    return known.files.keys() - known.opened(lambda edge: not edge.inner) - known.chosen.keys()


def questions(known: Reach, closed: Collection[str]) -> dict[str, set[Pair]]:
    """Module -> the imports in it whose guards decide whether some finding can come up at all."""
    wanted = {name for name in closed if any(s.guard is None for s in known.files[name].sightings)}
    readers: dict[str, dict[str, None]] = {}
    for edge in (edge for name in known.led for edge in known.edges(name)):
        readers.setdefault(edge.target, {})[edge.reader] = None
    asked: dict[str, set[Pair]] = {}
    ways = {name: _ways(result) for name, result in known.files.items()}
    left = sorted(wanted)
    while left:
        target = left.pop()
        for reader in readers.get(target, ()):
            for edge in known.edges(reader):
                if edge.target == target and edge.pair and edge.pair not in ways[reader]:
                    asked.setdefault(reader, set()).add(edge.pair)
            if reader in closed and reader not in wanted:
                wanted.add(reader)
                left.append(reader)
    return asked


def hidden(known: Reach) -> dict[str, str]:
    """Path of a module that does not run on a Neuron host -> why."""
    ways = {name: _ways(result) for name, result in known.files.items()}

    def guard(edge: Edge) -> Way | None:
        """What an import stands behind; None: it runs wherever its module does."""
        way = ways[edge.reader].get(edge.pair) if edge.pair else None
        return way if way is not None and way.kind else None

    free = known.opened(lambda edge: guard(edge) is None)
    why: dict[str, str] = {}
    left: list[str] = []

    def hide(target: str, words: str) -> None:
        if not (target in free or target in known.chosen or target in why):
            why[target] = words
            left.append(target)

    for edge in (edge for name in sorted(free) for edge in known.edges(name)):
        way = guard(edge)
        if way is not None and way.kind != "typing":
            hide(edge.target, f"only where `{way.guard}`, in {known.files[edge.reader].path}")
    for name, words in sorted(known.chosen.items()):
        why[name] = words
        for edge in known.edges(name):
            hide(edge.target, f"only through {known.files[name].path}, {words}")
    while left:
        name = left.pop()
        for edge in known.edges(name):
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
