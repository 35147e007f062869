"""Statements of `ast` without blocks -> nodes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from portlint.source.recast import make
from portlint.source.recast.expressions import Caster
from portlint.source.recast.operators import CHANGES
from portlint.source.recast.written import Placed, Stretch, after, tail, until

if TYPE_CHECKING:
    from portlint.source.recast.statements import Statements


def _expr(cast: Statements, node: ast.Expr) -> Any:
    return make.Expr(cast.expr(node.value))


def _assign(cast: Statements, node: ast.Assign) -> Any:
    targets = [cast.put(make.AssignTarget(cast.expr(t)), t) for t in node.targets]
    return make.Assign(targets, cast.expr(node.value))


def _changed(cast: Statements, node: ast.AugAssign) -> Any:
    target = cast.expr(node.target)
    return make.AugAssign(target, CHANGES[type(node.op)], cast.expr(node.value))


def _annotated(cast: Statements, node: ast.AnnAssign) -> Any:
    note = make.Annotation(cast.expr(node.annotation))
    return make.AnnAssign(cast.expr(node.target), note, cast.maybe(node.value))


def _return(cast: Statements, node: ast.Return) -> Any:
    return make.Return(cast.maybe(node.value))


def _raise(cast: Statements, node: ast.Raise) -> Any:
    cause = None if node.cause is None else make.From(cast.expr(node.cause))
    return make.Raise(cast.maybe(node.exc), cause)


def _assert(cast: Statements, node: ast.Assert) -> Any:
    return make.Assert(cast.expr(node.test), cast.maybe(node.msg))


def _delete(cast: Statements, node: ast.Delete) -> Any:
    if len(node.targets) == 1:
        return make.Del(cast.expr(node.targets[0]))
    place = until(node.targets[0], node.targets[-1])
    return make.Del(cast.put(make.Tuple(cast.elements(node.targets)), place))


def _import(cast: Statements, node: ast.Import) -> Any:
    return make.Import([_alias(cast, alias) for alias in node.names])


def _from(cast: Statements, node: ast.ImportFrom) -> Any:
    dots = [make.Dot() for _ in range(node.level)]
    module = None
    if node.module is not None:
        module = _dotted(cast, node.module, after(node, "from " + "." * node.level))
    if node.names[0].name == "*":
        return make.ImportFrom(module, make.ImportStar(), dots)
    return make.ImportFrom(module, [_alias(cast, alias) for alias in node.names], dots)


def _alias(cast: Statements, node: ast.alias) -> Any:
    name = _dotted(cast, node.name, node)
    asname = None if node.asname is None else make.AsName(cast.name(node.asname, tail(node)))
    return cast.put(make.ImportAlias(name, asname), node)


def _dotted(cast: Statements, text: str, begin: Placed) -> Any:
    """A dotted name, written without blanks."""
    first, *rest = text.split(".")
    line, start = begin.lineno, begin.col_offset
    end = start + len(first.encode())
    found = cast.name(first, Stretch(line, start, line, end))
    for part in rest:
        at, end = end + 1, end + 1 + len(part.encode())
        name = cast.name(part, Stretch(line, at, line, end))
        found = cast.put(make.Attribute(found, name), Stretch(line, start, line, end))
    return found


def _global(cast: Statements, node: ast.Global) -> Any:
    return make.Global([make.NameItem(cast.name(name, node)) for name in node.names])


def _nonlocal(cast: Statements, node: ast.Nonlocal) -> Any:
    return make.Nonlocal([make.NameItem(cast.name(name, node)) for name in node.names])


def _pass(cast: Statements, node: ast.Pass) -> Any:
    return make.Pass()


def _break(cast: Statements, node: ast.Break) -> Any:
    return make.Break()


def _continue(cast: Statements, node: ast.Continue) -> Any:
    return make.Continue()


SMALL: dict[type[ast.stmt], Caster] = {
    ast.Expr: _expr,
    ast.Assign: _assign,
    ast.AugAssign: _changed,
    ast.AnnAssign: _annotated,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.Import: _import,
    ast.ImportFrom: _from,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
}
