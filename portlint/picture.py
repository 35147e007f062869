"""Who imports whom and where the work is -> a picture of modules that a person can take in."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import networkx

from portlint.model import IMPACTS, Impact
from portlint.report import FileRow, Hours, Module, Picture
from portlint.source.modules import is_python, module_name

MOST = 40
"""Modules a picture has at most; beyond, packages stand for what is in them."""
DENSE = 3
"""Edges a module, from which those that others imply are left out."""


Parts = tuple[str, ...]


class _Sum(NamedTuple):
    """What a module of the picture holds."""

    files: int
    lines: int
    hours: Hours
    impact: Impact | None


def picture(
    files: Iterable[FileRow], imports: networkx.DiGraph[str], left_out: Iterable[str]
) -> Picture | None:
    """The modules and their imports; None where there are none.

    `left_out` are paths of tests and examples, which import everything.
    """
    aside = set(left_out)
    rows = {f.path: f for f in files if is_python(f.path) and f.path not in aside}
    if len(rows) < 2:
        return None
    names = _names({_parts(path): row for path, row in rows.items()})
    shown = {path: names[_parts(path)] for path in rows}
    drawn = _drawn(imports, {module_name(path)[0]: name for path, name in shown.items()})
    return Picture(modules=_modules(rows, shown, drawn), imports=tuple(sorted(_edges(drawn))))


def _parts(path: str) -> Parts:
    """The folders of a file and its own name; a package is its folder."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def _names(modules: Mapping[Parts, FileRow]) -> dict[Parts, str]:
    """Module -> the one that stands for it: itself, or a package with what is in it.

    The packages with most lines are opened as long as there is room: their packages stand for
    themselves, the modules beside those stay with it.
    """
    if len(modules) <= MOST:
        return _short({name: name for name in modules})
    groups: dict[Parts, list[Parts]] = {(): sorted(modules)}
    closed: set[Parts] = set()
    while wide := sorted(groups.keys() - closed):
        largest = max(wide, key=lambda name: sum(modules[m].lines for m in groups[name]))
        inside = _packages(groups[largest], largest)
        closed |= {largest}
        if len(groups) - 1 + len(inside) <= MOST:
            del groups[largest]
            groups |= inside
    return _short({module: name for name, inside in groups.items() for module in inside})


def _packages(modules: Sequence[Parts], above: Parts) -> dict[Parts, list[Parts]]:
    """Modules below a package by the packages in it; its own modules under its own name."""
    groups: dict[Parts, list[Parts]] = {}
    for module in modules:
        groups.setdefault(module[: len(above) + 1], []).append(module)
    single = [name for name, inside in groups.items() if len(inside) == 1]
    own = [module for name in single for module in groups.pop(name)]
    return groups | ({above: own} if own else {})


def _short(names: Mapping[Parts, Parts]) -> dict[Parts, str]:
    """Dotted names without the folders that all of them are in, but for a script or two."""
    counts = Counter(names.values())
    most = [name for name in counts if counts[name] > 1] or list(counts)
    folders = zip(*(name[:-1] for name in most), strict=False)
    common = list(itertools.takewhile(lambda parts: len(set(parts)) == 1, folders))
    start = tuple(parts[0] for parts in common)
    return {
        module: ".".join(name[len(start) :] if name[: len(start)] == start else name)
        or "(modules at the top)"
        for module, name in names.items()
    }


def _drawn(imports: networkx.DiGraph[str], names: Mapping[str, str]) -> networkx.DiGraph[str]:
    """The imports between the modules of the picture, by how many there are.

    Where packages import each other in a circle, the way that fewest imports go is left out, so
    that what is below can be told from what is above.
    """
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(sorted(set(names.values())))
    for one, other in sorted(imports.edges):
        if one in names and other in names and names[one] != names[other]:
            before = graph.get_edge_data(names[one], names[other], {"count": 0})
            graph.add_edge(names[one], names[other], count=before["count"] + 1)
    while circle := _circle(graph):
        graph.remove_edge(*min(circle, key=lambda edge: (graph.edges[edge]["count"], edge)))
    return graph


def _circle(graph: networkx.DiGraph[str]) -> list[tuple[str, str]]:
    try:
        return [(one, other) for one, other, *_ in networkx.find_cycle(graph)]
    except networkx.NetworkXNoCycle:
        return []


def _modules(
    rows: Mapping[str, FileRow], shown: Mapping[str, str], drawn: networkx.DiGraph[str]
) -> tuple[Module, ...]:
    levels = _levels(drawn)
    sums: dict[str, list[FileRow]] = {}
    for path, row in rows.items():
        sums.setdefault(shown[path], []).append(row)
    return tuple(
        Module(name=name, level=levels[name], **_sum(sums[name])._asdict())
        for name in sorted(sums, key=lambda name: (levels[name], name))
    )


def _sum(rows: Sequence[FileRow]) -> _Sum:
    low, high = sum(r.hours[0] for r in rows), sum(r.hours[1] for r in rows)
    worst = [i for i in IMPACTS[:0:-1] if any(row.by_impact.get(i) for row in rows)]
    return _Sum(
        len(rows),
        sum(row.lines for row in rows),
        (round(low, 2), round(high, 2)),
        worst[0] if worst else None,
    )


def _levels(drawn: networkx.DiGraph[str]) -> dict[str, int]:
    """How many modules one after the other are below each."""
    levels: dict[str, int] = {}
    for name in reversed(list(networkx.topological_sort(drawn))):
        levels[name] = max((1 + levels[below] for below in drawn.successors(name)), default=0)
    return levels


def _edges(drawn: networkx.DiGraph[str]) -> Iterable[tuple[str, str]]:
    """All edges; where they are many, those that no others imply."""
    if drawn.number_of_edges() <= DENSE * drawn.number_of_nodes():
        return list(drawn.edges)
    return list(networkx.transitive_reduction(drawn).edges)
