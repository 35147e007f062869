"""Expressions of `ast` -> nodes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from portlint.source import cst
from portlint.source.recast import literals, make
from portlint.source.recast.operators import OPERATORS
from portlint.source.recast.written import Placed, Stretch, Through, Written, before


class Unknown(Exception):
    """A node that only a newer Python has; libcst has to read the file."""


class Expressions:
    """Makes expressions; `at` has where each node stands, by its id."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.at: dict[int, Placed | Through] = {}

    def expr(self, node: ast.expr) -> Any:
        """The same expression."""
        caster = CASTERS.get(type(node))
        if caster is None:
            raise Unknown(type(node).__name__)
        found = caster(self, node)
        self.at[id(found)] = node
        return found

    def maybe(self, node: ast.expr | None) -> Any:
        """The same expression, where there is one."""
        return None if node is None else self.expr(node)

    def put(self, node: cst.CSTNode, place: Placed | Through) -> Any:
        """The node, which stands here."""
        self.at[id(node)] = place
        return node

    def elements(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """The elements of a list, a tuple or a set."""
        return [self._element(node) for node in nodes]

    def _element(self, node: ast.expr) -> Any:
        kind = make.StarredElement if type(node) is ast.Starred else make.Element
        value = node.value if type(node) is ast.Starred else node
        return self.put(kind(self.expr(value)), node)

    def arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
        """What is given to a call, in the order in which it is written."""
        found: list[ast.expr | ast.keyword] = [*args, *keywords]
        if args and keywords and _place(args[-1]) > _place(keywords[0]):
            found.sort(key=_place)
        return [self._argument(node) for node in found]

    def _argument(self, node: ast.expr | ast.keyword) -> Any:
        if type(node) is ast.keyword:
            value = self.expr(node.value)
            if node.arg is None:
                return self.put(make.Arg(value, None, "**"), Through(node, node.value))
            end = node.col_offset + len(node.arg.encode())
            place = Stretch(node.lineno, node.col_offset, node.lineno, end)
            name = self.put(make.Name(node.arg), place)
            return self.put(make.Arg(value, name, ""), Through(node, node.value))
        assert isinstance(node, ast.expr)
        if type(node) is ast.Starred:
            return self.put(make.Arg(self.expr(node.value), None, "*"), node)
        return self.put(make.Arg(self.expr(node), None, ""), node)

    def parameters(self, args: ast.arguments) -> Any:
        """The parameters of a function."""
        plain = [*args.posonlyargs, *args.args]
        missing: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
        values = [*missing, *args.defaults]
        every = [self.parameter(p, v) for p, v in zip(plain, values, strict=True)]
        only = [
            self.parameter(p, v) for p, v in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        ]
        first = len(args.posonlyargs)
        star: Any = None
        if args.vararg is not None:
            star = self.parameter(args.vararg, None, "*")
        elif only:
            star = self.put(make.ParamStar(), self.written.last("*", args.kwonlyargs[0]))
        rest = None if args.kwarg is None else self.parameter(args.kwarg, None, "**")
        return make.Parameters(every[first:], star, only, rest, every[:first])

    def parameter(self, node: ast.arg, value: ast.expr | None, star: str = "") -> Any:
        """One parameter, with what it is where nothing is given."""
        end = node.col_offset + len(node.arg.encode())
        name = self.put(
            make.Name(node.arg), Stretch(node.lineno, node.col_offset, node.lineno, end)
        )
        note = None if node.annotation is None else make.Annotation(self.expr(node.annotation))
        place = before(node, star) if star else node
        return self.put(make.Param(name, note, self.maybe(value), star), place)


def _place(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


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
    parts = inner.elts if isinstance(inner, ast.Tuple) and is_bare(inner, cast) else [inner]
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


def is_bare(node: ast.Tuple, cast: Expressions) -> bool:
    """Whether a tuple has no parentheses of its own."""
    if not node.elts:
        return False
    first = node.elts[0]
    if _place(first) == _place(node):
        return True
    before = cast.written.between(node.lineno, node.col_offset, first.lineno, first.col_offset)
    end, last = first.end_lineno or 0, first.end_col_offset or 0
    after = cast.written.between(end, last, node.end_lineno or 0, node.end_col_offset or 0)
    closed = after.partition(",")[0]
    return before.count("(") <= closed.count(")")


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


Caster = Callable[[Any, Any], Any]
CASTERS: dict[type[ast.expr], Caster] = {
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
