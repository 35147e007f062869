"""Token mixing without a softmax over keys: sums of products, decays, scans, long convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.attention.kinds import most_specific
from portlint.source.attention.einsum import equation
from portlint.source.attention.products import Search, factors, learned
from portlint.source.attention.program import Context
from portlint.source.attention.terms import LAYOUT, Term, bare, below, has, number, once
from portlint.source.attention.ways import linears

Named = dict[str, tuple[set[str], Term, bool]]
"""By function: the kinds that fit, the term that says most, and whether it is causal."""


def mixers(made: Sequence[tuple[Term, Context]]) -> Iterator[tuple[str, Term, str, bool]]:
    """Kinds found in the terms of a program with their term and function: one for a function."""
    found: Named = {}
    search = Search()
    inverted = {c.function for t, c in made if t.op in ("solve_triangular", "inv", "inverse")}
    for term, context in made:
        for kind, causal in _of(term, search):
            _note(found, context.function, kind, term, causal)
    for function, (kinds, term, causal) in found.items():
        if function in inverted and kinds & {"ssd", "linear"}:
            kinds.add("gated-delta")
        yield most_specific(kinds), term, function, causal


def _note(found: Named, function: str, kind: str, term: Term, causal: bool) -> None:
    kinds, first, was = found.get(function, (set(), term, False))
    found[function] = (kinds | {kind}, first, was or causal)


def _of(term: Term, search: Search) -> Iterator[tuple[str, bool]]:
    if term.op in ("irfft", "ifft") and _filtered(term):
        yield "long-conv", True
    if (
        term.op == "conv"
        and len(term.args) > 1
        and has(term.args[1], "flip")
        and not learned(term.args[1])
    ):
        yield "long-conv", True
    if term.op in ("mul", "matmul", "einsum"):
        yield from _summed(term, search)
        yield from _decayed(term, search)
    if term.op == "mul" and _by_sums(term):
        yield "ssm-selective-scan", True


def _filtered(term: Term) -> bool:
    """A product of two spectra, one of which is a filter: made of no input."""
    for item in below(term.args[0], lambda t: t.op in ("rfft", "fft")):
        if item.op == "mul" and len(item.args) > 1:
            spectra = [arg for arg in item.args[:2] if has(arg, "rfft", "fft")]
            if len(spectra) == 2 and not all(has(arg, "param") for arg in spectra):
                return True
    return False


def _operands(term: Term) -> tuple[Term, ...]:
    if term.op in ("matmul", "einsum"):
        return term.args
    return ()


def _summed(term: Term, search: Search) -> Iterator[tuple[str, bool]]:
    """Queries times a product of keys and values."""
    parts = _operands(term)
    for state in parts:
        inner, causal = _state(state)
        if inner is None or any(_weighted(side, search) for side in inner.args):
            continue
        if inner.op != "matmul" and inner.op != "einsum":
            continue
        if len(inner.args) != 2 or not all(_activation(arg) for arg in inner.args):
            continue
        others = [part for part in parts if part is not state]
        if any(_activation(p) and not search.scores(p) for p in others) and _own(term, state):
            mapped = _featured(inner.args) and any(_featured((p,)) for p in others)
            if mapped or causal or (_softened(inner, search) and _projected(inner, others)):
                yield "linear", causal
                return


def _projected(inner: Term, others: Sequence[Term]) -> bool:
    """Whether keys, values and queries all are projections."""
    return all(linears(side) for side in (*inner.args, *others))


def _weighted(term: Term, search: Search) -> bool:
    """Whether a factor is the weights of an attention of its own."""
    return any(search.scores(softmax.args[0]) for softmax, _ in search.weights(term))


def _own(term: Term, state: Term) -> bool:
    """The state is the right factor of `q @ state`, or any of an equation."""
    return term.op == "einsum" or term.args[-1] is state


def _softened(inner: Term, search: Search) -> bool:
    """Keys that went through a softmax over themselves, not over a product."""
    for side in inner.args:
        for item in below(side, lambda t: t.op in ("linear", "conv", "param")):
            if item.op == "softmax" and not search.scores(item.args[0]):
                return True
    return False


def _featured(sides: Sequence[Term]) -> bool:
    """Keys that went through a map to positive features."""
    maps = {"elu", "relu", "exp", "softplus", "cos", "sin", "sigmoid", "gelu", "square", "silu"}
    return any(
        item.op in maps
        for side in sides
        for item in below(side, lambda t: t.op in ("linear", "conv", "param", "norm"))
    )


def _state(term: Term) -> tuple[Term | None, bool]:
    causal = False
    while term.args and (term.op in LAYOUT or term.op in ("cumsum", "mul", "div", "phi")):
        causal = causal or term.op == "cumsum"
        term = term.args[0]
    return (term, causal) if term.op in ("matmul", "einsum", "mul") else (None, causal)


def _activation(term: Term) -> bool:
    return not learned(term) and (
        bool(linears(term)) or any(t.op in ("param", "conv") for t in below(term))
    )


def _decayed(term: Term, search: Search) -> Iterator[tuple[str, bool]]:
    """Products of all pairs times a decay: retention, or the dual form of a state space."""
    if term.op == "einsum" and len(term.args) > 3:
        for arg in term.args:
            yield from _decay(arg)
        return
    pair = factors(term)
    if pair is None:
        return
    for weights in pair:
        for scores in search.scores(weights):
            if scores.product is weights and not scores.mods:
                continue
            if _both(scores.product):
                yield from _unsoftened(weights, scores.mods, term, search)
            return


def _both(product: Term) -> bool:
    pair = factors(product)
    return pair is not None and all(_activation(side) for side in pair)


def _unsoftened(
    weights: Term, mods: Sequence[object], term: Term, search: Search
) -> Iterator[tuple[str, bool]]:
    from portlint.source.attention.products import Mod

    for mod in mods:
        assert isinstance(mod, Mod)
        if mod.kind == "mul":
            yield from _decay(mod.term)
    scores = search.scores(weights)
    sides = factors(scores[0].product) if scores else None
    if has(weights, "tril") and sides and _featured(sides):
        yield "linear", True


def _decay(term: Term) -> Iterator[tuple[str, bool]]:
    """A decay by the distance, or by what was summed up from data along the sequence."""
    for item in below(term, lambda t: t.op in ("linear", "softmax", "matmul")):
        if item.op == "exp" and item.args and has(item.args[0], "cumsum"):
            yield "ssd", True
            return
    powers = any(t.op in ("pow", "exp") for t in below(term))
    if powers and has(term, "arange") and not has(term, "linear", "conv", "cos"):
        yield "retention", True


def _by_sums(term: Term) -> bool:
    """`exp(total) * cumsum(fed * exp(-total))`."""
    left, right = term.args[:2]
    for one, two in ((left, right), (right, left)):
        if (
            one.op == "exp"
            and has(one, "cumsum")
            and bare(two).op == "cumsum"
            and has(bare(two).args[0], "exp")
        ):
            return True
    return False


def deformed(made: Sequence[tuple[Term, Context]]) -> Iterator[tuple[Term, str]]:
    """Values sampled at offsets, weighted by a softmax that no product made."""
    search = Search()
    seen: set[str] = set()
    if not any(term.op == "grid_sample" for term, _ in made):
        return
    for term, context in made:
        if term.op not in ("mul", "einsum", "matmul") or len(term.args) < 2:
            continue
        for one, two in ((term.args[0], term.args[1]), (term.args[1], term.args[0])):
            if context.function in seen or not _sampled(one) or not _offset(one):
                continue
            softmax = [t for t in below(two, lambda t: t.op == "linear") if t.op == "softmax"]
            if softmax and not search.scores(softmax[0].args[0]) and linears(softmax[0].args[0]):
                seen.add(context.function)
                yield term, context.function


def _sampled(term: Term) -> bool:
    return any(t.op == "grid_sample" for t in below(term, lambda t: t.op == "linear"))


def _offset(term: Term) -> bool:
    """Whether the places come from a projection."""
    for item in below(term):
        if item.op == "grid_sample" and (grid := item.given("grid", 1)) is not None:
            return has(grid, "linear", "layer", "conv")
    return False


@once
def outer(term: Term) -> bool:
    """Whether a product is one of all pairs of features: `k[:, None] * v[None]`, `k^T v`."""
    term = bare(term)
    if term.op == "einsum" and isinstance(term.value, str):
        read = equation(term.value)
        if read is None:
            return len(term.args) > 2
        return bool(read.own[0] and read.own[1]) and not (set(read.summed) - {"l", "s", "n"})
    if term.op == "matmul":
        return True
    if term.op == "mul" and len(term.args) > 1:
        left, right = term.args[:2]
        return axes(left) != axes(right) or outer(left) or outer(right)
    return False


def axes(term: Term) -> int:
    """How many axes were put in, and where the last of them is: `[..., None]`."""
    count = 0
    while term.args and (term.op in LAYOUT or term.op in ("exp", "mul")):
        if term.op == "unsqueeze":
            count += 10 + int(number(term.given("dim", 1)) or 0)
        if term.op == "index" and len(term.args) > 1 and term.args[1].op == "tuple":
            for place, part in enumerate(term.args[1].args):
                if part.op == "const" and part.value is None:
                    count += 1 + place
        if term.op == "mul":
            break
        term = term.args[0]
    return count
