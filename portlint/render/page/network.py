"""Modules and their imports -> boxes in rows, those that import nothing at the bottom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.render.audit.fold import tail
from portlint.report import Module, Picture

ACROSS = 6
BOX, GAP, HIGH, ROW = 150, 12, 34, 78
LABEL = 17
"""Characters that a box holds, in the widest of the fonts a page may get."""
ARC = 26
SWEEPS = 4
EDGES = 300
"""Lines that can be followed; with more the picture shows none of the rest."""


class Box(NamedTuple):
    """A module with its place."""

    module: Module
    x: int
    y: int
    label: str


class Drawing(NamedTuple):
    """The picture: boxes, lines as path data, and the size."""

    boxes: Sequence[Box]
    lines: Sequence[str]
    width: int
    height: int
    left_out: int


def drawing(picture: Picture) -> Drawing:
    """Each level is a row or several; within one, neighbours stand above each other."""
    rows = [row for level in _levels(picture) for row in _broken(level)]
    across = max((len(row) for row in rows), default=1)
    width = across * (BOX + GAP) - GAP
    boxes = [
        Box(m, _left(n, len(row), width), number * ROW, _label(m.name))
        for number, row in enumerate(rows)
        for n, m in enumerate(row)
    ]
    places = {box.module.name: box for box in boxes}
    pairs = [(places[a], places[b]) for a, b in picture.imports if a in places and b in places]
    lines = [_line(a, b) for a, b in pairs[:EDGES]]
    below = ARC if any(a.y == b.y == (len(rows) - 1) * ROW for a, b in pairs) else 2
    height = (len(rows) - 1) * ROW + HIGH + below
    return Drawing(boxes, lines, width, height, len(pairs) - len(lines))


def _levels(picture: Picture) -> list[list[Module]]:
    """From the highest level down, each ordered by where its neighbours stand."""
    levels: dict[int, list[Module]] = {}
    for module in sorted(picture.modules, key=lambda m: m.name):
        levels.setdefault(module.level, []).append(module)
    rows = [levels[number] for number in sorted(levels, reverse=True)]
    near: dict[str, list[str]] = {}
    for a, b in picture.imports:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    for _ in range(SWEEPS):
        at = {m.name: n / max(1, len(row) - 1) for row in rows for n, m in enumerate(row)}
        for row in rows:
            row.sort(key=lambda m: (_mean(near.get(m.name, ()), at, at[m.name]), m.name))
    return rows


def _mean(names: Iterable[str], at: Mapping[str, float], own: float) -> float:
    found = [at[name] for name in names if name in at]
    return round(sum(found) / len(found), 6) if found else own


def _broken(level: list[Module]) -> list[list[Module]]:
    count = -(-len(level) // ACROSS)
    size = -(-len(level) // count)
    return [level[i : i + size] for i in range(0, len(level), size)]


def _left(number: int, count: int, width: int) -> int:
    used = count * (BOX + GAP) - GAP
    return (width - used) // 2 + number * (BOX + GAP)


def _label(name: str) -> str:
    return tail(name, LABEL)


def _line(a: Box, b: Box) -> str:
    """From who imports to what is imported; beside each other, an arc below."""
    x1, x2 = a.x + BOX // 2, b.x + BOX // 2
    if a.y == b.y:
        return (
            f"M{x1} {a.y + HIGH}C{x1} {a.y + HIGH + ARC} {x2} {a.y + HIGH + ARC} {x2} {b.y + HIGH}"
        )
    y1, y2 = (a.y + HIGH, b.y) if a.y < b.y else (a.y, b.y + HIGH)
    bend = (y1 + y2) // 2
    return f"M{x1} {y1}C{x1} {bend} {x2} {bend} {x2} {y2}"
