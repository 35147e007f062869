"""A file's tree -> the parameter in whose default a place stands, and what calls give for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.model import Span
from portlint.source.chunks import Chunks
from portlint.source.lines import walk

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Default(NamedTuple):
    """A parameter with a default: where calls give it, and by which name they call.

    `spelled` is what a file that calls it imports, be it not `module` itself; the call of a class
    `makes` something.
    """

    called: str
    spelled: str
    module: str
    parameter: str
    position: int | None
    makes: bool


def default_at(text: Chunks, span: Span, module: str) -> Default | None:
    """The parameter in whose default a place stands."""
    for owner, function in _functions(module_of(text, [text.on(span.line)]), ""):
        if not function.lineno <= span.line <= function.body[0].lineno:
            continue
        named = function.args
        plain = [*named.posonlyargs, *named.args]
        pairs = [
            *zip(reversed(plain), reversed(named.defaults), strict=False),
            *zip(named.kwonlyargs, named.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None and _holds(default, span):
                bound = bool(owner) and not _is_static(function)
                at = plain.index(parameter) - bound if parameter in plain else None
                made = function.name == "__init__"
                spelled = owner or function.name
                called = owner if made else function.name
                return Default(called, spelled, module, parameter.arg, at, made)
    return None


def _functions(node: ast.AST, owner: str) -> Iterator[tuple[str, Function]]:
    """Every function with the class it is a method of."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield owner, child
            yield from _functions(child, "")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, child.name)
        elif isinstance(child, ast.stmt):
            yield from _functions(child, owner)


def _is_static(function: Function) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)


def _holds(node: ast.expr, span: Span) -> bool:
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return start <= (span.line, span.column - 1) < end


def uses(text: Chunks, default: Default) -> Iterator[bool]:
    """Whether each use of the function gives the parameter; one that is no call may not.

    A class is also named where nothing is made of it.
    """
    names = {default.called, *_aliases(_spelling(text, [default.called]), default.called)}
    owned = default.called != default.spelled
    called: set[int] = set()
    for node in walk(_spelling(text, names)):
        if isinstance(node, ast.Call) and _name(node.func, owned, default.module) in names:
            called.add(id(node.func))
            yield _gives(node, default)
        elif isinstance(node, ast.ClassDef):
            yield from (False for b in node.bases if _name(b, owned, default.module) in names)
        elif default.makes or id(node) in called:
            continue
        elif _name(node, owned, default.module) in names:
            yield False


def _spelling(text: Chunks, names: Iterable[str]) -> ast.Module:
    """The statements of a text that spell one of these names."""
    return module_of(text, (at for name in names for at in text.spelling(name)))


def module_of(text: Chunks, wanted: Iterable[int]) -> ast.Module:
    """Some statements of a text."""
    return ast.Module([node for piece in text.take(wanted) for node in piece.body], [])


def _aliases(module: ast.Module, name: str) -> Iterator[str]:
    for node in walk(module):
        if isinstance(node, ast.ImportFrom):
            yield from (a.asname for a in node.names if a.name == name and a.asname)


def _name(node: ast.AST, owned: bool, module: str) -> str:
    """The name an expression uses: `f`, `module.f`; of a method `x.f` with any x."""
    match node:
        case ast.Attribute(value=ast.Name(id=x) | ast.Attribute(attr=x), ctx=ast.Load()):
            return node.attr if owned or x == module else ""
        case ast.Attribute(ctx=ast.Load()):
            return node.attr if owned else ""
        case ast.Name(ctx=ast.Load()):
            return "" if owned else node.id
    return ""


def _gives(call: ast.Call, default: Default) -> bool:
    if any(keyword.arg == default.parameter for keyword in call.keywords):
        return True
    if default.position is None or len(call.args) <= default.position:
        return False
    return not any(isinstance(arg, ast.Starred) for arg in call.args[: default.position + 1])
