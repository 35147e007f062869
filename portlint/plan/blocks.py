"""Root causes and who imports whom -> which cause has to be dealt with before which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import networkx

from portlint.effort.causes import Cause
from portlint.model import Finding
from portlint.plan.stages import Steps, level
from portlint.source.modules import module_name

Rank = tuple[int, int, int, str]


class Node(NamedTuple):
    """A cause, the modules it is in, whether their import fails, and where it stands in order.

    Edges lead from lower to higher ranks only, so there is no way round in a circle.
    """

    cause: Cause
    modules: frozenset[str]
    python: bool
    imports: bool
    rank: Rank


def ordered(causes: Sequence[Cause], imports: networkx.DiGraph[str], steps: Steps) -> list[Node]:
    """The causes in an order in which each comes after all that it waits for."""
    depths = _depths(imports)
    nodes = [_node(cause, depths, steps) for cause in causes]
    return sorted(nodes, key=lambda node: node.rank)


def blocks(
    nodes: Sequence[Node], imports: networkx.DiGraph[str], steps: Steps
) -> networkx.DiGraph[str]:
    """Causes by key, an edge from each to those that wait for it and for nothing between."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(node.cause.key for node in nodes)
    for first in nodes:
        graph.add_edges_from((first.cause.key, then) for then in _waiting(first, nodes, imports))
    graph.add_edges_from(_declared(nodes, steps))
    reduced: networkx.DiGraph[str] = networkx.transitive_reduction(graph)
    return reduced


def _node(cause: Cause, depths: Mapping[str, int], steps: Steps) -> Node:
    paths = {finding.path for finding in cause.findings}
    python = all(PurePosixPath(path).suffix in (".py", ".pyi", ".ipynb") for path in paths)
    modules = frozenset(module_name(path)[0] for path in paths if path.endswith(".py"))
    failing = any(_fails_at_import(finding) for finding in cause.findings)
    stage = steps.of(cause.key)
    depth = max((depths.get(module, 0) for module in modules), default=0)
    place = (0, depth) if failing else (1, level(cause.key, steps.before))
    return Node(cause, modules, python, failing, (stage, *place, cause.key))


def _fails_at_import(finding: Finding) -> bool:
    """Whether a module cannot be imported for it: a statement of its own that breaks."""
    words = finding.snippet.lstrip().partition(" ")[0]
    return finding.impact == "breaks" and finding.column == 1 and words in ("import", "from")


def _depths(imports: networkx.DiGraph[str]) -> dict[str, int]:
    """How many modules one after the other a module's import needs; the same within a circle."""
    whole = networkx.condensation(imports)
    depths: dict[int, int] = {}
    for part in reversed(list(networkx.topological_sort(whole))):
        depths[part] = max((1 + depths[below] for below in whole.successors(part)), default=0)
    return {module: depths[part] for module, part in whole.graph["mapping"].items()}


def _waiting(first: Node, nodes: Sequence[Node], imports: networkx.DiGraph[str]) -> Iterator[str]:
    """The causes of which every module needs one that fails for `first`."""
    if not first.imports:
        return
    above = set(first.modules)
    for module in first.modules & imports.nodes:
        above |= networkx.ancestors(imports, module)
    for then in nodes:
        if first.rank[:3] < then.rank[:3] and then.python and then.modules <= above:
            yield then.cause.key


def _declared(nodes: Sequence[Node], steps: Steps) -> Iterator[tuple[str, str]]:
    """Edges that hold whatever file the causes are in."""
    for group in steps.before:
        firsts = [node for node in nodes if node.cause.key.startswith(group.first)]
        thens = [node for node in nodes if node.cause.key.startswith(group.then)]
        for first in firsts:
            yield from (
                (first.cause.key, then.cause.key) for then in thens if first.rank < then.rank
            )
