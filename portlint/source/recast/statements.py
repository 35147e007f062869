"""Statements of `ast` -> nodes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from portlint.source.recast import make, patterns
from portlint.source.recast.expressions import Caster, Expressions, Unknown
from portlint.source.recast.formatted import Odd, formatted
from portlint.source.recast.operators import CHANGES
from portlint.source.recast.written import (
    Placed,
    Stretch,
    Written,
    after,
    before,
    behind,
    tail,
    until,
)

if TYPE_CHECKING:
    from portlint.source.recast.parsed import Read

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Statements(Expressions):
    """Makes statements; of functions that are `stubs` only the name."""

    def __init__(self, written: Written, stubs: Collection[int] = frozenset()) -> None:
        super().__init__(written)
        self.stubs = stubs
        self.read: list[tuple[Read, Stretch]] = []

    def block(self, nodes: Sequence[ast.stmt]) -> list[Any]:
        """Statements of one block; simple ones that share a line are one."""
        found: list[Any] = []
        first, end = ast.stmt(), 0
        for node in nodes:
            small = SMALL.get(type(node))
            if small is None:
                found.append(self.compound(node))
                continue
            made = self.put(small(self, node), node)
            if node.lineno == end:
                found[-1].body.append(made)
                self.put(found[-1], until(first, node))
            else:
                found.append(self.put(make.SimpleStatementLine([made]), node))
                first = node
            end = node.end_lineno or node.lineno
        return found

    def compound(self, node: ast.stmt) -> Any:
        """A statement with blocks."""
        caster = COMPOUND.get(type(node))
        if caster is None:
            raise Unknown(type(node).__name__)
        return self.put(caster(self, node), node)

    def whole(self, node: Function) -> Any:
        """A function with its body, even if it is one of the stubs."""
        stubs, self.stubs = self.stubs, frozenset()
        try:
            return self.compound(node)
        finally:
            self.stubs = stubs

    def suite(self, nodes: Sequence[ast.stmt]) -> Any:
        """A block below a statement, or what stands on its line."""
        found = self.block(nodes)
        if type(nodes[0]) in SMALL and not self.written.is_first(nodes[0]):
            return make.SimpleStatementSuite(found[0].body)
        return make.IndentedBlock(found)

    def orelse(self, nodes: Sequence[ast.stmt]) -> Any:
        """The block of an `else`, where there is one."""
        return make.Else(self.suite(nodes)) if nodes else None

    def formatted(self, text: str, place: Stretch) -> Any:
        """A string with expressions."""
        try:
            return formatted(self, text, place)
        except Odd:
            from portlint.source.recast.parsed import Read  # half of what a short run costs

            read = Read(f"{text}\n")
            self.read.append((read, place))
            return read.nodes[0].body[0].value

    def decorators(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """What stands before a definition."""
        return [self.put(make.Decorator(self.expr(node)), before(node, "@")) for node in nodes]

    def name(self, text: str, place: Placed) -> Any:
        """A name that is no expression: that of a definition, or after `as`."""
        return self.put(make.Name(text), place)


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
