"""A function's tree -> its ways: what it returns and sets, and which conditions hold there.

`if want == "fast": if not cuda: raise …` lets nobody pass who wants "fast" without CUDA: after it,
not both can hold. A list that is filled behind conditions and asked for afterwards says the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.source.stores import Function

FILLS = frozenset("append extend add insert".split())
MANY = 48
"""Conditions that are kept at one place; more of them are no question but a program."""


class Fact(NamedTuple):
    """A condition and how it came out; a `demand` stops who does not meet it."""

    test: ast.expr
    truth: bool
    demand: bool = False


Facts = tuple[Fact, ...]


class Way(NamedTuple):
    """A value that is returned or set, and what holds there; None where nothing says what it is."""

    value: ast.expr | None
    facts: Facts


class Paths:
    """The ways through a function."""

    def __init__(self, function: Function) -> None:
        self.ends: list[Way] = []
        self.sets: dict[str, list[Way]] = {}
        self.fills: dict[str, list[Facts]] = {}
        self.at: dict[int, Facts] = {}
        try:
            if self._block(function.body, ()) is not None:
                self.ends.append(Way(ast.Constant(None), ()))
        except RecursionError:  # a chain of hundreds of branches, which a program has written
            self.ends.append(Way(None, ()))

    def _block(self, body: Sequence[ast.stmt], known: Facts) -> Facts | None:
        """What holds after some statements; None where it never comes to their end."""
        for node in body:
            self.at[id(node)] = known
            after = self._statement(node, known)
            if after is None:
                return None
            known = after[-MANY:]
        return known

    def _statement(self, node: ast.stmt, known: Facts) -> Facts | None:
        match node:
            case ast.Return():
                self.ends.append(Way(node.value or ast.Constant(None), known))
                return None
            case ast.Raise() | ast.Continue() | ast.Break():
                return None
            case ast.If():
                return self._if(node, known)
            case ast.Assert():
                return (*known, Fact(node.test, True, demand=True))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return known
            case ast.With() | ast.AsyncWith():
                return self._block(node.body, known)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.Try() | ast.TryStar() | ast.Match():
                return self._any(node, known)
        return self._simple(node, known)

    def _if(self, node: ast.If, known: Facts) -> Facts | None:
        yes = self._block(node.body, (*known, Fact(node.test, True)))
        no = self._block(node.orelse, (*known, Fact(node.test, False)))
        if yes is not None and no is not None:
            return (
                *(fact for fact in known if fact in yes and fact in no),
                *_only(node.test, True, yes, known),
                *_only(node.test, False, no, known),
            )
        raising = _raises(node.body if yes is None else node.orelse)
        after = no if yes is None else yes
        if after is None or not raising:
            return after
        return tuple(
            fact._replace(demand=True) if fact.test is node.test else fact for fact in after
        )

    def _any(self, node: ast.stmt, known: Facts) -> Facts:
        """Blocks that may run, and more than once: what they find out is not kept."""
        known = _without(known, set(_changed(node)))
        for name in ("body", "orelse", "finalbody"):
            self._block(getattr(node, name, []), known)
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            self._block(part.body, known)
        for name in _bound(node):
            self.sets.setdefault(name, []).append(Way(None, known))
        return known

    def _simple(self, node: ast.stmt, known: Facts) -> Facts:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                self._set(target, node.value, known)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.sets.setdefault(node.target.id, []).append(Way(None, known))
            self.fills.setdefault(node.target.id, []).append(known)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            func = node.value.func
            if isinstance(func, ast.Attribute) and func.attr in FILLS:
                self.fills.setdefault(ast.unparse(func.value), []).append(known)
        return _without(known, set(_changed(node)))

    def _set(self, target: ast.expr, value: ast.expr, known: Facts) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                if isinstance(part, ast.Name):
                    self.sets.setdefault(part.id, []).append(Way(None, known))
        if not isinstance(target, ast.Name):
            return
        self.sets.setdefault(target.id, []).append(Way(value, known))
        if isinstance(value, ast.List | ast.Tuple) and not value.elts:
            self.fills[target.id] = []
        else:
            self.fills.setdefault(target.id, []).append((*known, Fact(value, True)))


def _only(test: ast.expr, truth: bool, facts: Facts, known: Facts) -> Iterator[Fact]:
    """What a branch that goes on has found out, said for those who did not take it as well."""
    taken = test if truth else ast.UnaryOp(ast.Not(), test)
    for fact in facts:
        if fact not in known and fact.test is not test:
            unmet = ast.UnaryOp(ast.Not(), fact.test) if fact.truth else fact.test
            parts = _parts(unmet)
            yield Fact(ast.BoolOp(ast.And(), [taken, *parts]), False, fact.demand)


def _parts(node: ast.expr) -> list[ast.expr]:
    """What all has to hold for a condition to."""
    both = isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)
    return node.values if isinstance(node, ast.BoolOp) and both else [node]


def _raises(body: Sequence[ast.stmt]) -> bool:
    """Whether a block ends in an error rather than in an answer."""
    last = body[-1] if body else None
    while isinstance(last, ast.If):
        last = last.body[-1]
    return isinstance(last, ast.Raise)


def _without(facts: Facts, changed: set[str]) -> Facts:
    """The facts that say nothing of names that were changed since."""
    if not changed or not facts:
        return facts
    return tuple(f for f in facts if changed.isdisjoint(_names(f.test)))


def _names(node: ast.AST) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            yield item.id
        elif isinstance(item, ast.Attribute):
            yield f".{item.attr}"


def _changed(node: ast.AST) -> Iterator[str]:
    """The names and fields that a statement sets."""
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id
        elif isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store):
            yield f".{item.attr}"


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that the head of a loop, a handler or a case binds."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield from (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
    for handler in getattr(node, "handlers", ()):
        yield from [handler.name] if handler.name else []
