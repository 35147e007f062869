"""Queries and keys that were moved, cut or chosen before their product -> kinds with a layout."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.source.attention.masks import Seen
from portlint.source.attention.projections import _paged, linears, way
from portlint.source.attention.terms import Term, below, has, number, whole


def chosen(query: Term, key: Term, value: Term, mask: Seen) -> Iterator[str]:
    """The kinds that the layout of queries and keys, and a mask made from data, speak of."""
    keys = way(key)
    ops = {item.op for item in keys}
    if "sparse" in mask.forms or _picked(keys):
        yield "topk-sparse"
    if _hashed(query) or _hashed(key):
        yield "lsh"
    if ops & {"unfold", "as_strided"}:
        yield from _overlapping(keys)
    if _partitioned(query):
        yield "swin-window"
    for item in keys:
        if _blocks(item):
            yield "block-sparse" if _in_blocks(item.args[0]) else "neighbourhood"


def _picked(keys: list[Term]) -> bool:
    return any(
        item.op in ("gather", "index", "take_along_dim", "index_select")
        and any(has(arg, "topk") for arg in item.args[1:])
        for item in keys
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


def _partitioned(query: Term) -> bool:
    """`view(b, h // w, w, w_ // w, w, c)`: windows of a grid, below the projections."""
    for projection in linears(query):
        term = projection.args[0]
        for item in below(term, lambda t: t.op in ("linear", "conv", "softmax")):
            if item.op in ("view", "reshape") and len(_dims(item)) >= 6:
                if sum(d.op == "floor_divide" for d in _dims(item)) >= 2 or _same(_dims(item)):
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
