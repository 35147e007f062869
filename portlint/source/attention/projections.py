"""Queries, keys and values -> heads, sizes, rotation, norms, caches and where they come from."""

from __future__ import annotations

from portlint.attention.features import Cache
from portlint.source.attention.products import learned
from portlint.source.attention.terms import (
    LAYOUT,
    Term,
    bare,
    below,
    has,
    known,
    whole,
)
from portlint.source.attention.ways import _parts, linears, roots, source, way


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
