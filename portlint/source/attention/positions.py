"""What is added to scores -> a bias that knows positions, and in which form."""

from __future__ import annotations

from portlint.attention.features import Bias
from portlint.source.attention.terms import LAYOUT, Term, below, has, once

PLACES = ("arange", "range", "item", "cumsum")


@once
def bias_of(term: Term) -> Bias | None:
    """The form of a bias; None for a mask, and for what says nothing."""
    term = _laid(term)
    op, args = term.op, term.args
    if op in ("add", "masked_fill", "where", "phi", "cat", "sub") and args:
        found = [bias for arg in args[:3] if (bias := bias_of(arg)) is not None]
        return found[0] if found else None
    if op == "mul" and len(args) > 1:
        for slope, distance in ((args[0], args[1]), (args[1], args[0])):
            if _distance(distance) and _slope(slope):
                return "alibi"
        return next((b for arg in args[:2] if (b := bias_of(arg)) is not None), None)
    if op == "embedding":
        return "relative"
    if op in ("index", "index_select", "gather", "take_along_dim", "einsum", "matmul"):
        return _looked_up(term)
    if op == "parameter":
        return "learned"
    return None


def _laid(term: Term) -> Term:
    while term.args and (term.op in LAYOUT or term.op in ("item_of", "sigmoid", "exp", "tanh")):
        if term.op == "index" and _learned(term.args[0]) and _places(term):
            return term
        if term.op == "index_select":
            return term
        term = term.args[0]
    return term


def _learned(term: Term) -> bool:
    return any(t.op in ("parameter", "embedding", "linear") for t in below(term, _value))


def _value(term: Term) -> bool:
    return term.op in ("shape", "softmax")


def _places(term: Term) -> bool:
    """Whether an index is made of positions, not of slices and numbers alone."""
    for index in term.args[1:]:
        parts = index.args if index.op == "tuple" else (index,)
        for part in parts:
            if part.op not in ("slice", "const") and has(part, *PLACES, "buffer", "sub", "attr"):
                return True
    return False


def _looked_up(term: Term) -> Bias | None:
    """A table of learned values, read by distances; or queries times such a table."""
    if term.op in ("einsum", "matmul"):
        tables = [a for a in term.args[:2] if has(a, "embedding") or a.op == "parameter"]
        return "relative" if tables and not all(has(a, "linear") for a in tables) else None
    if any(_learned(arg) for arg in term.args[:1]):
        return "relative"
    return None


def _distance(term: Term) -> bool:
    """Positions or their differences, not an embedding of them."""
    return has(term, *PLACES) and not has(term, "embedding", "parameter", "linear", "log", "pow")


def _slope(term: Term) -> bool:
    """A number for each head: powers, a list, or learned; not a mask."""
    kinds = {item.op for item in below(term)}
    if kinds & {"pow", "exp", "exp2", "logspace"}:
        return True
    if kinds & {"tensor", "list", "parameter", "buffer"} and not kinds & {
        "tril",
        "triu",
        "masked_fill",
    }:
        return not kinds & {"ones", "zeros", "full"}
    return False
