"""Caches of keys and values: whether anybody in a file hands one to the module that extends it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from portlint.source.hot.calls import Function, Names
from portlint.source.hot.decoding import inside
from portlint.source.hot.kinds import root


def unused(function: Function, cache: ast.expr, names: Names) -> bool:
    """Whether every call of a module in this file leaves out the parameter a cache comes in by.

    A module that nothing here calls may be given a cache by another file.
    """
    name = _parameter(function, cache)
    if not name or function.owner not in names.classes:
        return False
    own = names.below(function.owner)
    calls = [call for call, made in _calls(names) if made & own]
    return bool(calls) and not any(_gives(call, name, function) for call in calls)


def _parameter(function: Function, cache: ast.expr) -> str:
    """The parameter that an expression is taken out of, where callers may leave it out."""
    args = function.node.args
    plain = [*args.posonlyargs, *args.args]
    optional = {a.arg for a in plain[len(plain) - len(args.defaults) :]}
    pairs = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    optional |= {arg.arg for arg, default in pairs if default is not None}
    names = {part.id for part in ast.walk(cache) if isinstance(part, ast.Name)}
    for node in inside(function.node.body):
        if isinstance(node, ast.Assign):
            bound = {p.id for t in node.targets for p in ast.walk(t) if isinstance(p, ast.Name)}
            if bound & names and isinstance(node.value, ast.Name):
                names.add(node.value.id)
    return next(iter(sorted(names & optional)), "")


def _calls(names: Names) -> Iterator[tuple[ast.Call, set[str]]]:
    """Calls of `self.attr(…)` with the classes of this file that the attribute is made of."""
    for item in names.classes.values():
        made = dict(_made(item.methods["__init__"], names)) if "__init__" in item.methods else {}
        for method in item.methods.values() if made else ():
            for node in inside(method.node.body):
                match node:
                    case ast.Call(func=ast.Attribute(attr=attr) as func) if attr in made:
                        if root(func) == "self":
                            yield node, made[attr]


def _made(init: Function, names: Names) -> Iterator[tuple[str, set[str]]]:
    """`self.attention = Attention(config)`: the attribute, and the classes it may be."""
    for node in inside(init.node.body):
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name("self"), attr=attr)], value=value
            ):
                used = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
                if used & names.classes.keys():
                    yield attr, used & names.classes.keys()


def _gives(call: ast.Call, name: str, function: Function) -> bool:
    """Whether a call gives a parameter a value, or may."""
    args = function.node.args
    order = [arg.arg for arg in [*args.posonlyargs, *args.args]]
    place = order.index(name) - 1 if name in order else len(call.args)
    for keyword in call.keywords:
        if keyword.arg is None:
            return True
        if keyword.arg == name:
            return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
    return len(call.args) > place or any(isinstance(arg, ast.Starred) for arg in call.args)
