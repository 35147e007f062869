"""A file's syntax tree -> its functions, classes and constants, and what was computed in them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from typing import NamedTuple

from portlint.source.attention.terms import Term
from portlint.source.lines import walk
from portlint.source.reach import Aliases

Function = ast.FunctionDef | ast.AsyncFunctionDef
BUDGET = 40_000
"""Expressions read for one file; a longer one is read in part."""


class Object:
    """An instance of a class of this file: its class and what its attributes hold."""

    __slots__ = ("attrs", "lost", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.attrs: dict[str, Term] = {}
        self.lost = False


class Loop(NamedTuple):
    """A name that a loop changes: its term at the start of a round, and at the end of it."""

    name: str
    before: Term
    after: Term
    node: ast.stmt
    where: str


class Context(NamedTuple):
    """A function call in which terms were made: the function's dotted name, and its class."""

    function: str
    owner: str


class Program:
    """What a file defines. `made` collects the terms of calls and products in order."""

    def __init__(self, module: ast.Module, imports: Aliases) -> None:
        self.imports = imports
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.constants: dict[str, ast.expr] = {}
        self.made: list[tuple[Term, Context]] = []
        self.loops: list[Loop] = []
        self.read: set[int] = set()
        self.results: list[Term] = []
        self.left = BUDGET
        for node in _top(module.body):
            self._define(node)

    @functools.cached_property
    def constructions(self) -> dict[str, list[ast.Call]]:
        """The calls in constructors that make instances of the classes of this file."""
        found: dict[str, list[ast.Call]] = {}
        for owner in self.classes.values():
            for item in owner.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    for node in walk(item):
                        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                            found.setdefault(node.func.id, []).append(node)
        return found

    def _define(self, node: ast.stmt) -> None:
        if isinstance(node, Function):
            self.functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            if isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            self.constants[node.target.id] = node.value

    def line(self, name: str) -> Iterator[ast.ClassDef]:
        """A class and the classes of this file it is made from, nearest first."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop(0)
            if current in seen or current not in self.classes:
                continue
            seen.add(current)
            yield self.classes[current]
            bases = self.classes[current].bases
            waiting += [base.id for base in bases if isinstance(base, ast.Name)]

    def method(self, owner: str, name: str, above: str = "") -> tuple[Function, str] | None:
        """A method of a class or its bases and the class that has it; `above` one of them."""
        passed = not above
        for node in self.line(owner):
            if passed:
                for item in node.body:
                    if isinstance(item, Function) and item.name == name:
                        return item, node.name
            passed = passed or node.name == above
        return None

    def path(self, name: str) -> str:
        """What an imported name stands for; the empty string for any other."""
        paths = self.imports.get(name)
        return min(paths) if paths else ""


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those behind imports that may fail included."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _top(node.body)
            yield from _top(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _top(node.body)
        else:
            yield node
