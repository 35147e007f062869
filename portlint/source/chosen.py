"""A name that holds one of several words -> what it says that it holds this one.

`self.backend = resolve(want)`, where `resolve` answers "fast" only if there is CUDA: behind
`if self.backend == "fast":` there is CUDA.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from portlint.source.guards import Atom
from portlint.source.paths import Fact, Facts, Paths, Way
from portlint.source.prose import statements
from portlint.source.stores import At, Function, Store, Stores, parameters
from portlint.source.supposed import Asked, decided, named_words, word_of

DEPTH = 9
Implied = Callable[[ast.expr, bool, Function | None], Atom | None]
"""What a condition of a function implies, as conditions are read otherwise."""


class Inside(NamedTuple):
    """A function with its class, what holds at a place in it, and how far was followed."""

    function: Function | None
    facts: Facts
    depth: int


class Chosen:
    """Reads the functions of a file that answer with words; `shared` says what ways have in
    common."""

    def __init__(
        self,
        module: ast.Module,
        text: str,
        stores: Callable[[], Stores],
        implied: Implied,
        shared: Callable[[Iterable[Atom | None]], Atom | None],
    ) -> None:
        self.module = module
        self.text = text
        self.stores = stores
        self.implied = implied
        self.shared = shared
        self._paths: dict[int, Paths] = {}
        self._functions: dict[str, list[Function]] | None = None
        self._known: dict[tuple[str, str, int], Atom | None] = {}
        self._asking: set[tuple[str, str]] = set()

    def says(self, name: str, word: str, function: Function | None, local: bool) -> Atom | None:
        """What it says that a name, or a field as `self.x`, is a word (see `word_of`)."""
        key = (name, word, id(function) if local else 0)
        if key not in self._known:
            self._known[key] = None
            inside = Inside(function if local else None, (), DEPTH)
            with contextlib.suppress(RecursionError):
                self._known[key] = self.shared(self._held(name, word, inside))
        return self._known[key]

    def function(self, name: str) -> Function | None:
        """The function or method of this name, where the file has only one."""
        if self._functions is None:
            self._functions = {}
            for node in statements(self.module):
                if isinstance(node, ast.FunctionDef):
                    self._functions.setdefault(node.name, []).append(node)
        found = self._functions.get(name, ())
        return found[0] if len(found) == 1 else None

    def paths(self, function: Function) -> Paths:
        """The ways through a function."""
        if id(function) not in self._paths:
            self._paths[id(function)] = Paths(function)
        return self._paths[id(function)]

    def _held(self, name: str, word: str, at: Inside) -> Iterator[Atom | None]:
        """What each place says that can make a name or field this word."""
        if at.depth <= 0:
            yield None
        elif "." in name:
            yield from self._field(name.partition(".")[2], word, at.depth - 1)
        elif at.function is not None and self._is_local(name, at.function):
            if name in parameters(at.function):
                yield None
                return
            for way in self.paths(at.function).sets.get(name, ()):
                yield from self._way(way, word, at.function, at.depth - 1)
        else:
            for store in self.stores().of(name):
                yield from self._store(store, word, at.depth - 1)

    def _is_local(self, name: str, function: Function) -> bool:
        return name in self.paths(function).sets or name in parameters(function)

    def _field(self, field: str, word: str, depth: int) -> Iterator[Atom | None]:
        """What each place says that sets a field, or ends the property of this name."""
        if (field, word) in self._asking:
            return  # set to what it was before
        self._asking.add((field, word))
        try:
            yield from self._fields(field, word, depth)
        finally:
            self._asking.discard((field, word))

    def _fields(self, field: str, word: str, depth: int) -> Iterator[Atom | None]:
        stores = self.stores().of(f".{field}")
        if re.search(rf"setattr\([^)\n]*[\"']{field}[\"']", self.text):
            yield None
        elif stores:
            for store in stores:
                yield from self._store(store, word, depth)
        elif (function := self.function(field)) is not None and _is_property(function):
            yield from self._answer(function, word, depth)

    def _store(self, store: Store, word: str, depth: int) -> Iterator[Atom | None]:
        at: At = store.at
        if at.function is None:
            if at.owner is not None:
                yield None  # a class's field is for whoever makes an object of it
                return
            facts = tuple(Fact(test, truth) for test, truth in at.tests)
        else:
            facts = self.paths(at.function).at.get(id(at.node), ())
        yield from self._way(Way(store.value, facts), word, at.function, depth)

    def _answer(self, function: Function, word: str, depth: int) -> Iterator[Atom | None]:
        """What each way through a function says that ends in this word."""
        for way in self.paths(function).ends:
            yield from self._way(way, word, function, depth)

    def _way(
        self, way: Way, word: str, function: Function | None, depth: int
    ) -> Iterator[Atom | None]:
        """What it says that a value set or returned there is this word; nothing if it is not."""
        at = Inside(function, way.facts, depth)
        if way.value is None or depth <= 0:
            yield self._facts(at, {})
            return
        known = word_of(way.value)
        if known is not None:
            if known == word:
                yield self._facts(at, {})
            return
        match way.value:
            case ast.IfExp(test=test, body=body, orelse=other):
                for part, truth in ((body, True), (other, False)):
                    facts = (*way.facts, Fact(test, truth))
                    yield from self._way(Way(part, facts), word, function, depth)
            case ast.BoolOp(op=ast.Or(), values=values):
                for part in values:
                    yield from self._way(Way(part, way.facts), word, function, depth)
            case ast.NamedExpr(value=value):
                yield from self._way(Way(value, way.facts), word, function, depth)
            case ast.Name() | ast.Attribute():
                name = ast.unparse(way.value)
                found = self._facts(at, {name: word})
                own = name.startswith("self.") or "." not in name
                yield found or (self.shared(self._held(name, word, at)) if own else None)
            case ast.Call(func=func):
                called = self.function(_last(func)) if _is_own(func) else None
                found = self._facts(at, {})
                if found is not None or called is None:
                    yield found
                else:
                    yield from self._answer(called, word, depth - 1)
            case _:
                yield self._facts(at, {})

    def _facts(self, at: Inside, asked: Asked) -> Atom | None:
        """What the conditions at a place say; a demand counts only for those who want this."""
        asked = {**dict(named_words(at.facts)), **asked}
        for fact in reversed(at.facts):
            if found := self._fact(fact, at, asked):
                return found
        return None

    def _fact(self, fact: Fact, at: Inside, asked: Asked) -> Atom | None:
        if at.depth <= 0:
            return None
        test, truth = fact.test, fact.truth
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._fact(fact._replace(test=test.operand, truth=not truth), at, asked)
        if isinstance(test, ast.BoolOp):
            return self._both(fact, test, at, asked)
        found = None
        if not truth and isinstance(test, ast.Name) and at.function is not None:
            found = self._empty(test.id, at.function, at, asked, fact.demand)
        if found is not None or fact.demand:
            return found
        if not truth and isinstance(test, ast.Call) and _is_own(test.func):
            called = self.function(_last(test.func))
            found = self._without(called, at.depth - 1) if called is not None else None
        return found or self.implied(test, truth, at.function)

    def _both(self, fact: Fact, test: ast.BoolOp, at: Inside, asked: Asked) -> Atom | None:
        """All parts of a condition hold, or one of those does that are not decided otherwise."""
        if isinstance(test.op, ast.And) == fact.truth:
            parts = [fact._replace(test=part) for part in test.values]
            return next((a for p in parts if (a := self._fact(p, at, asked))), None)
        outcomes = [decided(part, asked, at.facts) for part in test.values]
        if any(value is fact.truth for value, _ in outcomes):
            return None
        left = [p for p, (value, _) in zip(test.values, outcomes, strict=True) if value is None]
        demand = fact.demand and not any(by for _, by in outcomes)
        rest = [Fact(part, fact.truth, demand) for part in left]
        return self.shared(self._fact(part, at, asked) for part in rest)

    def _empty(
        self, name: str, function: Function, at: Inside, asked: Asked, demand: bool
    ) -> Atom | None:
        """What it says that a list was not filled, or that a value set to a name is no."""
        for filled in self.paths(function).fills.get(name, ()):
            tests = [f.test if f.truth else ast.UnaryOp(ast.Not(), f.test) for f in filled]
            unmet = Fact(ast.BoolOp(ast.And(), tests), False, demand)
            if found := self._fact(unmet, at._replace(depth=at.depth - 1), asked):
                return found
        return None

    def _without(self, function: Function, depth: int) -> Atom | None:
        """What it says that a function which gathers what is missing gives nothing."""
        ends = self.paths(function).ends
        names = [way.value for way in ends]
        if len(ends) != 1 or not isinstance(names[0], ast.Name) or depth <= 0:
            return None
        return self._empty(names[0].id, function, Inside(function, (), depth), {}, False)


def _is_property(function: Function) -> bool:
    return any("property" in ast.unparse(d) for d in function.decorator_list)


def _is_own(func: ast.expr) -> bool:
    """Whether a call is one of a function of this file or of a method of its own object."""
    if isinstance(func, ast.Attribute):
        return isinstance(func.value, ast.Name) and func.value.id in ("self", "cls")
    return isinstance(func, ast.Name)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
