"""Functions and classes as units that are used as a whole, and which of them a place stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.model import Span
from portlint.source.lineage import OPERATORS
from portlint.source.mentions import OPERATOR_MAKERS, Definition, Mention
from portlint.source.references import HARMLESS
from portlint.source.thin import first_line

PASSING = (
    HARMLESS
    | frozenset(
        "autotune heuristics kernel compile property cached_property abstractmethod override wraps "
        "input_guard".split()
    )
    | OPERATOR_MAKERS
)
"""Decorators that give the function to nobody else; an operator is followed by its name."""


class Unit(NamedTuple):
    """A function that is in no other, or a class, by its qualified name in a file."""

    path: str
    qualified: str

    @property
    def name(self) -> str:
        """Its own name."""
        return self.qualified.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """The class that a method is of; empty for what a module holds."""
        return self.qualified.rpartition(".")[0].rpartition(".")[2]


class Use(NamedTuple):
    """A mention in a file of what may be a unit."""

    path: str
    mention: Mention

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """Mentions with the same one stand in the same definitions and are spelled the same."""
        return (self.path, self.mention.inside, self.mention.text)

    @property
    def units(self) -> list[Unit]:
        """The units around it."""
        return [Unit(self.path, qualified) for qualified in self.mention.inside]

    @property
    def is_string(self) -> bool:
        """Whether it only spells the name."""
        return self.mention.text.startswith("'")

    @property
    def is_operator(self) -> bool:
        """Whether it names an operator of torch."""
        return self.mention.text.startswith(OPERATORS)

    def is_operator_of(self, library: str) -> bool:
        """Whether it names an operator of a library, if the operator's is known."""
        return self.is_operator and library in ("", self.mention.text.split(".")[2])


def units_at(module: ast.Module, span: Span, path: str) -> list[Unit]:
    """The classes and the outermost function in which a place stands."""
    return list(_around(module.body, span, path, ""))


def _around(body: Iterable[ast.stmt], span: Span, path: str, before: str) -> Iterator[Unit]:
    for node in body:
        if not first_line(node) <= span.line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not _runs_early(node, span):
                qualified = f"{before}.{node.name}" if before else node.name
                yield Unit(path, qualified)
                if isinstance(node, ast.ClassDef):
                    yield from _around(node.body, span, path, qualified)
            return
        for _, value in ast.iter_fields(node):
            if isinstance(value, list):
                inner = [p for p in value if isinstance(p, ast.stmt)]
                handlers = [s for p in value if isinstance(p, ast.ExceptHandler) for s in p.body]
                yield from _around([*inner, *handlers], span, path, before)


def _runs_early(node: Definition, span: Span) -> bool:
    """Whether a place is a call that runs when a definition does: in a decorator, a default."""
    place = (span.line, span.column - 1)
    starts = [(d.lineno, d.col_offset) for d in node.decorator_list]
    if span.line >= node.body[0].lineno or place in starts:
        return False
    return any(
        (call.lineno, call.col_offset) <= place < (call.end_lineno or 0, call.end_col_offset or 0)
        for part in ast.iter_child_nodes(node)
        if isinstance(part, ast.expr | ast.arguments)
        for call in ast.walk(part)
        if isinstance(call, ast.Call)
    )
