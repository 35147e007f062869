"""A function that says whether something is there -> what its answer implies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from portlint.source import cst
from portlint.source.guards import Atom, leaves, tried_library
from portlint.source.names import DEPTH, Resolver
from portlint.source.nodes import statements
from portlint.source.scope import Scope

Atoms = tuple[Atom, ...]


class Reader(Protocol):
    """What reads conditions: `portlint.source.conditions.Conditions`."""

    names: Resolver
    libraries: frozenset[str]
    inside: dict[int, Scope]
    answered: dict[tuple[int, bool, int], Atoms]
    kept: list[object]

    def implied(
        self, test: cst.BaseExpression, truth: bool, scope: Scope, depth: int = DEPTH
    ) -> Atoms:
        """What must hold where `test` came out as `truth`."""


def answers(
    reader: Reader, function: cst.FunctionDef, truth: bool, scope: Scope, depth: int = DEPTH
) -> Atoms:
    """What a helper's answer implies: its only return, what all ways to a yes have in common,
    or a tried import."""
    key = (id(function), truth, depth)
    if key not in reader.answered:
        reader.answered[key] = _answers(reader, function, truth, scope, depth)
        reader.kept.append(function)
    return reader.answered[key]


ASKING = frozenset(
    (
        *(cst.UnaryOperation, cst.BooleanOperation, cst.Comparison, cst.NamedExpr, cst.Call),
        *(cst.Name, cst.Attribute, cst.Subscript),
    )
)
"""Expressions that conditions can be read from."""


def _answers(
    reader: Reader, function: cst.FunctionDef, truth: bool, scope: Scope, depth: int
) -> Atoms:
    returns = [n for n in statements(function.body) if isinstance(n, cst.Return) and n.value]
    only = returns[0].value if len(returns) == 1 else None
    if only is not None and not _is_constant(only):
        if type(only) not in ASKING:
            return ()
        return reader.implied(only, truth, _inside(reader, function, scope), depth)
    if truth and depth > 0 and any(_is_no(item.value) for item in returns):
        ways = _Ways(reader, _inside(reader, function, scope), depth)
        if found := shared(list(ways.all(function))):
            return found
    if library := tried_library(function.body, reader.libraries):
        return (Atom("library", truth, "", library),)
    return ()


def _inside(reader: Reader, function: cst.FunctionDef, scope: Scope) -> Scope:
    """The scope of a function, which is kept: what a name in it stands for is remembered by it."""
    inner = reader.inside.get(id(function))
    if inner is None:
        inner = reader.inside[id(function)] = Scope("function", scope, function)
        reader.names.collect(inner, [function.body])
    return inner


class _Ways:
    """The ways through a function that end in an answer other than no."""

    def __init__(self, reader: Reader, scope: Scope, depth: int) -> None:
        self.reader = reader
        self.scope = scope
        self.depth = depth

    def all(self, function: cst.FunctionDef) -> Iterator[Atoms]:
        """What each of them implies."""
        return self._block(_statements(function.body), ())

    def _block(self, body: Sequence[cst.CSTNode], known: Atoms) -> Iterator[Atoms]:
        for statement in body:
            if isinstance(statement, cst.Return):
                yield from self._answer(statement, known)
                return
            if isinstance(statement, cst.Raise):
                return
            if isinstance(statement, cst.If):
                yield from self._branches(statement, known)
                if leaves(statement.body, raising=True) or leaves(statement.body, raising=False):
                    known = known + self._implied(statement.test, False)
                continue
            for node in statements(statement):
                if isinstance(node, cst.Return):
                    yield from self._answer(node, known)

    def _branches(self, node: cst.If, known: Atoms) -> Iterator[Atoms]:
        yes = known + self._implied(node.test, True)
        yield from self._block(_statements(node.body), yes)
        other = node.orelse
        if other is not None:
            no = known + self._implied(node.test, False)
            rest = [other] if isinstance(other, cst.If) else _statements(other.body)
            yield from self._block(rest, no)

    def _answer(self, node: cst.Return, known: Atoms) -> Iterator[Atoms]:
        if node.value is not None and not _is_no(node.value):
            yield known + self._implied(_first(node.value), True)

    def _implied(self, test: cst.BaseExpression, truth: bool) -> Atoms:
        return self.reader.implied(test, truth, self.scope, self.depth - 1)


def _first(value: cst.BaseExpression) -> cst.BaseExpression:
    """What `return True, "reason"` answers."""
    return value.elements[0].value if isinstance(value, cst.Tuple) and value.elements else value


def _is_no(value: cst.BaseExpression | None) -> bool:
    """Whether a return says no; a function that only raises is no question."""
    if value is None:
        return True
    answer = _first(value)
    return isinstance(answer, cst.Name) and answer.value in ("False", "None")


def _is_constant(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Tuple) or (
        isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    )


def _statements(body: cst.BaseSuite) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for line in body.body:
        found.extend(line.body if isinstance(line, cst.SimpleStatementLine) else [line])
    return found


def shared(ways: Sequence[Atoms]) -> Atoms:
    """What several ways have in common, as the first of them says it."""
    if not ways:
        return ()
    every = set.intersection(*({absent(a) for a in way} for way in ways))
    found = (a for way in ways for a in way if absent(a) in every)
    return tuple(sorted(found, key=lambda a: a.kind in ("other", "host")))


def absent(atom: Atom) -> tuple[str, bool]:
    """What two ways have in common: both ask for something that is not on Neuron."""
    kind = "other" if atom.kind in ("cuda", "device", "host") else atom.kind
    return (kind, atom.holds)
