"""Files with lines and hours -> a treemap: folders as frames, area = lines, colour = effort."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import squarify  # type: ignore[import-untyped]

from portlint.render.page.folders import Node, parts, tree
from portlint.report import FileRow

WIDTH, HEIGHT = 1000.0, 520.0
TILES = 90
"""Tiles that can be told apart; folders stay closed when there would be more."""
HEADER = 15.0
LEVELS = ("nothing", "trivial", "small", "medium", "large", "redesign")
LIMITS = (1, 4, 24, 80)


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


def level(high: float) -> str:
    """The word for an effort, by the high end of its range."""
    return LEVELS[0] if not high else LEVELS[1 + sum(high >= limit for limit in LIMITS)]


def tiles(files: Sequence[FileRow]) -> list[Tile]:
    """The picture of all files that have lines."""
    rows = [row for row in files if row.lines > 0]
    if not rows:
        return []
    root = tree(rows)
    opened = _opened(root)
    return list(_draw(root, opened, (0.0, 0.0, WIDTH, HEIGHT), root.lines))


def _opened(root: Node) -> frozenset[str]:
    """The folders whose inside is drawn, as long as there is room: much code, or much work."""
    hours = root.hours[1] or 1.0
    heap: list[tuple[float, str, Node]] = [(0.0, root.path, root)]
    opened: set[str] = set()
    shown = 1
    while heap:
        _, path, node = heapq.heappop(heap)
        inside = parts(node, root.lines)
        if shown + len(inside) - 1 > TILES and opened:
            continue
        shown += len(inside) - 1
        opened.add(path)
        for part in inside:
            if part.inside and part.path:
                worth = part.lines / root.lines + part.hours[1] / hours
                heapq.heappush(heap, (-worth, part.path, part))
    return frozenset(opened)


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
    inside = parts(node, total)
    sizes = squarify.normalize_sizes([part.lines for part in inside], width, height)
    for part, rect in zip(inside, squarify.squarify(sizes, x, y, width, height), strict=True):
        yield from _draw(part, opened, (rect["x"], rect["y"], rect["dx"], rect["dy"]), total)


def _tile(node: Node, box: tuple[float, float, float, float], frame: bool) -> Tile:
    x, y, width, height = (round(value, 1) for value in box)
    room = int((width - 6) / 6.2)
    tall = height >= 12
    name = f"{node.name}/" if node.inside else node.name
    label = name if len(name) <= room else (f"{name[: room - 1]}…" if room > 4 else "")
    files = f", {node.files:,} files" if node.files > 1 else ""
    effort = f"{node.hours[0]:.3g}–{node.hours[1]:.3g} h" if node.hours[1] else "nothing to do"
    if node.files > 1 and node.most:
        effort += f", in one file up to {node.most:.3g} h"
    title = f"{node.path or node.name}: {node.lines:,} lines{files}, {effort}"
    return Tile(
        x, y, width, height, level(node.most), frame, label if tall else "", node.path, title
    )
