"""Files -> a tree of folders with lines and hours, and what of a folder can be shown apart."""

from collections.abc import Sequence
from typing import NamedTuple

from portlint.report import FileRow, Hours

DEPTH = 40
"""Folders within folders; what is deeper counts as one name."""
CHILDREN = 60
LEAST = 1 / 1200
"""The share of all lines below which a file or folder is put together with its like."""


class Node(NamedTuple):
    """A file, a folder, or several of them; `most` are the hours of the hardest file in it."""

    name: str
    path: str
    lines: int
    hours: Hours
    most: float
    files: int
    inside: "dict[str, Node]"


def tree(rows: Sequence[FileRow]) -> Node:
    """Folders from paths; a folder that holds one folder only is joined with it."""
    return _folder("", [(row.path.split("/", DEPTH), row) for row in rows])


def _folder(path: str, members: Sequence[tuple[list[str], FileRow]]) -> Node:
    found: dict[str, Node] = {}
    groups: dict[str, list[tuple[list[str], FileRow]]] = {}
    for (head, *rest), row in members:
        if rest:
            groups.setdefault(head, []).append((rest, row))
        else:
            found[head] = Node(head, row.path, row.lines, row.hours, row.hours[1], 1, {})
    for head, inner in groups.items():
        found[f"{head}/"] = _folder(f"{path}/{head}" if path else head, inner)
    if len(found) == 1 and groups and path:
        [only] = found.values()
        return only._replace(name=f"{path.rpartition('/')[2]}/{only.name}")
    return _whole(path, found)


def _whole(path: str, inside: dict[str, Node]) -> Node:
    nodes = list(inside.values())
    lines, files = sum(n.lines for n in nodes), sum(n.files for n in nodes)
    return Node(path.rpartition("/")[2], path, lines, *_hours(nodes), files, inside)


def _hours(nodes: Sequence[Node]) -> tuple[Hours, float]:
    """All hours of several, and those of the hardest file."""
    both = (sum(n.hours[0] for n in nodes), sum(n.hours[1] for n in nodes))
    return both, max((n.most for n in nodes), default=0.0)


def parts(node: Node, total: int) -> list[Node]:
    """What is in a folder, the largest first; what is small, or one of too many, is summed up.

    What has work in it is not put together with what has none.
    """
    ranked = sorted(node.inside.values(), key=lambda n: (-n.hours[1], -n.lines, n.path))
    large = [n for n in ranked if n.lines >= total * LEAST][:CHILDREN]
    kept = {n.path for n in large}
    small = [n for n in ranked if n.path not in kept]
    sums = [_sum([n for n in small if bool(n.hours[1]) == work]) for work in (True, False)]
    return sorted(
        [*large, *(n for some in sums for n in some)], key=lambda n: (-n.lines, n.path, n.name)
    )


def _sum(nodes: Sequence[Node]) -> Sequence[Node]:
    """Several as one tile without a path; one stays what it is."""
    lines = sum(n.lines for n in nodes)
    if len(nodes) < 2 or not lines:
        return [n for n in nodes if n.lines]
    files = sum(n.files for n in nodes)
    return [Node(f"{files:,} other files", "", lines, *_hours(nodes), files, {})]
