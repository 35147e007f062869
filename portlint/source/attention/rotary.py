"""Queries on their way from the projection -> how they are rotated."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.attention.features import Rope
from portlint.source.attention.terms import Term, bare, below, number
from portlint.source.attention.ways import _parts, way


def rope(query: Term) -> Rope | None:
    """How queries are rotated."""
    items = way(query)
    ops = {item.op for item in items}
    if "view_as_complex" in ops or "view_as_real" in ops:
        return "complex"
    joined = [item for item in items if item.op in ("cat", "stack") and _turned(item)]
    if not joined:
        return None
    if any(_passing(item) for item in items if item.op == "cat"):
        return "partial"
    angles = [item for item in items if item.op in ("cos", "sin")]
    if any(_axes(item) > 1 for item in angles):
        return "multi-axis"
    stacked = any(item.op == "stack" for item in joined)
    stepped = any(_step(item) for item in items)
    return "interleaved" if stacked or stepped else "half"


def _turned(item: Term) -> bool:
    """`cat([-x2, x1])`, or `cat([x1 * cos - x2 * sin, …])`."""
    parts = [bare(part) for part in _parts(item)]
    negative = any(part.op in ("neg", "mul") and _negates(part) for part in parts)
    mixed = [p for p in parts if p.op in ("sub", "add") and all(a.op == "mul" for a in p.args[:2])]
    angles = any(t.op in ("cos", "sin") for t in below(item)) or len(mixed) > 1
    return negative or (bool(mixed) and angles)


def _negates(part: Term) -> bool:
    return part.op == "neg" or any(number(arg) == -1 for arg in part.args)


def _passing(item: Term) -> bool:
    """A part that is joined again without having been rotated."""
    parts = _parts(item)
    rotated = [p for p in parts if any(t.op in ("neg", "sub", "mul") for t in way(p))]
    plain = [p for p in parts if p.op in ("index", "split") and p not in rotated]
    return bool(rotated and plain) and any(_angled(p) for p in rotated)


def _angled(part: Term) -> bool:
    ops = {t.op for t in way(part)}
    return bool(ops & {"cos", "sin", "cat"})


def _axes(angle: Term) -> int:
    """From how many kinds of positions an angle is made."""
    for item in below(angle):
        if item.op == "cat":
            parts = {id(part): part for part in _parts(item)}.values()
            made = [{id(t) for t in below(p) if t.op == "arange"} for p in parts]
            apart = [p for p, m in zip(parts, made, strict=True) if m]
            if len(apart) > 1 and not set.intersection(*[m for m in made if m]):
                return len(apart)
            if len(apart) > 1 and len({frozenset(_places(p)) for p in apart}) > 1:
                return len(apart)
    return 1


def _places(part: Term) -> Iterator[int]:
    yield from (id(t) for t in below(part) if t.op in ("repeat", "repeat_interleave", "split"))


def _step(item: Term) -> bool:
    if item.op != "index" or len(item.args) < 2:
        return False
    index = item.args[1]
    last = index.args[-1] if index.op == "tuple" and index.args else index
    return last.op == "slice" and number(last.args[2]) == 2
