"""Arithmetic of literals -> a literal."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from portlint.source.attention.terms import Const, Term, const, known

BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("sub", operator.sub),
    ast.Mult: ("mul", operator.mul),
    ast.Div: ("div", operator.truediv),
    ast.FloorDiv: ("floor_divide", operator.floordiv),
    ast.Mod: ("remainder", operator.mod),
    ast.Pow: ("pow", operator.pow),
    ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("and", operator.and_),
    ast.BitOr: ("or", operator.or_),
    ast.BitXor: ("xor", operator.xor),
    ast.LShift: ("shift", operator.lshift),
    ast.RShift: ("shift", operator.rshift),
}
COMPARED: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("isnot", operator.is_not),
    ast.In: ("in", lambda a, b: a in b),
    ast.NotIn: ("notin", lambda a, b: a not in b),
}
LARGEST = 2**40


def folded(left: Term, right: Term, function: Callable[[Any, Any], Any]) -> Term | None:
    """The result where both sides are literals and it is a small number or a truth."""
    if left.op != "const" or right.op != "const":
        return None
    if (
        function is operator.pow and (abs(_size(left.value)) > 64 or abs(_size(right.value)) > 64)
    ) and not isinstance(right.value, float):
        return None
    try:
        value = function(left.value, right.value)
    except (ArithmeticError, TypeError, ValueError):
        return None
    if isinstance(value, complex) or (isinstance(value, str) and len(value) > 200):
        return None
    return const(value) if isinstance(value, str) or _size(value) <= LARGEST else None


def _size(value: Const) -> float:
    return abs(value) if isinstance(value, int | float) else 0


def called(name: str, args: tuple[Term, ...]) -> Term | None:
    """`math.sqrt(64)`, `int(x)`, `float("-inf")`, `min(a, b)` of literals."""
    function = CALLED.get(name)
    if function is None or not args or any(arg.op != "const" for arg in args):
        return None
    try:
        return const(function(*(known(arg) for arg in args)))
    except (ArithmeticError, TypeError, ValueError):
        return None


CALLED: dict[str, Callable[..., Any]] = {
    "sqrt": math.sqrt,
    "int": int,
    "float": float,
    "bool": bool,
    "min": min,
    "max": max,
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "tensor": lambda value, *_: value,
}
