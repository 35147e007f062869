"""Audited modules -> which of them import each other, and what they take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from portlint.reading import Export, FileResult
from portlint.source.imports import Modules, Table, between, meanings, prefixes, spoken, starts_of
from portlint.source.modules import is_python, module_name

if TYPE_CHECKING:
    import networkx

Pair = tuple[str, str]


class Importers(NamedTuple):
    """Who imports the modules.

    `named` has for a module each name ("" for all) with the readers that take it, `below` for a
    dotted path the readers of all that stands there or below: `import torch` in each of ten
    thousand files that lie beside torch would be millions of single modules.
    """

    named: Mapping[str, Mapping[str, Collection[str]]]
    below: Mapping[str, Collection[str]]

    def whole(self, module: str) -> list[str]:
        """The dotted paths by which somebody takes a module as a whole."""
        return [path for path in prefixes(module) if path in self.below]


def importers(results: Iterable[FileResult], roots: Sequence[str]) -> Importers:
    """Which of the audited modules import each other, and what."""
    found = _imports(results)
    modules = Modules(name for name, _ in found)
    named: dict[str, dict[str, list[str]]] = {}
    below: dict[str, list[str]] = {}
    for (module, package), imported in found.items():
        starts = starts_of(module, package, roots)
        for target, name in dict.fromkeys(spoken(between(module, imported), starts, modules)):
            if name is None:
                below.setdefault(target, []).append(module)
            else:
                named.setdefault(target, {}).setdefault(name, []).append(module)
    return Importers(named, below)


def _imports(results: Iterable[FileResult]) -> dict[tuple[str, bool], tuple[Pair, ...]]:
    return {module_name(r.path): r.imports for r in results if is_python(r.path)}


def import_graph(results: Iterable[FileResult], roots: Sequence[str]) -> networkx.DiGraph[str]:
    """The audited modules; an edge leads to each module that is imported."""
    import networkx  # a tenth of a second

    found = _imports(results)
    modules = Modules(name for name, _ in found)
    readers: dict[str, dict[str, None]] = {}
    for (module, package), imported in found.items():
        for target, _ in meanings(imported, starts_of(module, package, roots), modules):
            readers.setdefault(target, {})[module] = None
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(name for name, _ in found)
    for target, listed in readers.items():
        graph.add_edges_from((reader, target) for reader in listed)
    return graph


def taken(imported: Importers, table: Table) -> dict[str, dict[str, Export]]:
    """The part of an export table that some audited module imports."""
    kept_of = {}
    for module, exports in table.items():
        names = {""} if imported.whole(module) else imported.named.get(module, {}).keys()
        kept = {n: item for n, item in exports.items() if n in names or "" in names}
        if kept:
            kept_of[module] = kept
    return kept_of


def readers(imported: Importers, before: Table, now: Table) -> set[str]:
    """The modules that import a name whose meaning changed."""
    found: set[str] = set()
    paths: set[str] = set()
    for module in before.keys() | now.keys():
        old, new = before.get(module, {}), now.get(module, {})
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        if changed:
            paths.update(imported.whole(module))
            named = imported.named.get(module, {})
            found.update(*(named.get(name, ()) for name in ("", *changed)))
    return found.union(*(imported.below[path] for path in paths))


def late(
    imported: Importers, table: Table, told: Mapping[str, int], limits: Mapping[str, int]
) -> set[str]:
    """The modules that import a name of which they were not told before their turn.

    `told` is the turn in which each module of the table was heard, `limits` are the turns that each
    reader has waited for.
    """
    found: set[str] = set()
    paths: dict[str, int] = {}
    for module, exports in table.items():
        turn = told[module]
        for path in imported.whole(module):
            paths[path] = max(turn, paths.get(path, 0))
        named = imported.named.get(module, {})
        for name in ("", *exports):
            found.update(reader for reader in named.get(name, ()) if limits.get(reader, 0) <= turn)
    for path, turn in paths.items():
        found.update(reader for reader in imported.below[path] if limits.get(reader, 0) <= turn)
    return found
