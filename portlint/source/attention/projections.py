"""Queries, keys and values -> heads, sizes, rotation, norms, caches and where they come from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from portlint.attention.features import Cache, Rope
from portlint.source.attention.products import learned
from portlint.source.attention.terms import (
    LAYOUT,
    Term,
    bare,
    below,
    has,
    known,
    number,
    once,
    whole,
)

SHAPES = frozenset(["view", "reshape", "unflatten", "expand"])


def source(term: Term) -> bool:
    """Where the way from a product back to its projections ends."""
    return term.op in ("linear", "conv", "param", "parameter", "layer", "embedding") or (
        term.op == "matmul" and len(term.args) > 1 and term.args[1].op in ("param", "parameter")
    )


def way(term: Term) -> list[Term]:
    """What lies between a product and the projections, the projections included."""
    found: list[Term] = []
    stack, seen = [term], set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if item.op in ("const", "slice", "path", "shape", "size"):
            continue
        found.append(item)
        if not source(item):
            stack.extend(reversed(_data(item)))
    return found


def _data(item: Term) -> tuple[Term, ...]:
    """The arguments whose values pass through; an index or a shape only says which of them."""
    if item.op in ("gather", "take_along_dim", "index_select", "index_copy", "slice_scatter"):
        return item.args[:1] if item.op not in ("index_copy", "slice_scatter") else item.args[:4]
    if item.op == "setitem":
        return item.args[:2]
    return item.args[:1] if item.op in LAYOUT else item.all


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


def roots(term: Term) -> set[str]:
    """The inputs that a value is made from; `*` for what is only learned."""
    found = {str(item.value) for item in below(term, _masked) if item.op == "param"}
    return found or ({"*"} if any(item.op == "parameter" for item in below(term)) else set())


def _masked(item: Term) -> bool:
    return item.op in ("shape", "size", "arange", "softmax")


def linears(term: Term) -> list[Term]:
    """The projections that a value comes from directly."""
    return [item for item in way(term) if item.op in ("linear", "conv")]


def crossed(query: Term, key: Term, value: Term) -> bool:
    """Whether keys come from another sequence than queries."""
    if not linears(key) and not linears(query):
        return False
    one, two = roots(query), roots(key)
    if not one or not two or (one & two):
        return False
    if "*" in two:
        return False
    return bool(roots(value) & two) and bool(linears(key))


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


def _parts(item: Term) -> tuple[Term, ...]:
    inside = item.args[0] if item.args else item
    return inside.args if inside.op in ("tuple", "list") else ()


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
            if len(apart) > 1 and not set.intersection(*[m for m in made if m]) - _common(made):
                return len(apart)
            if len(apart) > 1 and len({frozenset(_places(p)) for p in apart}) > 1:
                return len(apart)
    return 1


def _common(made: list[set[int]]) -> set[int]:
    return set()


def _places(part: Term) -> Iterator[int]:
    yield from (id(t) for t in below(part) if t.op in ("repeat", "repeat_interleave", "split"))


def _step(item: Term) -> bool:
    if item.op != "index" or len(item.args) < 2:
        return False
    index = item.args[1]
    last = index.args[-1] if index.op == "tuple" and index.args else index
    return last.op == "slice" and number(last.args[2]) == 2


def normed(term: Term) -> bool:
    """Whether a norm lies between the projection and the product."""
    return any(_is_norm(item) for item in way(term))


def _is_norm(item: Term) -> bool:
    if item.op == "norm":
        return item.value is not None and "Batch" not in str(item.value)
    return item.op == "rsqrt"


def unit(term: Term) -> bool:
    """Whether a value is scaled to length one."""
    for item in way(term):
        if item.op == "normalize":
            return True
        if (
            item.op == "div"
            and len(item.args) > 1
            and any(
                t.op in ("norm", "vector_norm") and t.value is None
                for t in below(item.args[1], source)
            )
        ):
            return True
    return False


def cache(key: Term) -> Cache | None:
    """How keys of earlier steps are kept."""
    found: Cache | None = None
    for item in way(key):
        if item.op in ("index", "index_select", "gather") and _paged(item):
            return "paged"
        if item.op == "cat" and any(_kept(part) for part in _parts(item)):
            found = found or "concat"
        if (
            item.op in ("setitem", "index_copy", "index_put", "slice_scatter", "copy")
            and item.args
            and _stored(item.args[0])
        ):
            found = found or "static"
        if item.op == "update" and len(item.args) > 2:
            found = found or "concat"
    return found


def _kept(part: Term) -> bool:
    """A part that no projection made: the caller's, or the module's own."""
    part = bare(part)
    return part.op in ("param", "attr", "carried") or (
        part.op == "item" and bare(part.args[0]).op == "param"
    )


def _stored(base: Term) -> bool:
    while base.args and base.op in (*LAYOUT, "phi", "setitem", "index_copy"):
        if base.op == "buffer":
            return True
        base = base.args[0]
    return base.op in ("attr", "param", "zeros", "buffer")


def _paged(item: Term) -> bool:
    """`blocks[table]`: whole blocks by a table that the caller gives."""
    base, index = bare(item.args[0]), item.args[-1] if len(item.args) > 1 else item
    if base.op not in ("param", "attr") or item.op == "gather":
        return False
    if index.op in ("const", "slice", "tuple"):
        return False
    return bare(index).op in ("param", "attr", "call")


def repeated(key: Term, query: Term) -> int | None:
    """How often keys are repeated over the heads; 0 where that number is not known."""
    own = {id(item) for item in way(query)}
    for item in way(key):
        if id(item) in own:
            continue
        if item.op in ("repeat_interleave", "repeat_kv"):
            return whole(item.args[1]) if len(item.args) > 1 and whole(item.args[1]) else 0
    return None


def latent(query: Term, key: Term, value: Term) -> bool:
    """Whether keys and values are expanded from one low-rank latent (MLA)."""
    queries = {id(item.args[0]) for q in linears(query) for item in [q, *_second(q)]}
    inputs = {id(item.args[0]) for item in linears(value)}
    for item in linears(key):
        inner = item.args[0]
        if item.op != "linear" or id(inner) not in inputs or id(inner) in queries:
            continue
        if any(id(low.args[0]) in queries for low in _second(item)):
            return True
    return False


def _second(projection: Term) -> list[Term]:
    """The projections behind a projection, through norms and splits only."""
    term = projection.args[0]
    while term.args and (term.op in LAYOUT or term.op in ("norm", "mul", "phi")):
        term = term.args[0]
    return [term] if term.op == "linear" else []


def absorbed(query: Term, key: Term) -> bool:
    """Whether queries are multiplied with the expansion's weight instead of keys (MLA)."""
    into = [t for t in way(query) if t.op in ("einsum", "matmul")]
    into = [t for t in into if any(linears(side) for side in t.args[:2])]
    weights = [side for item in into for side in item.args[:2] if learned(side)]
    return (
        bool(weights) and all(has(w, "parameter", "attr") for w in weights) and bool(linears(key))
    )


def text_of(term: Term) -> str:
    """The text of a literal string."""
    value = known(term)
    return value if isinstance(value, str) else ""
