"""Statements -> the names they bind, recorded in a scope in textual order.

Dispatch is by exact type, which costs less than a chain of questions.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from portlint.source import cst
from portlint.source.nodes import TRIES, children, dotted_text
from portlint.source.scope import Binding, Scope

STATEMENTS = frozenset(
    (
        cst.SimpleStatementLine,
        cst.If,
        cst.For,
        cst.While,
        cst.Try,
        cst.TryStar,
        cst.With,
        cst.Match,
        cst.FunctionDef,
        cst.ClassDef,
    )
)
CONDITIONAL = frozenset((cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.Match))
CLOSED = frozenset((cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Import, cst.ImportFrom))
"""Nodes whose inner names are bound elsewhere, or were taken as a whole."""
SIMPLE = frozenset(
    (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr, cst.Return, cst.Raise, cst.Assert, cst.Del)
)
"""Statements in which nothing else binds a name, unless by `:=`."""

Absolute = Callable[[cst.ImportFrom], str]


class Bound(NamedTuple):
    """A name that gets a value: that of an imported path, of an expression, or an unknown one."""

    name: str
    path: str | None = None
    value: cst.CSTNode | None = None


def collect(
    scope: Scope, body: Sequence[cst.CSTNode], absolute: Absolute, walrus: bool = True
) -> None:
    """Record every binding of these statements, without entering inner functions."""
    stack: list[tuple[cst.CSTNode, bool, cst.Try | cst.TryStar | None]] = [
        (node, False, None) for node in reversed(body)
    ]
    while stack:
        node, conditional, in_try = stack.pop()
        kind = type(node)
        if kind in STATEMENTS:
            scope.order += 1
            scope.orders[id(node)] = scope.order
        if binder := BINDERS.get(kind):
            for name, path, value in binder(node, scope, absolute):
                scope.add(name, Binding(scope.order, conditional, path, value, in_try))
        if kind in CLOSED or (not walrus and kind in SIMPLE):
            continue
        inner = conditional or kind in CONDITIONAL
        tried: Any = node if kind in TRIES else in_try
        stack.extend((child, inner, tried) for child in reversed(children(node)))


def _import(node: cst.Import, scope: Scope, absolute: Absolute) -> Iterator[Bound]:
    for alias in node.names:
        path = dotted_text(alias.name) or ""
        if alias.asname and isinstance(alias.asname.name, cst.Name):
            yield Bound(alias.asname.name.value, path)
        else:
            root = path.split(".")[0]
            yield Bound(root, root)


def _from(node: cst.ImportFrom, scope: Scope, absolute: Absolute) -> Iterator[Bound]:
    module = absolute(node)
    if isinstance(node.names, cst.ImportStar):
        scope.stars.append(module)
        return
    for alias in node.names:
        name = alias.name.value if isinstance(alias.name, cst.Name) else ""
        as_name = alias.asname.name if alias.asname else None
        local = as_name.value if isinstance(as_name, cst.Name) else name
        yield Bound(local, f"{module}.{name}" if module else name)


def _assign(node: cst.Assign, scope: Scope, absolute: Absolute) -> Iterator[Bound]:
    for target in node.targets:
        yield from _target(target.target, node.value)


def _valued(
    node: cst.AnnAssign | cst.NamedExpr, scope: Scope, absolute: Absolute
) -> Iterator[Bound]:
    if node.value is not None:
        yield from _target(node.target, node.value)


def _changed(node: cst.AugAssign | cst.For, scope: Scope, absolute: Absolute) -> Iterator[Bound]:
    yield from _target(node.target, None)


def _as(node: cst.AsName, scope: Scope, absolute: Absolute) -> Iterator[Bound]:
    yield from _target(node.name, None)


def _definition(
    node: cst.FunctionDef | cst.ClassDef, scope: Scope, absolute: Absolute
) -> Iterator[Bound]:
    yield Bound(node.name.value, value=node)


def _captured(
    node: cst.MatchAs | cst.MatchStar, scope: Scope, absolute: Absolute
) -> Iterator[Bound]:
    if node.name is not None:
        yield Bound(node.name.value)


def _elsewhere(
    node: cst.Global | cst.Nonlocal, scope: Scope, absolute: Absolute
) -> Iterator[Bound]:
    scope.elsewhere.update(item.name.value for item in node.names)
    yield from ()


BINDERS: dict[type[cst.CSTNode], Callable[..., Iterator[Bound]]] = {
    cst.Import: _import,
    cst.ImportFrom: _from,
    cst.Assign: _assign,
    cst.AnnAssign: _valued,
    cst.NamedExpr: _valued,
    cst.AugAssign: _changed,
    cst.For: _changed,
    cst.AsName: _as,
    cst.FunctionDef: _definition,
    cst.ClassDef: _definition,
    cst.MatchAs: _captured,
    cst.MatchStar: _captured,
    cst.Global: _elsewhere,
    cst.Nonlocal: _elsewhere,
}


def _target(target: cst.CSTNode, value: cst.BaseExpression | None) -> Iterator[Bound]:
    match target:
        case cst.Name():
            yield Bound(target.value, value=value)
        case cst.Attribute():
            if text := dotted_text(target):
                yield Bound(text, value=value)
        case cst.Tuple() | cst.List():
            values: Sequence[cst.BaseElement | None] = [None] * len(target.elements)
            if isinstance(value, cst.Tuple | cst.List) and len(value.elements) == len(values):
                values = value.elements
            for element, part in zip(target.elements, values, strict=True):
                yield from _target(element.value, part.value if part else None)
        case cst.StarredElement():
            yield from _target(target.value, None)


def function_scope(
    node: cst.FunctionDef | cst.Lambda, outer: Scope, absolute: Absolute, walrus: bool = True
) -> Scope:
    """The scope of a function's body: its parameters and what the body binds."""
    scope = Scope("function", outer, node)
    for param in parameters(node.params):
        scope.add(param.name.value, Binding(0))
    collect(scope, [node.body], absolute, walrus)
    return scope


def class_scope(node: cst.ClassDef, outer: Scope, absolute: Absolute, walrus: bool = True) -> Scope:
    """The scope of a class; `self.x = …` in any method says what `self.x` is in all of them."""
    scope = Scope("class", outer, node)
    collect(scope, [node.body], absolute, walrus)
    for method in node.body.body:
        if isinstance(method, cst.FunctionDef):
            inner = Scope("function", None, method)
            collect(inner, [method.body], absolute, walrus)
            for name, bindings in inner.attributes.items():
                if name.startswith("self."):
                    scope.attributes.setdefault(name, []).extend(bindings)
    return scope


def comprehension_scope(node: cst.CSTNode, outer: Scope) -> Scope:
    """The scope of a comprehension: the targets of its clauses."""
    scope = Scope("comprehension", outer, node)
    clause = getattr(node, "for_in", None)
    while clause is not None:
        for name, _, _ in _target(clause.target, None):
            scope.add(name, Binding(0))
        clause = clause.inner_for_in
    return scope


def parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    """Every parameter of a function, starred ones included."""
    yield from params.posonly_params
    yield from params.params
    yield from params.kwonly_params
    for star in (params.star_arg, params.star_kwarg):
        if isinstance(star, cst.Param):
            yield star
