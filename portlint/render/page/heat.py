"""Files with lines and hours -> a treemap: folders as frames, area = lines, colour = effort."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import squarify  # type: ignore[import-untyped]

from portlint.report import FileRow, Hours

WIDTH, HEIGHT = 1000.0, 520.0
TILES = 160
"""Tiles that can be told apart; folders stay closed when there would be more."""
CHILDREN = 60
LEAST = 1 / 1200
"""The share of all lines below which a file or folder is put together with its like."""
HEADER = 15.0
LEVELS = ("nothing", "trivial", "small", "medium", "large", "redesign")
LIMITS = (1, 4, 24, 80)


class Node(NamedTuple):
    """A file or a folder; a folder that stays closed has `inside` but is drawn as one tile."""

    name: str
    path: str
    lines: int
    hours: Hours
    files: int
    inside: "dict[str, Node]"


class Tile(NamedTuple):
    """A rectangle of the picture; `frame` is an open folder, drawn below what is in it."""

    x: float
    y: float
    width: float
    height: float
    level: str
    frame: bool
    label: str
    path: str
    title: str


def level(hours: Hours) -> str:
    """The word for an effort, by the high end of its range."""
    high = hours[1]
    return LEVELS[0] if not high else LEVELS[1 + sum(high >= limit for limit in LIMITS)]


def tiles(files: Sequence[FileRow]) -> list[Tile]:
    """The picture of all files that have lines."""
    rows = [row for row in files if row.lines > 0]
    if not rows:
        return []
    root = _tree(rows)
    opened = _opened(root)
    return list(_draw(root, opened, (0.0, 0.0, WIDTH, HEIGHT), root.lines))


def _tree(rows: Sequence[FileRow]) -> Node:
    """Folders from paths; a folder that holds one folder only is joined with it."""
    found: dict[str, Node] = {}
    groups: dict[str, list[tuple[str, FileRow]]] = {}
    for row in rows:
        head, _, tail = row.path.partition("/")
        if tail:
            groups.setdefault(head, []).append((tail, row))
        else:
            found[head] = Node(head, row.path, row.lines, row.hours, 1, {})
    for head, members in groups.items():
        found[f"{head}/"] = _folder(head, head, members)
    return _whole("", "", found)


def _folder(name: str, path: str, members: Sequence[tuple[str, FileRow]]) -> Node:
    found: dict[str, Node] = {}
    groups: dict[str, list[tuple[str, FileRow]]] = {}
    for rest, row in members:
        head, _, tail = rest.partition("/")
        if tail:
            groups.setdefault(head, []).append((tail, row))
        else:
            found[head] = Node(head, row.path, row.lines, row.hours, 1, {})
    if not found and len(groups) == 1:
        [(head, inner)] = groups.items()
        return _folder(f"{name}/{head}", f"{path}/{head}", inner)
    for head, inner in groups.items():
        found[f"{head}/"] = _folder(head, f"{path}/{head}", inner)
    return _whole(name, path, found)


def _whole(name: str, path: str, inside: dict[str, Node]) -> Node:
    nodes = inside.values()
    hours = (sum(n.hours[0] for n in nodes), sum(n.hours[1] for n in nodes))
    return Node(name, path, sum(n.lines for n in nodes), hours, sum(n.files for n in nodes), inside)


def _opened(root: Node) -> frozenset[str]:
    """The folders whose inside is drawn: the largest first, as long as there is room."""
    heap: list[tuple[int, str, Node]] = [(-root.lines, "", root)]
    opened: set[str] = set()
    shown = 1
    while heap:
        _, path, node = heapq.heappop(heap)
        parts = _parts(node, root.lines)
        if shown + len(parts) - 1 > TILES and opened:
            continue
        shown += len(parts) - 1
        opened.add(path)
        for part in parts:
            if part.inside and part.path:
                heapq.heappush(heap, (-part.lines, part.path, part))
    return frozenset(opened)


def _parts(node: Node, total: int) -> list[Node]:
    """What is in a folder, the largest first; the small ones as one."""
    ranked = sorted(node.inside.values(), key=lambda n: (-n.lines, n.path))
    kept = [n for n in ranked[:CHILDREN] if n.lines >= total * LEAST]
    small = ranked[len(kept) :]
    if len(small) <= 1:
        return ranked
    hours = (sum(n.hours[0] for n in small), sum(n.hours[1] for n in small))
    files = sum(n.files for n in small)
    rest = Node(f"{files} small files", "", sum(n.lines for n in small), hours, files, {})
    return sorted([*kept, rest], key=lambda n: (-n.lines, n.path))


def _draw(
    node: Node, opened: frozenset[str], box: tuple[float, float, float, float], total: int
) -> Iterator[Tile]:
    x, y, width, height = box
    if not node.inside or node.path not in opened or width < 8 or height < 8:
        yield _tile(node, box, False)
        return
    if node.path:
        yield _tile(node, box, True)
        head = HEADER if height > 2.5 * HEADER and width > 40 else 2.0
        x, y, width, height = x + 2, y + head, width - 4, height - head - 2
    parts = _parts(node, total)
    sizes = squarify.normalize_sizes([part.lines for part in parts], width, height)
    for part, rect in zip(parts, squarify.squarify(sizes, x, y, width, height), strict=True):
        yield from _draw(part, opened, (rect["x"], rect["y"], rect["dx"], rect["dy"]), total)


def _tile(node: Node, box: tuple[float, float, float, float], frame: bool) -> Tile:
    x, y, width, height = (round(value, 1) for value in box)
    room = int((width - 6) / 6.2)
    tall = height >= 12
    name = f"{node.name}/" if node.inside else node.name
    label = name if len(name) <= room else (f"{name[: room - 1]}…" if room > 4 else "")
    files = f", {node.files} files" if node.files > 1 else ""
    effort = f"{node.hours[0]:.3g}–{node.hours[1]:.3g} h" if node.hours[1] else "nothing to do"
    title = f"{node.path or node.name}: {node.lines:,} lines{files}, {effort}"
    return Tile(
        x, y, width, height, level(node.hours), frame, label if tall else "", node.path, title
    )
