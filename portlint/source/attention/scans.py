"""Loops that carry a state along the sequence -> which recurrence they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from portlint.attention.kinds import most_specific
from portlint.source.attention.einsum import equation
from portlint.source.attention.mixers import axes, outer
from portlint.source.attention.program import Loop
from portlint.source.attention.terms import LAYOUT, Term, bare, below, has, number


def scans(loops: Sequence[Loop]) -> Iterator[tuple[str, ast.AST, str, bool]]:
    """The recurrence of each loop that has one: its kind, the expression, the function.

    At last, whether the loop goes through chunks of tokens, each by matrix products.
    """
    together: dict[int, list[Loop]] = {}
    for loop in loops:
        together.setdefault(id(loop.node), []).append(loop)
    for group in together.values():
        kinds = [kind for loop in group for kind in _recurrence(loop, group)]
        if kinds:
            chunks = any(_in_chunks(after) for loop in group for after in _ways(loop.after))
            yield most_specific(kinds), _update(group), group[0].where, chunks


def _in_chunks(after: Term) -> bool:
    """`state * decay + k.mT @ v`: matrices of many tokens, no column times a row."""
    for fed in after.args[:2] if after.op in ("add", "sub") else ():
        inner = bare(fed)
        if inner.op == "matmul" and not any(axes(arg) for arg in inner.args[:2]):
            return True
        if inner.op == "einsum" and isinstance(inner.value, str):
            read = equation(inner.value)
            if read is not None and read.summed:
                return True
    return False


def _update(group: Sequence[Loop]) -> ast.AST:
    """The expression that makes the next state; the loop where there is none."""
    for loop in group:
        for after in _ways(loop.after):
            if after.op in ("add", "sub") and isinstance(after.node, ast.expr):
                return after.node
    return group[0].node


def _recurrence(loop: Loop, group: Sequence[Loop]) -> Iterator[str]:
    for after in _ways(loop.after):
        if after.op not in ("add", "sub") or len(after.args) < 2:
            continue
        for kept, fed in ((after.args[0], after.args[1]), (after.args[1], after.args[0])):
            decays = _decays(kept, loop.before)
            if decays is None or (after.op == "sub" and kept is not after.args[0]):
                continue
            if _shifted(fed, loop):
                yield "linear-recurrence"
            elif _timed(fed) and not _residual(fed, loop):
                yield from _kind(decays, fed, loop, group)
            return


def _ways(term: Term) -> Iterator[Term]:
    """What the state can be at the end of a round, without casts."""
    while term.args and term.op in LAYOUT and term.op != "setitem":
        term = term.args[0]
    if term.op == "phi":
        for arg in term.args:
            yield from _ways(arg)
    else:
        yield term


def _decays(kept: Term, before: Term) -> list[Term] | None:
    """The factors of the state before in what is kept of it; None where it is not there."""
    if kept is before:
        return []
    if kept.op in LAYOUT and kept.args:
        return _decays(kept.args[0], before)
    if kept.op == "mul" and len(kept.args) > 1:
        for inner, factor in ((kept.args[0], kept.args[1]), (kept.args[1], kept.args[0])):
            found = _decays(inner, before)
            if found is not None:
                return [*found, factor]
    return None


def _timed(fed: Term) -> bool:
    """Whether what comes in is that of one place of the sequence."""
    for item in below(fed, lambda t: t.op == "carried"):
        if item.op == "index" and len(item.args) > 1 and item.args[0].op not in ("list", "shape"):
            index = item.args[1]
            parts = index.args if index.op == "tuple" else (index,)
            if any(_round(part) for part in parts):
                return True
        if item.op == "item" and bare_of(item).op not in ("range", "list", "attr", "param"):
            return True
        if item.op == "select" and any(_round(part) for part in item.args[1:]):
            return True
    return False


def bare_of(item: Term) -> Term:
    """What a loop goes through, without its layout."""
    return item.args[0] if item.args else item


def _round(part: Term) -> bool:
    """Whether an index is the number of the round, or a slice that starts there."""
    if part.op == "slice":
        return any(_round(arg) for arg in part.args)
    return any(
        t.op == "item" and (not t.args or t.args[0].op in ("range", "builtin", "call"))
        for t in below(part)
    )


def _residual(fed: Term, loop: Loop) -> bool:
    """`x = x + block(x)`: a layer of a network, not a state."""
    inside = list(below(fed, lambda t: t is loop.before))
    return any(t is loop.before for t in inside) and any(
        has_below(t, loop.before) for t in inside if t.op in ("linear", "conv", "layer", "softmax")
    )


def has_below(term: Term, wanted: Term) -> bool:
    """Whether a value is made of another one."""
    return any(t is wanted for t in below(term))


def _shifted(fed: Term, loop: Loop) -> bool:
    """A parallel scan: the state itself, moved along, times a factor."""
    return fed.op == "mul" and any(
        item.op in ("pad", "roll") and has_below(item, loop.before) for item in below(fed)
    )


def _kind(decays: Sequence[Term], fed: Term, loop: Loop, group: Sequence[Loop]) -> Iterator[str]:
    if any(t is loop.before for t in below(fed)):
        if outer(fed):
            yield "gated-delta"
        return
    data = [d for d in decays if has(d, "linear", "param", "conv") and not _fixed(d)]
    broad = outer(fed)
    others = {id(other.before) for other in group if other is not loop}
    if not decays and (not broad or any(id(t) in others for t in below(fed))):
        return
    if not broad:
        yield from _elementwise(decays, data, loop, group)
    elif not decays:
        yield "linear"
    elif not data:
        yield "rwkv" if _bonus(loop, group) else "retention"
    elif _bonus(loop, group):
        yield "rwkv"
    else:
        yield _state_space(data)


def _fixed(decay: Term) -> bool:
    return not any(t.op in ("linear", "param", "conv", "matmul") for t in below(decay))


def _elementwise(
    decays: Sequence[Term], data: Sequence[Term], loop: Loop, group: Sequence[Loop]
) -> Iterator[str]:
    """RWKV-4 keeps two sums with one decay; a gate of each channel is a linear recurrence."""
    sums = [other for other in group if other is not loop and _same(other, decays)]
    if sums:
        yield "rwkv"
    elif data and any(_product(d) for d in data):
        yield "ssm-selective-scan"
    elif data or any(number(d) is None for d in decays):
        yield "linear-recurrence"


def _same(other: Loop, decays: Sequence[Term]) -> bool:
    for after in _ways(other.after):
        if after.op == "add" and len(after.args) > 1:
            for kept in after.args[:2]:
                found = _decays(kept, other.before)
                if found and {id(d) for d in found} == {id(d) for d in decays}:
                    return True
    return False


def _bonus(loop: Loop, group: Sequence[Loop]) -> bool:
    """Whether the present token is read with a learned bonus: `state + bonus * kv`."""
    for other in group:
        for item in below(other.after):
            if item.op == "add" and len(item.args) > 1 and item is not loop.after:
                for one, two in ((item.args[0], item.args[1]), (item.args[1], item.args[0])):
                    if one is loop.before and any(
                        t.op == "parameter" for t in below(two, lambda t: t.op == "linear")
                    ):
                        return True
    return _read_bonus(loop)


def _read_bonus(loop: Loop) -> bool:
    return isinstance(loop.after.held, str) and loop.after.held == "bonus"


def _state_space(data: Sequence[Term]) -> str:
    """A decay for each channel and state is Mamba's, one for each head is Mamba-2's."""
    for decay in data:
        heads = _spread(decay) >= 2
        if _product(decay) and not heads:
            return "ssm-selective-scan"
        if has(decay, "softplus") and has(decay, "parameter"):
            return "ssd"
    return "linear"


def _product(decay: Term) -> bool:
    """`exp(a * dt)`: a learned factor times one from the data."""
    for item in below(decay):
        if item.op == "exp" and item.args:
            inner = list(below(item.args[0], lambda t: t.op == "linear"))
            kinds = {t.op for t in inner}
            apart = any(t.op == "einsum" or (t.op == "mul" and outer(t)) for t in inner)
            if apart and "parameter" in kinds and "linear" in kinds:
                return True
    return False


def _spread(decay: Term) -> int:
    """Axes that were put in at the end: `[..., None, None]`."""
    count, term = 0, decay
    while term.args and (term.op in LAYOUT or term.op == "exp"):
        if term.op == "index" and len(term.args) > 1 and term.args[1].op == "tuple":
            count += sum(p.op == "const" and p.value is None for p in term.args[1].args)
        if term.op == "unsqueeze":
            count += 1
        term = term.args[0]
    return count
