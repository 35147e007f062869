"""What is done to scores -> the number that they are multiplied by."""

from __future__ import annotations

import math

from portlint.source.attention.found import Product
from portlint.source.attention.products import Mod
from portlint.source.attention.sizes import extent
from portlint.source.attention.terms import Term, number, once


def _scale(found: Product, width: int | None) -> float | None:
    """What the scores are multiplied by before a cap and a mask."""
    if found.call is not None or found.flex is not None:
        of = found.call or found.flex
        given = of.given("scale", 6 if found.call else 5) if of is not None else None
        if given is None or (given.op == "const" and given.value is None):
            base = width**-0.5 if width else None
        else:
            base = _number(given, width)
    else:
        base = _by_mods(found.mods, width)
    for side in (found.query, found.key):
        factor = _factor(side, width)
        base = base * factor if base is not None and factor is not None else None
    return base


def _by_mods(mods: tuple[Mod, ...], width: int | None) -> float | None:
    scale = 1.0
    for mod in mods:
        if mod.kind == "tanh":
            break
        if mod.kind in ("mul", "div"):
            value = _number(mod.term, width)
            if not value:
                return None
            scale = scale * value if mod.kind == "mul" else scale / value
    return _before(mods, width) if any(mod.kind == "tanh" for mod in mods) else scale


def _before(mods: tuple[Mod, ...], width: int | None) -> float | None:
    """The scale of capped scores: without the division by the cap."""
    at = next(i for i, mod in enumerate(mods) if mod.kind == "tanh")
    cap = next((number(m.term) for m in mods[at + 1 :] if m.kind == "mul"), None)
    inner = _by_mods(mods[:at], width)
    return inner * cap if inner is not None and cap is not None else None


def _factor(side: Term, width: int | None) -> float | None:
    """A number that queries or keys are multiplied by before the product."""
    scale = 1.0
    term = side
    while term.args:
        if term.op in ("mul", "div") and len(term.args) > 1:
            left, right = term.args[:2]
            inner, other = (left, right) if left.op != "const" else (right, left)
            value = _number(other, width)
            if value is None:
                return None if other.op in ("attr", "param", "phi") else scale
            scale = scale * value if term.op == "mul" else scale / value
            term = inner
        elif term.op in ("transpose", "permute", "to", "unsqueeze", "contiguous", "mT", "T",
                         "view", "reshape", "flatten", "phi", "rearrange", "index"):  # fmt: skip
            term = term.args[0]
        else:
            return scale
    return scale


@once
def _number(term: Term, width: int | None) -> float | None:
    """A number, also where it is made of the width of heads."""
    value = number(term)
    if value is not None:
        return value
    found = extent(term)
    if term.op in ("index", "size", "split") and _is_width(term):
        return float(width) if width else None
    if found is not None:
        return float(found)
    args = [_number(arg, width) for arg in term.args[:2]]
    if any(arg is None for arg in args) or not args:
        return None
    try:
        return _computed(term.op, [arg for arg in args if arg is not None])
    except (ArithmeticError, ValueError):
        return None


def _computed(op: str, args: list[float]) -> float | None:
    if op in ("sqrt", "rsqrt", "int", "float", "tensor", "to", "type_as"):
        return {"sqrt": math.sqrt(args[0]), "rsqrt": 1 / math.sqrt(args[0])}.get(op, args[0])
    if len(args) < 2:
        return None
    left, right = args
    if op == "pow":
        return math.pow(left, right)
    if op in ("div", "floor_divide"):
        return left / right
    return {"mul": left * right, "add": left + right, "sub": left - right}.get(op)


def _is_width(term: Term) -> bool:
    """`q.shape[-1]`, `q.size(-1)`: the last axis of what is laid out in heads."""
    inner = term.args[0]
    held = inner if inner.op in ("shape", "size") else term
    place = number(term.args[1]) if len(term.args) > 1 else None
    return held.op in ("shape", "size") and place in (-1, 3)
