"""Whole numbers that stay small whatever the data is: flags, constants, counters nobody raises."""

from __future__ import annotations

from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.nodes import argument, descend, is_true
from portlint.source.place import Place

CONSTANTS = frozenset("torch.zeros torch.ones torch.zeros_like torch.ones_like".split())
GIVEN = frozenset("torch.tensor torch.as_tensor".split())
RAISED = frozenset("add_ scatter_add_ index_add_ scatter_reduce_ copy_ fill_".split())
"""Methods that put other values into a tensor that exists."""
MOVES = frozenset("to cuda clone contiguous detach int long".split())


def stays_small(node: cst.BaseExpression, at: Place) -> bool:
    """Whether an expression, or every value of a name, is small and nothing is added to it."""
    raised = isinstance(node, cst.Name) and _is_raised(node.value, at)
    return not raised and all(_is_small(value, at) for value in at.values(node))


def _is_small(node: cst.BaseExpression, at: Place, depth: int = 4) -> bool:
    """Whether a tensor holds flags or numbers that the code itself writes out."""
    if not isinstance(node, cst.Call) or not depth:
        return False
    if at.calls(node, *CONSTANTS):
        return True
    if at.calls(node, "torch.full"):
        value = argument(node, "fill_value", 1)
        return value is not None and _is_flag(value, at, depth)
    if at.calls(node, *GIVEN) and node.args:
        return _is_flag(node.args[0].value, at, depth)
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name(name)) if name in MOVES:
            values = at.values(value)
            return bool(values) and all(_is_small(v, at, depth - 1) for v in values)
    return False


def _is_flag(node: cst.BaseExpression, at: Place, depth: int) -> bool:
    """`1`, `[0, 0]`, `int(ready)`, `1 if found else 0`, a comparison, a name of these."""
    match node:
        case cst.Integer() | cst.Comparison() | cst.Name("True" | "False"):
            return True
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.List(elements=parts) | cst.Tuple(elements=parts):
            return bool(parts) and all(_is_flag(part.value, at, depth) for part in parts)
        case cst.IfExp(body=body, orelse=orelse):
            return _is_flag(body, at, depth) and _is_flag(orelse, at, depth)
        case cst.Call(func=cst.Name("int" | "bool" | "float"), args=[arg]):
            return _is_flag(arg.value, at, depth)
        case cst.Name(name):
            values = [value for value in at.values(node) if value is not node]
            known = bool(values) and depth > 0 and all(_is_flag(v, at, depth - 1) for v in values)
            return known or _is_bool(name, at)
    return False


def _is_bool(name: str, at: Place) -> bool:
    """Whether a name is a parameter that is said to be a truth."""
    function = at.within(cst.FunctionDef)
    if not isinstance(function, cst.FunctionDef):
        return False
    for param in (*function.params.params, *function.params.kwonly_params):
        if param.name.value == name:
            said = param.annotation.annotation if param.annotation else None
            given = isinstance(param.default, cst.Name) and param.default.value == "False"
            return (isinstance(said, cst.Name) and said.value == "bool") or (
                is_true(param.default) or given
            )
    return False


def _is_raised(name: str, at: Place) -> bool:
    """Whether a function adds to a tensor that began as a constant, or writes over it."""
    function = at.within(cst.FunctionDef)
    for node in descend(function) if function is not None else ():
        match node:
            case cst.AugAssign(target=target) if _is(target, name):
                return True
            case cst.Call(func=cst.Attribute(value=value)) if last(node.func) in RAISED:
                if _is(value, name):
                    return True
    return False


def _is(node: cst.BaseExpression, name: str) -> bool:
    while isinstance(node, cst.Subscript | cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name) and node.value == name
