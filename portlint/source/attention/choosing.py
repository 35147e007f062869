"""Queries and keys that were moved, cut or chosen before their product -> kinds with a layout."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.source.attention.masks import Seen
from portlint.source.attention.projections import _paged
from portlint.source.attention.terms import Term, below, has, number, whole
from portlint.source.attention.ways import linears, way

PICKING = ("gather", "index", "take_along_dim", "index_select")
"""Operations that choose along an axis by an index."""


def chosen(query: Term, key: Term, value: Term, mask: Seen) -> Iterator[str]:
    """The kinds that the layout of queries and keys, and a mask made from data, speak of."""
    keys = way(key)
    ops = {item.op for item in keys}
    if _picked(keys):
        yield "topk-sparse"
        if any(of_blocks(arg) for item in keys for arg in item.args[1:] if item.op in PICKING):
            yield "block-topk-sparse"
    if _hashed(query) or _hashed(key):
        yield "lsh"
    if ops & {"unfold", "as_strided"}:
        yield from _overlapping(keys)
    if _parted(query) and _parted(key):
        yield "varlen"
    if _axial(query):
        yield "axial"
    if _partitioned(query):
        yield "swin-window"
    for item in keys:
        if _blocks(item):
            yield "block-sparse" if _in_blocks(item.args[0]) else "neighbourhood"


def _top(index: Term) -> bool:
    """Whether an index is the result of a topk, not of a model behind one."""
    found = below(index, lambda t: t.op in ("linear", "norm", "embedding", "conv", "topk"))
    return any(item.op == "topk" for item in found)


def of_blocks(term: Term) -> bool:
    """Whether what is chosen by topk are blocks: their keys were averaged before."""
    for item in below(term):
        if item.op == "topk" and item.args:
            scored = [t for t in below(item.args[0]) if t.op in ("matmul", "einsum", "mul")]
            if any(has(s, "mean", "avg_pool1d", "amax", "max_pool1d") for s in scored):
                return True
    return False


def _picked(keys: list[Term]) -> bool:
    return any(
        item.op in PICKING and any(has(arg, "topk") for arg in item.args[1:]) for item in keys
    )


def _hashed(term: Term) -> bool:
    """Sorted by the place of the largest of random products."""
    for item in way(term):
        if item.op in ("gather", "take_along_dim", "index", "index_select"):
            for arg in item.args[1:]:
                if has(arg, "argsort", "sort") and has(arg, "argmax", "sign"):
                    return True
    return False


def _overlapping(keys: list[Term]) -> Iterator[str]:
    unfolds = [item for item in keys if item.op in ("unfold", "as_strided")]
    method = [u for u in unfolds if u.op == "unfold" and len(u.args) > 3]
    if len(method) > 1 or any(u.op == "unfold" and len(u.args) < 3 for u in unfolds):
        yield "neighbourhood"
    elif unfolds:
        yield "longformer"


def _parted(term: Term) -> bool:
    """One of the parts of a sequence, cut by a list of lengths."""
    for item in way(term):
        if item.op == "item" and item.args and item.args[0].op == "split":
            cut = item.args[0]
            sizes, axis = cut.given("split_size_or_sections", 1), number(cut.given("dim", 2))
            if sizes is not None and sizes.op in ("list", "tolist", "tuple") and axis != -1:
                return True
    return False


def _axial(query: Term) -> bool:
    """Along one axis of a grid: the others stay axes of their own, or go into the batch."""
    items = way(query)
    if any(t.op in ("unfold", "as_strided", "gather", "index_select", "repeat") for t in items):
        return False
    cut = [t for t in items if t.op == "unflatten" and whole(t.given("dim", 1)) not in (-1, None)]
    if cut:
        return False
    for item in items:
        if item.op == "permute" and len(_dims(item)) >= 6:
            return any(t.op == "unflatten" for t in items)
        if item.op == "unbind" and whole(item.given("dim", 1)) == 3:
            return any(t.op == "unflatten" for t in items)
    return any(_folded(projection.args[0]) for projection in linears(query))


def _folded(term: Term) -> bool:
    """`x.reshape(b * h, w, c)` of a grid, `rearrange(x, "b h w c -> (b h) w c")`."""
    while term.op in ("norm", "contiguous", "to", "phi") and term.args:
        term = term.args[0]
    if term.op == "rearrange" and isinstance(term.value, str):
        left, _, right = term.value.partition("->")
        inside = right.strip().startswith("(") and right.count("(") == 1
        return inside and "(" not in left and len(left.split()) == 4
    dims = _dims(term) if term.op in ("view", "reshape") else ()
    if len(dims) != 3 or dims[0].op != "mul":
        return False
    return all(_of_shape(part) for part in (*dims[0].args[:2], dims[1]))


def _of_shape(term: Term) -> bool:
    return term.op == "index" and bool(term.args) and term.args[0].op in ("shape", "size")


def _partitioned(query: Term) -> bool:
    """`view(b, h // w, w, w_ // w, w, c)`: windows of a grid, below the projections."""
    for projection in linears(query):
        term = projection.args[0]
        for item in below(term, lambda t: t.op in ("linear", "conv", "softmax")):
            if (
                item.op in ("view", "reshape")
                and len(_dims(item)) >= 6
                and (sum(d.op == "floor_divide" for d in _dims(item)) >= 2 or _same(_dims(item)))
            ):
                return True
            if item.op == "rearrange" and isinstance(item.value, str):
                left = item.value.split("->")[0]
                if left.count("(") >= 2:
                    return True
            if item.op == "window_partition":
                return True
    return False


def _same(dims: tuple[Term, ...]) -> bool:
    return len(dims) == 6 and whole(dims[2]) is not None and whole(dims[2]) == whole(dims[4])


def _dims(item: Term) -> tuple[Term, ...]:
    given = item.args[1:]
    if len(given) == 1 and given[0].op in ("tuple", "list"):
        return given[0].args
    return given


def _in_blocks(term: Term) -> bool:
    """Whether the sequence was cut into blocks before."""
    return any(
        (t.op == "unflatten" and (whole(t.given("dim", 1)) or 0) >= 2)
        or (t.op in ("view", "reshape") and len(_dims(t)) >= 5)
        for t in way(term)
    )


def _blocks(item: Term) -> bool:
    """Blocks of keys gathered by a fixed table."""
    if item.op not in ("index", "index_select") or len(item.args) < 2:
        return False
    index = item.args[-1]
    parts = index.args if index.op == "tuple" else (index,)
    table = [
        p for p in parts if p.op == "buffer" or (p.op == "flatten" and p.args[0].op == "buffer")
    ]
    return bool(table) and not _paged(item) and number(table[0]) is None
