"""Models by file -> what each of them runs; what files begin with alike is walked once.

A walk comes to the same end in whatever order it goes, so those that begin with what most import
can share that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from portlint.scope.graph import Graph
from portlint.scope.walk import Choose, Walk
from portlint.scope.workloads import NEITHER, NEVER, WORKLOADS, Workload

INHERITED: dict[Workload, tuple[str, ...]] = {"inference": ("generate",), "training": ()}
"""What everybody calls of a model for a workload, be it inherited."""
DEPTH = 12
"""Imports that are walked one by one for others to go on from; the rest of a file's at once."""
Walks = Mapping[Workload, Walk]


def walks(
    code: Graph, files: Mapping[int, Sequence[int]], choice: Choose
) -> Iterator[tuple[int, int, Walks]]:
    """File, model and its walks, for the models of each file (by number).

    In a program that nobody imports, what its loops do is not the model's.
    """
    imported = code.imported()
    common = {home: _common(code, models) for home, models in files.items()}
    for home, start in _starts(code, common, choice):
        start.closed = frozenset() if home in imported else frozenset(code.kind(home, "loop"))
        start.run([code.files[home].first]).take(common[home])
        for model in files[home]:
            yield home, model, _by_workload(start.copy().make(model))


def _common(code: Graph, models: Iterable[int]) -> frozenset[int]:
    """The classes that all of these models are derived from."""
    return frozenset.intersection(*(_ancestors(code, model) for model in models))


def _ancestors(code: Graph, model: int) -> frozenset[int]:
    found: set[int] = set()
    left = [model]
    while left:
        new = code.bases(left.pop()) - found
        found |= new
        left.extend(new)
    return frozenset(found)


def _starts(
    code: Graph, common: Mapping[int, frozenset[int]], choice: Choose
) -> Iterator[tuple[int, Walk]]:
    """A walk for each file, from imports and bases that it shares with the files before it."""
    asked = {
        home: code.imports(home).get(code.files[home].first, set())
        | {base for base in bases if code.homes[base] != home}
        for home, bases in common.items()
    }
    count = Counter(piece for pieces in asked.values() for piece in pieces)
    first = {
        home: sorted(pieces, key=lambda piece: (-count[piece], piece))[:DEPTH]
        for home, pieces in asked.items()
    }
    stack = [(-1, Walk(code, NEITHER, choice=choice))]
    for home in sorted(first, key=lambda home: (first[home], home)):
        wanted = first[home]
        shared = 0
        while shared < min(len(wanted), len(stack) - 1) and stack[shared + 1][0] == wanted[shared]:
            shared += 1
        del stack[shared + 1 :]
        for piece in wanted[shared:]:
            stack.append((piece, stack[-1][1].copy().take([piece])))
        yield home, stack[-1][1].copy()


def _by_workload(walk: Walk) -> Walks:
    """What runs for any workload, and for each of them what only that calls."""
    found: dict[Workload, Walk] = {}
    for use in WORKLOADS:
        more = walk.only(NEVER[use], INHERITED[use])
        found[use] = walk.copy().allow(NEVER[use], more) if more else walk
    return found
