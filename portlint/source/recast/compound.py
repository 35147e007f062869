"""Statements of `ast` that have blocks -> nodes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from portlint.source.recast import make, patterns
from portlint.source.recast.expressions import Caster
from portlint.source.recast.written import after, behind, until

if TYPE_CHECKING:
    from portlint.source.recast.statements import Statements

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _if(cast: Statements, node: ast.If) -> Any:
    """An if with its chain of `elif`, however long."""
    chain = [node]
    while len(chain[-1].orelse) == 1 and _is_elif(cast, chain[-1].orelse[0]):
        chain.append(chain[-1].orelse[0])  # type: ignore[arg-type]
    orelse = cast.orelse(chain[-1].orelse)
    for one in reversed(chain):
        orelse = cast.put(make.If(cast.expr(one.test), cast.suite(one.body), orelse), one)
    return orelse


def _is_elif(cast: Statements, node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and cast.written.begins(node, "elif")


def _for(cast: Statements, node: ast.For | ast.AsyncFor) -> Any:
    target, values = cast.expr(node.target), cast.expr(node.iter)
    words = make.Asynchronous() if isinstance(node, ast.AsyncFor) else None
    return make.For(target, values, cast.suite(node.body), cast.orelse(node.orelse), words)


def _while(cast: Statements, node: ast.While) -> Any:
    return make.While(cast.expr(node.test), cast.suite(node.body), cast.orelse(node.orelse))


def _try(cast: Statements, node: ast.Try | ast.TryStar) -> Any:
    star = isinstance(node, ast.TryStar)
    handlers = [_handler(cast, handler, star) for handler in node.handlers]
    last = make.Finally(cast.suite(node.finalbody)) if node.finalbody else None
    kind = make.TryStar if star else make.Try
    return kind(cast.suite(node.body), handlers, cast.orelse(node.orelse), last)


def _handler(cast: Statements, node: ast.ExceptHandler, star: bool) -> Any:
    name = None
    if node.name is not None and node.type is not None:
        place = behind(node.type, " as ", node.name)
        name = make.AsName(cast.name(node.name, place))
    kind = make.ExceptStarHandler if star else make.ExceptHandler
    return cast.put(kind(cast.suite(node.body), cast.maybe(node.type), name), node)


def _with(cast: Statements, node: ast.With | ast.AsyncWith) -> Any:
    items = [_item(cast, item) for item in node.items]
    words = make.Asynchronous() if isinstance(node, ast.AsyncWith) else None
    return make.With(items, cast.suite(node.body), words)


def _item(cast: Statements, item: ast.withitem) -> Any:
    value = cast.expr(item.context_expr)
    name = None if item.optional_vars is None else make.AsName(cast.expr(item.optional_vars))
    place = until(item.context_expr, item.optional_vars or item.context_expr)
    return cast.put(make.WithItem(value, name), place)


def _function(cast: Statements, node: Function) -> Any:
    words = make.Asynchronous() if isinstance(node, ast.AsyncFunctionDef) else None
    name = cast.name(node.name, after(node, "async def " if words else "def ", node.name))
    if id(node) in cast.stubs:
        body = make.SimpleStatementSuite([make.Pass()])
        return make.FunctionDef(
            name,
            make.Parameters([], None, [], None, []),
            body,
            [],
            None,
            words,
        )
    decorators, params = cast.decorators(node.decorator_list), cast.parameters(node.args)
    returns = None if node.returns is None else make.Annotation(cast.expr(node.returns))
    return make.FunctionDef(name, params, cast.suite(node.body), decorators, returns, words)


def _class(cast: Statements, node: ast.ClassDef) -> Any:
    decorators = cast.decorators(node.decorator_list)
    name = cast.name(node.name, after(node, "class ", node.name))
    given = cast.arguments(node.bases, node.keywords)
    bases = [arg for arg in given if arg.keyword is None and arg.star != "**"]
    keywords = [arg for arg in given if arg.keyword is not None or arg.star == "**"]
    return make.ClassDef(name, cast.suite(node.body), bases, keywords, decorators)


def _match(cast: Statements, node: ast.Match) -> Any:
    cases = [
        make.MatchCase(
            patterns.pattern(cast, case.pattern), cast.suite(case.body), cast.maybe(case.guard)
        )
        for case in node.cases
    ]
    return make.Match(cast.expr(node.subject), cases)


COMPOUND: dict[type[ast.stmt], Caster] = {
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Match: _match,
}
