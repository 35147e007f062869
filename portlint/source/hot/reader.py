"""Statements on a hot path, in order -> marks where Python waits for tensors, and calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from portlint.source.hot.expressions import Expressions
from portlint.source.hot.kinds import (
    LOCAL,
    ON_DEVICE,
    STATIC,
    UNKNOWN,
    annotated,
    both,
)
from portlint.source.hot.questions import (
    EAGER,
    SELDOM,
    TRAINS,
    UNREAL,
    counts,
    fills,
    is_first,
    leaves,
)


class Reader(Expressions):
    """Reads the statements of one function, and remembers what its names hold."""

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements; behind an early return of graphs nothing is left to read."""
        for node in statements:
            read = STATEMENTS.get(type(node))
            if read is not None:
                read(self, node)
            if (
                isinstance(node, ast.If)
                and leaves(node.body)
                and EAGER.search(self.text(node.test))
            ):
                return

    def _assign(self, node: ast.Assign) -> None:
        if isinstance(node.value, ast.Constant) and node.value.value is None:
            # A value that is taken away says nothing of what the name holds where it is used.
            names = (target.id for target in node.targets if isinstance(target, ast.Name))
            for name in names:
                self.held.setdefault(name, UNKNOWN)
            return
        kind = self.expr(node.value)
        for target in node.targets:
            self.bind(target, kind, node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        kind = self.expr(node.value) if node.value is not None else UNKNOWN
        self.bind(node.target, kind or annotated(node.annotation))

    def _changed(self, node: ast.AugAssign) -> None:
        kind = self.expr(node.value)
        if isinstance(node.target, ast.Name):
            old = self.held.get(node.target.id, UNKNOWN)
            self.held[node.target.id] = both(old, kind, node.op)
        else:
            self.bind(node.target, kind)

    def _if(self, node: ast.If) -> None:
        text = self.text(node.test)
        if EAGER.search(text):
            return
        often = self.level != "forward" and " % " in text
        if often or SELDOM.search(text) or is_first(node.test) or fills(node):
            self.block(node.orelse)
            return
        level, (yes, no) = self.level, self.narrow(node.test)
        if level == "forward" and TRAINS.search(text) and not text.startswith("not "):
            self.level = "step"
        self.test(node.test)
        self._behind(yes, node.body)
        self.level = level
        self._behind(no, node.orelse)

    def _behind(self, known: dict[str, str] | None, body: Sequence[ast.stmt]) -> None:
        """Read a branch with what its question says of names; None: it is never taken."""
        if known is None:
            return
        known = {n: k for n, k in known.items() if self.held.get(n) not in (STATIC, LOCAL)}
        before = {name: self.held.get(name, UNKNOWN) for name in known}
        self.held |= known
        self.block(body)
        for name, kind in known.items():
            if self.held.get(name) == kind or before[name] in ON_DEVICE:
                self.held[name] = before[name]

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        if counts([node.target], node.body):
            self.counted.add(id(node.iter))
        self.rounds(node.target, node.iter)
        self.block(node.body)
        self.block(node.orelse)

    def _while(self, node: ast.While) -> None:
        self.test(node.test)
        self.block(node.body)
        self.block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        if any(UNREAL.search(self.text(item.context_expr)) for item in node.items):
            return
        for item in node.items:
            self.expr(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, UNKNOWN)
        self.block(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self.block(node.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def _value(self, node: ast.Expr | ast.Return) -> None:
        if node.value is not None:
            self.expr(node.value)

    def _assert(self, node: ast.Assert) -> None:
        match node.test:
            case ast.Compare(
                left=ast.Attribute(attr="type", value=ast.Attribute(attr="device", value=about)),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value="cpu")],
            ) if isinstance(about, ast.Name):
                self.held[about.id] = LOCAL
        self.test(node.test)

    def _match(self, node: ast.Match) -> None:
        self.expr(node.subject)
        for case in node.cases:
            self.block(case.body)


STATEMENTS: dict[type[ast.AST], Callable[..., None]] = {
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
    ast.Expr: Reader._value,
    ast.Return: Reader._value,
    ast.Assert: Reader._assert,
    ast.Match: Reader._match,
}
