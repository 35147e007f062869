"""Positions in a comparison -> a linear form of the query's and the key's place."""

from __future__ import annotations

import math
from typing import NamedTuple

from portlint.source.attention.terms import Term, number, once

UNSEEN = math.nan
"""A bound that is there and not known."""


class Line(NamedTuple):
    """`row * i + column * j + rest`: positions of a query and a key in a comparison."""

    row: float = 0
    column: float = 0
    rest: float = 0
    size: bool = False
    divided: float | None = None
    other: Term | None = None


@once
def line(term: Term) -> Line | None:
    """Positions in a term as a linear form; None where there are none."""
    value = number(term)
    if value is not None:
        return Line(rest=value)
    op, args = term.op, term.args
    if op in ("add", "sub") and len(args) > 1:
        return _sum(line(args[0]), line(args[1]), 1 if op == "add" else -1)
    if op == "neg" and args:
        return _sum(Line(), line(args[0]), -1)
    if op == "abs" and args:
        inner = line(args[0])
        return inner._replace(size=True) if inner is not None else None
    if op in ("floor_divide", "div") and len(args) > 1:
        inner, by = line(args[0]), number(args[1])
        if inner is None or not (inner.row or inner.column):
            return None
        return inner._replace(divided=UNSEEN if by is None else by)
    if op in ("arange", "item", "range"):
        return Line(column=1)
    if op in SAME:
        return _laid(term)
    if op in ("param", "attr", "size", "shape", "split", "call", "len", "phi"):
        return Line(other=term) if op not in ("attr", "size", "len", "param") else _unread(term)
    return None


SAME = frozenset(
    "index unsqueeze view reshape expand to long int float repeat t T transpose buffer clone "
    "contiguous type".split()
)
"""Operations after which positions are still positions."""


def _unread(term: Term) -> Line:
    """A length or width that is not known is a number all the same."""
    return Line(rest=UNSEEN)


def _laid(term: Term) -> Line | None:
    inner = line(term.args[0]) if term.args else None
    if inner is None:
        if term.op == "index" and term.args and term.args[0].op == "shape":
            return Line(rest=UNSEEN)
        return None
    if not (inner.row or inner.column):
        return inner
    if _is_row(term):
        return inner._replace(row=inner.row + inner.column, column=0)
    return inner


def _is_row(term: Term) -> bool:
    """Whether a layout makes positions those of queries: the axis before the last."""
    if term.op == "index" and len(term.args) > 1 and term.args[1].op == "tuple":
        last = term.args[1].args[-1] if term.args[1].args else None
        return last is not None and last.op == "const" and last.value is None
    if term.op == "unsqueeze":
        return number(term.given("dim", 1)) in (-1, 1)
    if term.op in ("view", "reshape"):
        shape = term.args[1].args if len(term.args) == 2 else term.args[1:]
        return bool(shape) and number(shape[-1]) == 1
    return term.op in ("t", "T", "transpose")


def _sum(left: Line | None, right: Line | None, sign: int) -> Line | None:
    if left is None or right is None:
        return None
    return Line(
        left.row + sign * right.row,
        left.column + sign * right.column,
        left.rest + sign * right.rest,
        left.size or right.size,
        left.divided if left.divided is not None else right.divided,
        left.other or right.other,
    )
