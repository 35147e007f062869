"""Layouts of projections -> heads and their width."""

from __future__ import annotations

import math
from typing import NamedTuple

from portlint.source.attention.terms import LAYOUT, Term, bare, number, once, whole
from portlint.source.attention.ways import linears, source, way

SHAPES = frozenset(["view", "reshape", "unflatten", "expand"])


class Size(NamedTuple):
    """Heads, and numbers in each of them."""

    heads: int | None = None
    width: int | None = None


def size(term: Term) -> Size:
    """Heads and their width from the layout nearest to the projection."""
    best = Size()
    for item in way(term):
        found = _laid(item)
        if found.width is not None or found.heads is not None:
            best = Size(found.heads or best.heads, found.width or best.width)
    return best


def single(key: Term) -> bool:
    """Whether keys are laid out as one head, which all heads of queries share."""
    for item in way(key):
        dims = _shape(item)
        if (
            item.op in ("view", "reshape")
            and len(dims) == 4
            and _projected(item.args[0])
            and (whole(dims[-2]) == 1 and (whole(dims[-1]) or 0) != 1 and whole(dims[1]) is None)
        ):
            return bool(linears(item))
    return False


def part_width(value: Term) -> int | None:
    """The width of a part that was split off with known sizes: `_, v = t.split([12, 10], -1)`."""
    while value.args and value.op in LAYOUT:
        inner = value.args[0]
        if value.op == "split" and inner.op == "split" and len(inner.args) > 1:
            sizes, place = inner.args[1], whole(value.args[1])
            if sizes.op in ("list", "tuple") and place is not None and place < len(sizes.args):
                return extent(sizes.args[place])
        value = inner
    return None


def _laid(item: Term) -> Size:
    shape = _shape(item)
    if item.op in SHAPES and len(shape) > 1 and _projected(item.args[0]):
        heads, width = extent(shape[-2]), extent(shape[-1])
        if width in (-1, None):
            width = _rest(item, shape) or None
        unfolded = len(shape) >= 4 or item.op == "unflatten" or (width or 0) >= 8
        if unfolded and (heads or width):
            return Size(heads if (heads or 0) > 1 else None, width if (width or 0) > 0 else None)
        if unfolded and len(shape) >= 3 and heads is None:
            return Size(None, width)
    if item.op == "rearrange" and isinstance(item.value, str):
        heads = next((whole(item.kw[k]) for k in ("h", "heads", "head") if k in item.kw), None)
        width = next((whole(item.kw[k]) for k in ("d", "dim", "head_dim") if k in item.kw), None)
        return Size(heads, width)
    return Size()


def _projected(term: Term) -> bool:
    """Whether a layout is that of a projection's result: nothing but picks and casts between."""
    while True:
        if source(term) or term.op in ("split", "item", "index"):
            return True
        if (term.op in LAYOUT or term.op in ("norm", "phi")) and term.args:
            term = term.args[0]
        else:
            return False


def _shape(item: Term) -> tuple[Term, ...]:
    given = item.args[1:]
    if item.op == "unflatten":
        given = (item.given("sizes", 2),) if item.given("sizes", 2) else ()  # type: ignore[assignment]
    if len(given) == 1 and given[0].op in ("tuple", "list"):
        return given[0].args
    return tuple(given)


def _rest(item: Term, shape: tuple[Term, ...]) -> int | None:
    """What -1 stands for in the last place: the projection's width over the other numbers."""
    total = _features(item.args[0])
    others = [extent(part) for part in shape[:-1]]
    if total is None or (item.op != "unflatten" and len(shape) < 3):
        return None
    numbers = [n for n in (others if item.op == "unflatten" else others[2:]) if n and n > 0]
    product = math.prod(numbers)
    return total // product if product and total % product == 0 else None


def _features(term: Term) -> int | None:
    """The width of a projection's result, or of a part of it."""
    parts = 1
    while term.args:
        if term.op == "linear":
            return whole(term.args[-1].given("out_features", 1)) and (
                (whole(term.args[-1].given("out_features", 1)) or 0) // parts
            )
        if term.op == "chunk":
            parts *= whole(term.given("chunks", 1)) or 1
        term = term.args[0]
    return None


@once
def extent(term: Term) -> int | None:
    """A number of a shape: a literal, or arithmetic on the width of what a Linear is given."""
    value = whole(term)
    if value is not None or not term.args:
        return value
    if term.op in ("floor_divide", "div", "mul", "add", "sub"):
        left, right = extent(term.args[0]), extent(term.args[1])
        if left is None or not right:
            return None
        if term.op in ("floor_divide", "div"):
            return left // right
        return {"mul": left * right, "add": left + right, "sub": left - right}[term.op]
    if term.op == "int":
        return extent(term.args[0])
    return _last_axis(term)


def _last_axis(term: Term) -> int | None:
    """`x.shape[-1]`, `_, _, c = x.shape`: the in_features of the Linear that x goes into."""
    place: float | None = None
    shape = term
    if term.op in ("index", "split") and len(term.args) > 1:
        shape, place = term.args[0], number(term.args[1])
    elif term.op == "size" and len(term.args) > 1:
        place = number(term.args[1])
    if shape.op not in ("shape", "size") or place not in (-1, 2) or not shape.args:
        return None
    return bare(shape.args[0]).width
