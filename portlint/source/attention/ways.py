"""Terms -> what lies between a product and the projections behind it."""

from __future__ import annotations

from portlint.source.attention.terms import LAYOUT, Term, below


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


def roots(term: Term) -> set[str]:
    """The inputs that a value is made from; `*` for what is only learned."""
    found = {str(item.value) for item in below(term, _masked) if item.op == "param"}
    return found or ({"*"} if any(item.op == "parameter" for item in below(term)) else set())


def _masked(item: Term) -> bool:
    return item.op in ("shape", "size", "arange", "softmax")


def linears(term: Term) -> list[Term]:
    """The projections that a value comes from directly."""
    return [item for item in way(term) if item.op in ("linear", "conv")]


def _parts(item: Term) -> tuple[Term, ...]:
    inside = item.args[0] if item.args else item
    return inside.args if inside.op in ("tuple", "list") else ()
