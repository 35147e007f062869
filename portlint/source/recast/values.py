"""Each kind of expression of `ast` -> a node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from portlint.source.recast import literals, make
from portlint.source.recast.operators import OPERATORS
from portlint.source.recast.written import Through

if TYPE_CHECKING:
    from portlint.source.recast.expressions import Expressions


def _name(cast: Expressions, node: ast.Name) -> Any:
    return make.Name(node.id)


def _attribute(cast: Expressions, node: ast.Attribute) -> Any:
    attr = make.Name(node.attr)
    cast.at[id(attr)] = node
    return make.Attribute(cast.expr(node.value), attr)


def _call(cast: Expressions, node: ast.Call) -> Any:
    func = cast.expr(node.func)
    return make.Call(func, cast.arguments(node.args, node.keywords))


def _subscript(cast: Expressions, node: ast.Subscript) -> Any:
    value = cast.expr(node.value)
    inner = node.slice
    parts = inner.elts if isinstance(inner, ast.Tuple) and cast.written.is_bare(inner) else [inner]
    return make.Subscript(
        value, [cast.put(make.SubscriptElement(_index(cast, p)), p) for p in parts]
    )


def _index(cast: Expressions, node: ast.expr) -> Any:
    if isinstance(node, ast.Slice):
        lower, upper, step = map(cast.maybe, (node.lower, node.upper, node.step))
        return cast.put(make.Slice(lower, upper, step), node)
    star = "*" if isinstance(node, ast.Starred) else None
    value = node.value if isinstance(node, ast.Starred) else node
    return cast.put(make.Index(cast.expr(value), star), node)


def _binary(cast: Expressions, node: ast.BinOp) -> Any:
    left = cast.expr(node.left)
    return make.BinaryOperation(left, OPERATORS[type(node.op)], cast.expr(node.right))


def _unary(cast: Expressions, node: ast.UnaryOp) -> Any:
    return make.UnaryOperation(OPERATORS[type(node.op)], cast.expr(node.operand))


def _logical(cast: Expressions, node: ast.BoolOp) -> Any:
    """`a and b and c` is `(a and b) and c`."""
    first, *rest = node.values
    operator = OPERATORS[type(node.op)]
    found = cast.expr(first)
    for value in rest:
        found = make.BooleanOperation(found, operator, cast.expr(value))
        cast.at[id(found)] = Through(node, value)
    return found


def _comparison(cast: Expressions, node: ast.Compare) -> Any:
    left = cast.expr(node.left)
    targets = [
        make.ComparisonTarget(OPERATORS[type(op)], cast.expr(value))
        for op, value in zip(node.ops, node.comparators, strict=True)
    ]
    return make.Comparison(left, targets)


def _choice(cast: Expressions, node: ast.IfExp) -> Any:
    return make.IfExp(cast.expr(node.test), cast.expr(node.body), cast.expr(node.orelse))


def _lambda(cast: Expressions, node: ast.Lambda) -> Any:
    return make.Lambda(cast.parameters(node.args), cast.expr(node.body))


def _tuple(cast: Expressions, node: ast.Tuple) -> Any:
    return make.Tuple(cast.elements(node.elts))


def _list(cast: Expressions, node: ast.List) -> Any:
    return make.List(cast.elements(node.elts))


def _set(cast: Expressions, node: ast.Set) -> Any:
    return make.Set(cast.elements(node.elts))


def _dict(cast: Expressions, node: ast.Dict) -> Any:
    elements = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            elements.append(cast.put(make.StarredDictElement(cast.expr(value)), value))
        else:
            elements.append(
                cast.put(make.DictElement(cast.expr(key), cast.expr(value)), Through(key, value))
            )
    return make.Dict(elements)


def _clauses(cast: Expressions, clauses: Sequence[ast.comprehension]) -> Any:
    """The clauses of a comprehension: each one holds the next."""
    inner = None
    for clause in reversed(clauses):
        ifs = [make.CompIf(cast.expr(test)) for test in clause.ifs]
        words = make.Asynchronous() if clause.is_async else None
        target, values = cast.expr(clause.target), cast.expr(clause.iter)
        inner = make.CompFor(target, values, ifs, inner, words)
    return inner


def _list_of(cast: Expressions, node: ast.ListComp) -> Any:
    return make.ListComp(cast.expr(node.elt), _clauses(cast, node.generators))


def _set_of(cast: Expressions, node: ast.SetComp) -> Any:
    return make.SetComp(cast.expr(node.elt), _clauses(cast, node.generators))


def _generator(cast: Expressions, node: ast.GeneratorExp) -> Any:
    return make.GeneratorExp(cast.expr(node.elt), _clauses(cast, node.generators))


def _dict_of(cast: Expressions, node: ast.DictComp) -> Any:
    key, value = cast.expr(node.key), cast.expr(node.value)
    return make.DictComp(key, value, _clauses(cast, node.generators))


def _await(cast: Expressions, node: ast.Await) -> Any:
    return make.Await(cast.expr(node.value))


def _yield(cast: Expressions, node: ast.Yield) -> Any:
    return make.Yield(cast.maybe(node.value))


def _yield_from(cast: Expressions, node: ast.YieldFrom) -> Any:
    return make.Yield(make.From(cast.expr(node.value)))


def _named(cast: Expressions, node: ast.NamedExpr) -> Any:
    return make.NamedExpr(cast.expr(node.target), cast.expr(node.value))


def _starred(cast: Expressions, node: ast.Starred) -> Any:
    return make.StarredElement(cast.expr(node.value))


CASTERS: dict[type[ast.expr], Callable[[Any, Any], Any]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logical,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.Lambda: _lambda,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.ListComp: _list_of,
    ast.SetComp: _set_of,
    ast.DictComp: _dict_of,
    ast.GeneratorExp: _generator,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.NamedExpr: _named,
    ast.Starred: _starred,
    ast.Constant: literals.constant,
    ast.JoinedStr: literals.string,
}
