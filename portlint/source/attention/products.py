"""Terms -> products of queries and keys, and what happens to the scores before their softmax."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from portlint.source.attention.einsum import equation
from portlint.source.attention.terms import LAYOUT, Term, bare, below, known, number

LEARNED = frozenset(["parameter", "randn", "rand"])


class Mod(NamedTuple):
    """Something done to scores or weights; `maybe` where it depends on what is not known."""

    kind: str
    term: Term
    maybe: bool = False
    node: ast.AST | None = None


class Scores(NamedTuple):
    """A product of queries and keys and what was done to it, in the order of execution."""

    product: Term
    mods: tuple[Mod, ...]


def factors(term: Term) -> tuple[Term, Term] | None:
    """The two tensors that a term multiplies and sums over; None for any other term."""
    if term.op == "matmul" and len(term.args) > 1:
        return term.args[0], term.args[1]
    if term.op == "einsum" and len(term.args) == 2 and isinstance(term.value, str):
        read = equation(term.value)
        return (term.args[0], term.args[1]) if read is not None and read.summed else None
    if term.op == "sum" and term.args and term.args[0].op == "mul":
        left, right = term.args[0].args[:2]
        return None if "const" in (left.op, right.op) else (left, right)
    return None


def learned(term: Term) -> bool:
    """Whether a value is a parameter (laid out in some way), not made from activations."""
    while term.args and (term.op in LAYOUT or term.op in ("exp", "softplus", "phi")):
        term = term.args[0]
    return term.op in LEARNED or (term.op == "attr" and term.value in ("weight", "bias"))


def _random(term: Term) -> bool:
    """Whether a value is made of random numbers: directions of features, not keys."""
    return bare(term).op in ("randn", "rand")


class Search:
    """Looks for products behind scores; remembers what it saw."""

    def __init__(self) -> None:
        self.known: dict[int, list[Scores]] = {}
        self.weighed: dict[int, list[tuple[Term, tuple[Mod, ...]]]] = {}

    def scores(self, term: Term, depth: int = 0) -> list[Scores]:
        """The products that a term is made of as scores are."""
        key = id(term)
        if key not in self.known:
            self.known[key] = []
            if depth < 60:
                self.known[key] = self._scores(term, depth + 1)
        return self.known[key]

    def _scores(self, term: Term, depth: int) -> list[Scores]:
        op, args = term.op, term.args
        if (pair := factors(term)) is not None:
            return self._product(term, pair, depth)
        if not args or op in ("softmax", "item", "carried", "shape", "size"):
            return []
        if op == "phi":
            return merged([self.scores(arg, depth) for arg in args])
        if op in ("add", "sub", "mul", "div"):
            return self._arithmetic(term, depth)
        if op in ("tril", "triu"):
            triangle = Term(op, (Term("ones"), *args[1:]), node=term.node, kw=term.kw)
            return _with(self.scores(args[0], depth), "triangle", triangle, term.node)
        if op in ("where", "masked_fill", "tanh", "cat", "topk", "gather", "linear", "conv"):
            return self._changed(term, depth)
        if op == "setitem":
            return _with(self.scores(args[0], depth) or self.scores(args[1], depth), "set", term)
        if op in LAYOUT or op in ("clamp", "call", "stack", "maximum", "minimum", "masked_scatter"):
            return self.scores(args[0], depth)
        if op in ("tuple", "list"):
            return merged([self.scores(arg, depth) for arg in args])
        return []

    def _product(self, term: Term, pair: tuple[Term, Term], depth: int) -> list[Scores]:
        """A product of activations; of scores with a parameter it mixes their heads."""
        left, right = pair
        for scores, other in ((left, right), (right, left)):
            if learned(other) and term.op in ("einsum", "matmul"):
                inner = self.scores(scores, depth)
                if inner:
                    return _with(inner, "mix", term)
        if "const" in (left.op, right.op) or _random(left) or _random(right):
            return []
        return [Scores(term, ())]

    def _arithmetic(self, term: Term, depth: int) -> list[Scores]:
        left, right = term.args[0], term.args[1]
        mine, other = self.scores(left, depth), self.scores(right, depth)
        if mine and other and term.op in ("add", "sub"):
            if _position(other) or not _position(mine):
                return _with(mine, "bias", right, term.node)
            return _with(other, "bias", left, term.node)
        if term.op == "sub" and mine and _largest(right):
            return mine
        kind = {"add": "add", "sub": "sub", "mul": "mul", "div": "div"}[term.op]
        if mine:
            return _with(mine, kind, right, term.node)
        return _with(other, kind, left, term.node) if term.op in ("add", "mul") else []

    def _changed(self, term: Term, depth: int) -> list[Scores]:
        op, args = term.op, term.args
        if op == "where" and len(args) > 2:
            if inner := self.scores(args[1], depth):
                return _with(inner, "keep", args[0], term.node)
            return _with(self.scores(args[2], depth), "fill", args[0], term.node)
        if op == "masked_fill" and (mask := term.given("mask", 1)) is not None:
            return _with(self.scores(args[0], depth), "fill", mask, term.node)
        if op == "cat":
            return self._joined(term, depth)
        kinds = {"linear": "mix", "conv": "mix"}
        return _with(self.scores(args[0], depth), kinds.get(op, op), term, term.node)

    def _joined(self, term: Term, depth: int) -> list[Scores]:
        """`cat([scores, sinks])`, `cat([local, global])`."""
        items = term.args[0].args if term.args[0].op in ("tuple", "list") else term.args
        found = [(item, self.scores(item, depth)) for item in items]
        with_scores = [scores for _, scores in found if scores]
        others = [item for item, scores in found if not scores]
        if not with_scores:
            return []
        inner = with_scores[0]
        for scores in with_scores[1:]:
            inner = _with(inner, "joined", scores[0].product, term.node)
        for item in others:
            inner = _with(inner, "sink", item, term.node)
        return inner

    def weights(self, term: Term, depth: int = 0) -> list[tuple[Term, tuple[Mod, ...]]]:
        """The softmaxes that a term is made of as attention weights are."""
        key = id(term)
        if key not in self.weighed:
            self.weighed[key] = []
            if depth < 60:
                self.weighed[key] = self._weights(term, depth + 1)
        return self.weighed[key]

    def _weights(self, term: Term, depth: int) -> list[tuple[Term, tuple[Mod, ...]]]:
        op, args = term.op, term.args
        if (exponent := normalised(term)) is not None:
            extra = op == "div" and _extra(args[1])
            return [(exponent, (Mod("sink", args[1], False, term.node),) if extra else ())]
        if op == "exp" and args and self.scores(_lowered(args[0]), depth):
            return [(Term("softmax", (args[0],), node=term.node), ())]
        if not args or op in ("item", "carried", "shape"):
            return []
        if op in ("sub", "add"):
            left, right = self.weights(args[0], depth), self.weights(args[1], depth)
            if left and right and (op == "sub" or _ids(left) != _ids(right)):
                return _after(left, "differential" if op == "sub" else "summed", term)
            return left or right
        if op in ("mul", "div"):
            found = self.weights(args[0], depth)
            if op == "mul" and found and _is_mask(args[1]):
                return _after(found, "keep", args[1])
            return found or (self.weights(args[1], depth) if op == "mul" else [])
        if op == "phi":
            return [item for arg in args for item in self.weights(arg, depth)]
        if op == "where":
            return [item for arg in args[1:] for item in self.weights(arg, depth)]
        if op == "dropout":
            return _after(self.weights(args[0], depth), "dropout", term)
        if op in ("linear", "conv"):
            return _after(self.weights(args[0], depth), "mixed", term)
        if op == "einsum" and len(args) == 2:
            for inner, other in ((args[0], args[1]), (args[1], args[0])):
                if learned(other) and (found := self.weights(inner, depth)):
                    return _after(found, "mixed", term)
        if op in LAYOUT or op in ("masked_fill", "clamp", "call", "norm", "topk", "scatter"):
            return self.weights(args[0], depth)
        return []


def normalised(term: Term) -> Term | None:
    """A term as a softmax: itself, or `exp(x) / exp(x).sum()` and `exp(x - logsumexp(x))`."""
    if term.op == "softmax" and term.args:
        return term
    if term.op == "div" and len(term.args) > 1:
        above = _exponential(term.args[0])
        if above is not None and any(item is above for item in below(term.args[1])):
            return Term("softmax", (above.args[0],), node=term.node)
    if term.op == "exp" and term.args and bare(term.args[0]).op == "log_softmax":
        return Term("softmax", bare(term.args[0]).args, node=term.node, kw=bare(term.args[0]).kw)
    if term.op == "exp" and term.args and term.args[0].op == "sub":
        inner = term.args[0].args
        if any(item.op == "logsumexp" for item in below(inner[1], lambda t: t.op == "matmul")):
            return Term("softmax", (inner[0],), node=term.node)
    return None


def _largest(term: Term) -> bool:
    """Whether a value is a maximum over keys, which a softmax may leave out."""
    term = bare(term)
    if term.op == "maximum":
        return any(_largest(arg) for arg in term.args)
    if term.op == "attr" and term.args:
        return _largest(term.args[0])
    return term.op in ("max", "amax", "logsumexp")


def _extra(total: Term) -> bool:
    """Whether a sum of exponentials has one that is learned: a sink."""
    parts = total.args if total.op == "add" else ()
    return any(
        item.op == "exp" and any(t.op == "parameter" for t in below(item, _inner))
        for part in parts
        for item in below(part, _inner)
    )


def _inner(term: Term) -> bool:
    return term.op in ("sum", "matmul", "maximum", "amax", "max")


def _is_mask(term: Term) -> bool:
    return any(t.op in ("tril", "triu", "lt", "le", "gt", "ge", "eq") for t in below(term))


def _ids(found: list[tuple[Term, tuple[Mod, ...]]]) -> set[int]:
    return {id(softmax) for softmax, _ in found}


def _lowered(term: Term) -> Term:
    """Scores without the maximum that is taken off them."""
    return term.args[0] if term.op == "sub" and term.args else term


def _exponential(term: Term) -> Term | None:
    while term.args and (term.op in LAYOUT or term.op in ("mul", "masked_fill", "where")):
        term = term.args[1] if term.op == "where" and len(term.args) > 1 else term.args[0]
    return term if term.op == "exp" and term.args else None


def merged(ways: Iterable[list[Scores]]) -> list[Scores]:
    """Several ways to scores: what is not done in all of them may be done."""
    listed = [way for way in ways if way]
    found: dict[int, list[tuple[Mod, ...]]] = {}
    products: dict[int, Term] = {}
    for way in listed:
        for item in way:
            products[id(item.product)] = item.product
            found.setdefault(id(item.product), []).append(item.mods)
    return [Scores(products[key], _common(mods)) for key, mods in found.items()]


def _common(ways: list[tuple[Mod, ...]]) -> tuple[Mod, ...]:
    if len(ways) == 1:
        return ways[0]
    every = [{(m.kind, id(m.term)) for m in way} for way in ways]
    mods: dict[tuple[str, int], Mod] = {}
    for way in ways:
        for mod in way:
            key = (mod.kind, id(mod.term))
            sure = all(key in seen for seen in every)
            mods.setdefault(key, mod if sure else mod._replace(maybe=True))
    return tuple(mods.values())


def _with(found: list[Scores], kind: str, term: Term, node: ast.AST | None = None) -> list[Scores]:
    mod = Mod(kind, term, False, node or term.node)
    return [item._replace(mods=(*item.mods, mod)) for item in found]


def _after(
    found: list[tuple[Term, tuple[Mod, ...]]], kind: str, term: Term
) -> list[tuple[Term, tuple[Mod, ...]]]:
    return [(softmax, (*mods, Mod(kind, term, False, term.node))) for softmax, mods in found]


def _position(scores: list[Scores]) -> bool:
    """Whether a product is one with positions: an embedding or a parameter, not keys."""
    for item in scores:
        pair = factors(item.product)
        if pair is not None and any(_table(side) for side in pair):
            return True
    return False


def _table(side: Term) -> bool:
    kinds = {item.op for item in below(side, lambda t: t.op in ("linear", "norm"))}
    return bool(kinds & {"embedding", "parameter", "arange"}) and "linear" not in kinds


def value_of(term: Term | None) -> float | None:
    """A number, also where only a training run has it."""
    if term is None:
        return None
    if term.op == "phi":
        values = [value for arg in term.args if (value := value_of(arg)) is not None]
        return max(values, default=None)
    return number(term) if not isinstance(known(term), str) else None
