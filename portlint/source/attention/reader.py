"""Statements of one function -> what its names hold and what it returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from portlint.source.attention.expressions import Expressions
from portlint.source.attention.fold import BINARY
from portlint.source.attention.program import Loop
from portlint.source.attention.terms import Term
from portlint.source.lines import walk


class Reader(Expressions):
    """Reads statements in order; branches whose test is known are taken, others merged."""

    def block(self, body: Iterable[ast.stmt]) -> bool:
        """Read statements; says whether the block ends before its last statement always."""
        for node in body:
            read = STATEMENTS.get(type(node))
            if read is not None and read(self, node):
                return True
        return False

    def _assign(self, node: ast.Assign) -> None:
        value = self.expr(node.value)
        for target in node.targets:
            self.bind(target, value, node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.expr(node.value), node.value)

    def _changed(self, node: ast.AugAssign) -> None:
        old = self.expr(_loaded(node.target))
        new = self.binary(old, self.expr(node.value), *BINARY[type(node.op)], node)
        self.bind(node.target, new, None)

    def _if(self, node: ast.If) -> bool:
        test = self.expr(node.test)
        truth = self.truth(test)
        if truth is not None:
            return self.block(node.body if truth else node.orelse)
        before = dict(self.env)
        ended = self.block(node.body)
        yes, self.env = self.env, before
        other = self.block(node.orelse)
        if ended and other:
            return True
        if ended:
            return False
        self.env = yes if other else self.merged(yes, self.env, test)
        return False

    def merged(self, yes: dict[str, Term], no: dict[str, Term], test: Term) -> dict[str, Term]:
        """Both ways together; a name that differs can be either."""
        found = dict(no)
        for name, term in yes.items():
            other = no.get(name)
            if other is None:
                found[name] = term
            elif other is not term:
                found[name] = Term("phi", (term, other), node=term.node, kw={})
                found[name].held = test
        return found

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self.expr(node.iter)
        listed = self.listed(items)
        if listed and _short(node.body):
            for item in listed:
                self.bind(node.target, item, None)
                self.block(node.body)
            return
        self.bind(node.target, self.element(items, node.iter), None)
        self._rounds(node)

    def _while(self, node: ast.While) -> None:
        self.expr(node.test)
        self._rounds(node)

    def _rounds(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """One round, with what the round changes held open at its start."""
        names = sorted(name for name in _stored(node.body) if name in self.env)
        before = {name: Term("carried", (self.env[name],), value=name) for name in names}
        self.env |= before
        self.block(node.body)
        for name, term in before.items():
            after = self.env.get(name, term)
            if after is term:
                self.env[name] = term.args[0]
                continue
            self.program.loops.append(Loop(name, term, after, node, self.context.function))
        self.block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            value = self.expr(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, None)
        return self.block(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        return self.block(node.body) or self.block(node.orelse) or self.block(node.finalbody)

    def _return(self, node: ast.Return) -> bool:
        if node.value is not None:
            self.returned.append(self.expr(node.value))
        return True

    def _expression(self, node: ast.Expr) -> None:
        """A call for its effect: `x.masked_fill_(…)`, `self.register_buffer(…)`, `xs.append(x)`."""
        value = self.expr(node.value)
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        name, target = call.func.attr, call.func.value
        if name in ("append", "extend"):
            self.bind(target, Term("list", (self.expr(target), *value.args[1:]), node=call), None)
        elif name.endswith("_") and not name.endswith("__"):
            self.bind(target, value, None)

    def _ended(self, node: ast.stmt) -> bool:
        return True

    def _function(self, node: ast.FunctionDef) -> None:
        self.env[node.name] = Term("closure", value=node.name, node=node)
        self.env[node.name].held = self

    def _match(self, node: ast.Match) -> None:
        self.expr(node.subject)
        for case in node.cases:
            self.block(case.body)


STATEMENTS: Mapping[type[ast.AST], Callable[..., bool | None]] = {
    ast.Assign: Reader._assign,
    ast.AnnAssign: Reader._annotated,
    ast.AugAssign: Reader._changed,
    ast.If: Reader._if,
    ast.For: Reader._for,
    ast.AsyncFor: Reader._for,
    ast.While: Reader._while,
    ast.With: Reader._with,
    ast.AsyncWith: Reader._with,
    ast.Try: Reader._try,
    ast.TryStar: Reader._try,
    ast.Return: Reader._return,
    ast.Raise: Reader._ended,
    ast.Continue: Reader._ended,
    ast.Break: Reader._ended,
    ast.Expr: Reader._expression,
    ast.FunctionDef: Reader._function,
    ast.Match: Reader._match,
}


def _loaded(node: ast.expr) -> ast.expr:
    """The target of `x += 1`, read."""
    return node


def _short(body: list[ast.stmt]) -> bool:
    return len(body) <= 2 and not any(isinstance(n, ast.If | ast.For | ast.While) for n in body)


def _stored(body: Iterable[ast.stmt]) -> set[str]:
    """Names that statements give a value, in whatever way."""
    names: set[str] = set()
    for statement in body:
        for node in walk(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    names.add(name)
                case ast.Attribute(value=ast.Name("self"), attr=attr, ctx=ast.Store()):
                    names.add(f"self.{attr}")
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)):
                    if attr in ("append", "extend") or attr.endswith("_"):
                        names.add(name)
    return names
