"""Globals, fields and parameters that only code for CUDA fills -> what their being there says.

`_pool = None`, set in one function that returns first where there is no CUDA: behind
`if _pool is not None:` there is CUDA.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from portlint.source import cst
from portlint.source.bindings import function_scope
from portlint.source.chosen import Chosen
from portlint.source.guards import Atom
from portlint.source.names import Resolver
from portlint.source.nodes import dotted_text
from portlint.source.recast.expressions import Unknown
from portlint.source.recast.statements import Statements
from portlint.source.recast.written import Written
from portlint.source.refusals import Refusals
from portlint.source.scope import Scope, lookup, module_of
from portlint.source.stores import At, Function, Store, Stores, parameters
from portlint.source.telling import SEEDS
from portlint.source.thin import is_private

EMPTY = (None, False)
ABSENT = frozenset("cuda device other library".split())
DEPTH = 3
SHORT = 30
"""Lines of a method that is a question."""
TELLING = re.compile(SEEDS)
Atoms = tuple[Atom, ...]


class Reader(Protocol):
    """What reads conditions: `portlint.source.conditions.Conditions`."""

    names: Resolver

    def implied(self, test: cst.BaseExpression, truth: bool, scope: Scope) -> Atoms:
        """What must hold where `test` came out as `truth`."""


class Held:
    """What the values of a file say that only some hosts have; `module` is the file's tree."""

    def __init__(
        self, reader: Reader, module: ast.Module | None, text: str, cast: Statements | None = None
    ) -> None:
        self.reader = reader
        self.module = module
        self.text = text
        self.cast = cast or Statements(Written(text))
        self.asked = module is not None and "cuda" in text.lower()
        self.tries = self.asked and "except" in text
        self._stores: Stores | None = None
        self._known: dict[str, Atom | None] = {}
        self._scopes: dict[int, Scope] = {}
        self._chosen: Chosen | None = None
        self._refusals: Refusals | None = None
        self._definitions: dict[str, cst.FunctionDef | None] = {}

    def forget(self) -> None:
        """The file is done with."""
        self._stores = self._chosen = self._refusals = None
        self._scopes.clear()
        self._definitions.clear()

    @property
    def stores(self) -> Stores:
        """Read once, and only where somebody asks."""
        if self._stores is None:
            self._stores = Stores(self.module or ast.Module([], []), self.text)
        return self._stores

    def says(self, name: str, scope: Scope) -> Atom | None:
        """What it says that a global or a field is neither None nor False."""
        if not self.asked:
            return None
        owner, _, field = name.rpartition(".")
        if owner not in ("", "self", "cls"):
            return None
        if not owner and (where := lookup(scope, name)[1]) is not None and where.kind != "module":
            return None
        key = f".{field}" if owner else name
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._filled(key, module_of(scope))
        return self._known[key] if not owner or self._is_own(key, scope) else None

    def chosen(self, scope: Scope) -> Chosen:
        """What names of the file are chosen among words."""
        if self._chosen is None:
            module = module_of(scope)
            self._chosen = Chosen(
                self.module or ast.Module([], []),
                self.text,
                lambda: self.stores,
                lambda test, truth, at: self._implied(test, truth, self._inside(at, module)),
                _shared,
            )
        return self._chosen

    def refused(self, called: str, scope: Scope) -> str:
        """The error of a call that ends the function around it without CUDA, and is taken by all
        who call that; "" for none."""
        node = scope.node
        if not self.tries or not isinstance(node, cst.FunctionDef):
            return ""
        if self._refusals is None:
            module = module_of(scope)
            self._refusals = Refusals(
                self.module or ast.Module([], []),
                self.text,
                lambda test, truth, at: self._implied(test, truth, self._inside(at, module)),
            )
        return self._refusals.caught(called, node.name.value)

    def is_word(self, name: str, word: str, scope: Scope) -> Atom | None:
        """What it says that a name or a field is one of several words (see `word_of`)."""
        owner, _, field = name.rpartition(".")
        if not self.asked or owner not in ("", "self"):
            return None
        if owner:
            return self._of_field(name, field, word, scope)
        bindings, where = lookup(scope, name)
        if where is None or any(b.order == 0 or b.path for b in bindings):
            return None
        if where.kind == "module":
            return self.chosen(scope).says(name, word, None, local=False)
        node = where.node
        function = self._function(node, where) if isinstance(node, cst.FunctionDef) else None
        return self.chosen(scope).says(name, word, function, local=True) if function else None

    def _of_field(self, name: str, field: str, word: str, scope: Scope) -> Atom | None:
        says = self.chosen(scope).says(name, word, None, local=False)
        return says if says is not None and self._is_own(f".{field}", scope) else None

    def _function(self, node: cst.FunctionDef, where: Scope) -> Function | None:
        """The same function in the other tree of the file, where its name tells which it is."""
        outer = where.outer.node if where.outer is not None else None
        owner = outer.name.value if isinstance(outer, cst.ClassDef) else ""
        found = {
            id(at.function): at.function
            for at in self.stores.places
            if at.function is not None
            and at.function.name == node.name.value
            and (at.owner.name if at.owner is not None else "") == owner
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def definition(self, name: str, scope: Scope) -> cst.FunctionDef | None:
        """The only function or method of this name, parsed if it may tell of a device."""
        if not self.asked:
            return None
        if name not in self._definitions:
            self._definitions[name] = None
            found = self.chosen(scope).function(name)
            if found is not None and self._may_tell(found):
                self._definitions[name] = self._tree(found)
        return self._definitions[name]

    def _may_tell(self, function: Function) -> bool:
        """Whether a function spells a device, or is short and asks what its object holds."""
        text = self.cast.written.of(function)
        short = text.count("\n") < SHORT and "self." in text
        return short or TELLING.search(text.lower()) is not None

    def _is_own(self, key: str, scope: Scope) -> bool:
        """Whether the class around a place, or one it is made of here, is what sets a field."""
        current: Scope | None = scope
        while current is not None and not isinstance(current.node, cst.ClassDef):
            current = current.outer
        if current is None or not isinstance(current.node, cst.ClassDef):
            return False
        bases = [dotted_text(base.value) for base in current.node.bases]
        owners = {s.at.owner.name for s in self.stores.of(key) if s.at.owner is not None}
        return not owners.isdisjoint([current.node.name.value, *bases])

    def _filled(self, key: str, scope: Scope) -> Atom | None:
        stores = self.stores.of(key)
        field = key.removeprefix(".")
        if f'"{field}"' in self.text or f"'{field}'" in self.text:
            return None  # set by its name, or listed for whoever sets it
        if any(s.at.function is None and s.at.owner is not None for s in stores):
            stores = [*stores, *self._constructed(stores, field)]
        return _shared(self._store(s, scope, DEPTH) for s in stores if not _is_empty(s.value))

    def _constructed(self, stores: Iterable[Store], field: str) -> Iterator[Store]:
        """The values that a field of a dataclass gets where an object is made."""
        names = {s.at.owner.name for s in stores if s.at.owner is not None}
        for name in (*names, "cls", "replace"):
            for call, at in self.stores.calls(name):
                yield from (Store(k.value, at) for k in call.keywords if k.arg == field)

    def _store(self, store: Store, scope: Scope, depth: int) -> Atom | None:
        if store.value is None or depth <= 0:
            return None
        around = self._around(store.at, scope)
        return around or self._value(store.value, store.at, scope, depth)

    def _around(self, at: At, scope: Scope) -> Atom | None:
        """What the conditions around a place say, or those around all calls of a private one."""
        return self._tested(at, scope) or self._called(at, scope)

    def _tested(self, at: At, scope: Scope) -> Atom | None:
        inner = self._inside(at.function, scope) if at.tests else scope
        found = (self._implied(test, truth, inner) for test, truth in at.tests)
        return next(filter(None, found), None)

    def _called(self, at: At, scope: Scope) -> Atom | None:
        """What the conditions around all calls of a function say, where all uses are calls."""
        function = at.function
        if function is None or function.decorator_list or not is_private(function.name):
            return None
        calls = [its for _, its in self.stores.calls(function.name)]
        if len(re.findall(rf"\b{function.name}\b", self.text)) != len(calls) + 1:
            return None
        return _shared(self._tested(its, scope) for its in calls)

    def _value(self, value: ast.expr, at: At, scope: Scope, depth: int) -> Atom | None:
        """What it says that this expression is neither None nor False."""
        match value:
            case ast.IfExp(test=test, body=body, orelse=other):
                if not (_is_empty(other) or _is_empty(body)):
                    return None
                return self._implied(test, _is_empty(other), self._inside(at.function, scope))
            case ast.Name(id=name) if at.function is not None:
                local = self.stores.local(name, at.function)
                if name in parameters(at.function):
                    return None if local else self._given(at, name, scope, depth - 1)
                return _shared(self._store(s, scope, depth - 1) for s in local if not _none(s))
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp():
                return self._implied(value, True, self._inside(at.function, scope))
        return None

    def _given(self, at: At, name: str, scope: Scope, depth: int) -> Atom | None:
        """What it says that a parameter was given something, where this file has the calls."""
        function = at.function
        if function is None or not _is_empty(parameters(function).get(name)):
            return None
        made = function.name == "__init__" and at.owner is not None
        called = at.owner.name if made and at.owner is not None else function.name
        calls = list(self.stores.calls(called))
        if not calls or self._is_base(called):
            return None
        given = [(_argument(call, function, name), its) for call, its in calls]
        if any(isinstance(value, ast.Starred) for value, _ in given):
            return None
        filled = [Store(v, its) for v, its in given if isinstance(v, ast.expr) and not _is_empty(v)]
        return _shared(self._store(s, scope, depth) for s in filled)

    def _is_base(self, name: str) -> bool:
        """Whether a class of this file is made of another one."""
        return re.search(rf"^[ \t]*class \w+\([^)]*\b{name}\b", self.text, re.MULTILINE) is not None

    def _implied(self, test: ast.expr, truth: bool, scope: Scope) -> Atom | None:
        try:
            node = self.cast.expr(test)
        except Unknown:
            return None  # newer than our nodes; the finding stays as it is
        for atom in self.reader.implied(node, truth, scope):
            if atom.holds and atom.kind in ABSENT:
                return atom
        return None

    def _inside(self, function: Function | None, scope: Scope) -> Scope:
        """The scope of a function, which need not have been parsed for anything else."""
        if function is None:
            return scope
        if id(function) not in self._scopes:
            self._scopes[id(function)] = self._parsed(function, scope)
        return self._scopes[id(function)]

    def _parsed(self, function: Function, scope: Scope) -> Scope:
        node = self._tree(function)
        return scope if node is None else function_scope(node, scope, self.reader.names.absolute)

    def _tree(self, function: Function) -> cst.FunctionDef | None:
        try:
            found: cst.FunctionDef = self.cast.whole(function)
        except Unknown:
            return None
        return found


def _shared(found: Iterable[Atom | None]) -> Atom | None:
    """What all of several places say, if each of them says something."""
    libraries = set()
    atom = None
    for atom in found:
        if atom is None:
            return None  # and the rest is not read
        libraries |= {atom.library} if atom.kind == "library" else set()
    if atom is None or len(libraries) > 1:
        return None
    library = next(iter(libraries), "")
    return Atom("library" if library else "other", True, "", library)


def _is_empty(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value in EMPTY


def _none(store: Store) -> bool:
    return _is_empty(store.value)


def _argument(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    """What a call gives for a parameter; a star where that cannot be read."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    star = next((a for a in call.args if isinstance(a, ast.Starred)), None)
    if star is not None or any(k.arg is None for k in call.keywords):
        return star or ast.Starred(call)
    plain = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    bound = bool(plain) and plain[0] in ("self", "cls")
    at = plain.index(name) - bound if name in plain else len(call.args)
    return call.args[at] if at < len(call.args) else None
