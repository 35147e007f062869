"""A size with symbols, as torch writes it -> the number that it is asked with."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from typing import Any

SYMBOL = re.compile(r"\b(?:s|u|zs|zu|zuf|zf)\d+\b")
"""A size that is not known: torch's names of backed and unbacked symbols."""
SIZE = 8
"""What every symbol is taken for, everywhere: equal symbols stay equal, and so do broadcasts."""


def number(size: str) -> int:
    """ "2*s1" -> 16; ValueError where the expression is none that can be computed."""
    try:
        return max(int(_evaluate(ast.parse(size, mode="eval").body)), 0)
    except (KeyError, SyntaxError, TypeError, ZeroDivisionError) as error:
        raise ValueError(size) from error


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Max": max,
    "Min": min,
    "FloorDiv": operator.floordiv,
    "CleanDiv": operator.floordiv,
    "CeilDiv": lambda a, b: -(-a // b),
    "CeilToInt": math.ceil,
    "FloorToInt": math.floor,
    "TruncToInt": math.trunc,
    "IntTrueDiv": operator.truediv,
    "FloatTrueDiv": operator.truediv,
    "Mod": operator.mod,
    "PythonMod": operator.mod,
    "PowByNatural": operator.pow,
    "ToFloat": float,
    "Abs": abs,
    "floor": math.floor,
    "ceiling": math.ceil,
}
"""What torch's expressions of sizes are made of."""


def _evaluate(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if SYMBOL.fullmatch(name):
            return SIZE
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.BinOp(left=left, op=sign, right=right):
            return _BINARY[type(sign)](_evaluate(left), _evaluate(right))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*map(_evaluate, args))
    raise ValueError(ast.unparse(node))
