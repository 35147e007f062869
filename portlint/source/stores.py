"""A file's tree -> where it sets a global name or a field, and the conditions around each place."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portlint.source.lines import is_word, lines_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
Tests = tuple[tuple[ast.expr, bool], ...]
"""Conditions that hold at a place, each with how it came out."""
OPENED = re.compile(r"\s*+\(")
LEAVES = ast.Return | ast.Continue | ast.Break


class At(NamedTuple):
    """A simple statement, or the head of a compound one, and what stands around it."""

    node: ast.AST
    tests: Tests
    function: Function | None
    owner: ast.ClassDef | None


class Store(NamedTuple):
    """A value that a name gets there; None where no expression says what it is."""

    value: ast.expr | None
    at: At


def placed(module: ast.Module) -> Iterator[At]:
    """Every statement of a module, in the order of its text within a block."""
    stack: list[tuple[Sequence[ast.stmt], Tests, Function | None, ast.ClassDef | None]]
    stack = [(module.body, (), None, None)]
    while stack:
        body, tests, function, owner = stack.pop()
        for node in body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    stack.append((node.body, (), node, owner))
                    continue
                case ast.ClassDef():
                    stack.append((node.body, tests, None, node))
                    continue
                case ast.If():
                    yield At(node.test, tests, function, owner)
                    stack.append((node.body, (*tests, (node.test, True)), function, owner))
                    stack.append((node.orelse, (*tests, (node.test, False)), function, owner))
                    if not node.orelse and isinstance(node.body[-1], LEAVES):
                        tests = (*tests, (node.test, False))
                    continue
            yield At(node, tests, function, owner)
            for inner in _blocks(node):
                stack.append((inner, tests, function, owner))


def _blocks(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield from [inner] if (inner := getattr(node, name, None)) else []
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def stored(at: At) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement sets, fields with a dot before them."""
    match at.node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _target(target, value)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                yield from _target(target, value)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _target(target, None)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _target(item.optional_vars, None)


def _target(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    match target:
        case ast.Name(id=name):
            yield name, value
        case ast.Attribute(attr=name):
            yield f".{name}", value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            values: list[ast.expr | None] = [None] * len(parts)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(parts):
                values = list(value.elts)
            for part, its in zip(parts, values, strict=True):
                yield from _target(part, its)
        case ast.Starred(value=inner):
            yield from _target(inner, None)


class Stores:
    """What a module's globals and its objects' fields are set to; read when it is asked for."""

    def __init__(self, module: ast.Module, text: str) -> None:
        self.text = text
        self.places = list(placed(module))
        self._stored: dict[str, list[Store]] = {}
        self._calls: dict[str, list[tuple[ast.Call, At]]] = {}
        for at in self.places:
            for name, value in stored(at):
                self._stored.setdefault(self._key(name, at), []).append(Store(value, at))

    @staticmethod
    def _key(name: str, at: At) -> str:
        """A class's own name is a field; a function's is its own unless it says `global`."""
        if name.startswith("."):
            return name
        if at.function is None:
            return f".{name}" if at.owner is not None else name
        return name if name in _globals(at.function) else f"{id(at.function)}:{name}"

    def of(self, name: str) -> list[Store]:
        """All places that set a global `name`, or a field `.name` of any object."""
        return self._stored.get(name, [])

    def local(self, name: str, function: Function | None) -> list[Store]:
        """All places of a function that set one of its own names."""
        return self._stored.get(f"{id(function)}:{name}", []) if function else self.of(name)

    def calls(self, name: str) -> Iterator[tuple[ast.Call, At]]:
        """The calls of a function, class or method of this name."""
        if name not in self._calls:
            self._calls[name] = list(self._on(lines_of(self.text, _called(name, self.text)), name))
        yield from self._calls[name]

    def _on(self, lines: Sequence[int], name: str) -> Iterator[tuple[ast.Call, At]]:
        """The calls of this name in places that stand on these lines."""
        for at in self.places if lines else ():
            for node in _own(at.node) if _spans(at.node, lines) else ():
                if isinstance(node, ast.Call) and _last(node.func) == name:
                    yield node, at


def parameters(function: Function) -> dict[str, ast.expr | None]:
    """The parameters of a function with their defaults."""
    args = function.args
    plain = [*args.posonlyargs, *args.args]
    found: dict[str, ast.expr | None] = {a.arg: None for a in (*plain, *args.kwonlyargs)}
    found |= {a.arg: d for a, d in zip(reversed(plain), reversed(args.defaults), strict=False)}
    found |= {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)}
    return found


def _spans(node: ast.AST, lines: Sequence[int]) -> bool:
    """Whether one of these lines is a line of a statement or an expression."""
    if not isinstance(node, ast.stmt | ast.expr):
        return False
    at = bisect.bisect_left(lines, node.lineno)
    return at < len(lines) and lines[at] <= (node.end_lineno or node.lineno)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A statement's expressions, without the statements in it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(c for c in ast.iter_child_nodes(current) if not isinstance(c, ast.stmt))


def _globals(function: Function) -> frozenset[str]:
    names = (n.names for n in function.body if isinstance(n, ast.Global))
    return frozenset(name for found in names for name in found)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _called(name: str, text: str) -> Iterator[int]:
    """Where a text has a name with a bracket behind it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not is_word(text[at - 1 : at]) and OPENED.match(text, end):
            yield at
        at = text.find(name, end)
