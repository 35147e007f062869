"""Kinds of nodes -> what makes one of given fields: trees have millions of them.

To set slots costs half of what a constructor with a loop does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portlint.source import cst

Make = Callable[..., Any]


def maker(kind: type[cst.CSTNode], *fields: str) -> Make:
    """What makes a node of these fields, given in this order. The kind has slots for them."""
    make: Make = _MAKERS[len(fields)](kind, *(getattr(kind, name).__set__ for name in fields))
    return make


def _none(kind: type[cst.CSTNode]) -> Make:
    new = object.__new__
    return lambda: new(kind)


def _one(kind: type[cst.CSTNode], set_a: Make) -> Make:
    new = object.__new__

    def make(a: object) -> cst.CSTNode:
        node = new(kind)
        set_a(node, a)
        return node

    return make


def _two(kind: type[cst.CSTNode], set_a: Make, set_b: Make) -> Make:
    new = object.__new__

    def make(a: object, b: object) -> cst.CSTNode:
        node = new(kind)
        set_a(node, a)
        set_b(node, b)
        return node

    return make


def _three(kind: type[cst.CSTNode], set_a: Make, set_b: Make, set_c: Make) -> Make:
    new = object.__new__

    def make(a: object, b: object, c: object) -> cst.CSTNode:
        node = new(kind)
        set_a(node, a)
        set_b(node, b)
        set_c(node, c)
        return node

    return make


def _many(kind: type[cst.CSTNode], *setters: Make) -> Make:
    new = object.__new__

    def make(*values: object) -> cst.CSTNode:
        node = new(kind)
        for setter, value in zip(setters, values, strict=True):
            setter(node, value)
        return node

    return make


_MAKERS: dict[int, Make] = {
    0: _none,
    1: _one,
    2: _two,
    3: _three,
    4: _many,
    5: _many,
    6: _many,
}
