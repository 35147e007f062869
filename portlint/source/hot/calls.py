"""A file's functions and classes, and which of them run when a model does: the roots of heat."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.source.hot.hosted import hosted, prepares
from portlint.source.hot.kinds import HOSTED
from portlint.source.lines import BLOCKS, BODIES
from portlint.source.reach import Aliases

Definition = ast.FunctionDef | ast.AsyncFunctionDef
HOLDERS = {kind: [f for f in BODIES if f in fields] for kind, fields in BLOCKS.items()}
"""What holds statements, and where, in the order in which it is read."""
APART = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
INNER = frozenset(HOLDERS) - {ast.Match}
"""Where functions and classes are looked for."""
PLAIN = frozenset("object ABC Protocol Enum IntEnum NamedTuple TypedDict Generic Exception".split())
"""Bases that say that a class is no module."""
EAGER = frozenset("disable ignore unused script script_if_tracing script_method".split())
"""Decorators that keep a function out of graphs, or compile its control flow."""
REPLACED = "use_experts_implementation"
"""A decorator of transformers: by default a grouped product runs instead of the forward."""
LOSSES = ("Loss", "Criterion", "Matcher", "Objective")
"""How classes are called whose forward runs in training only."""
STEPS = frozenset(["training_step", "compute_loss"])
BACKWARD = frozenset(["backward", "optimizer_step"])


class Function(NamedTuple):
    """A function: its dotted name in the file, the class it is a method of, what it stands in."""

    name: str
    node: Definition
    owner: str = ""
    outer: str = ""


class Class(NamedTuple):
    """A class: its methods, its bases in this file, the paths of others."""

    name: str
    node: ast.ClassDef
    methods: dict[str, Function]
    bases: list[str]
    others: list[str]


class Names:
    """Everything a file defines, by dotted name; `hosted` is how values on the host are called."""

    def __init__(self, imports: Aliases, hosted: re.Pattern[str] = HOSTED) -> None:
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, Class] = {}
        self.imports = imports
        self.is_hosted = functools.cache(lambda name: hosted.search(name) is not None)
        self._members: dict[tuple[str, str], list[Function]] = {}

    @property
    def prepares(self) -> bool:
        """Whether the file makes inputs and no model."""
        return prepares({name: item.others for name, item in self.classes.items()})

    def paths(self, node: ast.expr) -> list[str]:
        """The dotted paths of an imported name or attribute; none for anything else."""
        tail = ""
        while isinstance(node, ast.Attribute):
            tail, node = f".{node.attr}{tail}", node.value
        if not isinstance(node, ast.Name):
            return []
        return [path + tail for path in sorted(self.imports.get(node.id, ()))]

    def above(self, name: str) -> set[str]:
        """A class and those of this file that it is made from."""
        if not any(base in self.classes for base in self.classes[name].bases):
            return {name}
        found, new = set[str](), {name}
        while new:
            found |= new
            bases = [base for item in new for base in self.classes[item].bases]
            new = {base for base in bases if base in self.classes and base not in found}
        return found

    def below(self, name: str) -> set[str]:
        """A class and those of this file that are made from it."""
        found, new = set[str](), {name}
        while new:
            found |= new
            new = {c.name for c in self.classes.values() if not new.isdisjoint(c.bases)} - found
        return found

    def methods(self, owner: str, name: str) -> list[Function]:
        """What `self.name` can call in a method of a class."""
        if owner not in self.classes:
            return []
        found = self._members.get((owner, name))
        if found is None:
            family = self.above(owner) | self.below(owner)
            members = [self.classes[item] for item in sorted(family)]
            found = [item.methods[name] for item in members if name in item.methods]
            self._members[owner, name] = found
        return found

    def visible(self, name: str, inside: str) -> Function | None:
        """The function that a plain name is in a function: an inner one, or the file's."""
        scope = inside
        while scope:
            if (found := self.functions.get(f"{scope}.{name}")) and found.outer == scope:
                return found
            scope = scope.rpartition(".")[0]
        found = self.functions.get(name)
        return found if found and not found.owner else None


def names_of(module: ast.Module, imports: Aliases, text: str) -> Names:
    """Functions and classes wherever they are defined."""
    names = Names(imports, hosted(module, text, imports))
    stack: list[tuple[ast.AST, str, str, str]] = [(module, "", "", "")]
    while stack:
        node, prefix, owner, outer = stack.pop()
        for child in _held(node):
            if isinstance(child, ast.ClassDef):
                name = f"{prefix}{child.name}"
                names.classes[name] = Class(name, child, {}, *_bases(child, names))
                stack.append((child, f"{name}.", name, ""))
            elif isinstance(child, Definition):
                name = f"{prefix}{child.name}"
                made = Function(name, child, owner, outer)
                names.functions[name] = made
                if owner:
                    names.classes[owner].methods[child.name] = made
                stack.append((child, f"{name}.", "", name))
            else:
                stack.append((child, prefix, owner, outer))
    return names


def _held(node: ast.AST) -> list[ast.AST]:
    """What stands in a node that functions and classes can stand in."""
    found: list[ast.AST] = []
    for field in HOLDERS.get(type(node), ("body",)):
        found += [child for child in getattr(node, field) if type(child) in INNER]
    return found


def _bases(node: ast.ClassDef, names: Names) -> tuple[list[str], list[str]]:
    """Bases that this file may define, by name, and the paths of imported ones."""
    here = [base.id for base in node.bases if isinstance(base, ast.Name)]
    return here, [path for base in node.bases for path in names.paths(base)]


def is_module(name: str, names: Names) -> bool:
    """Whether a class is an `nn.Module`: by its bases here, or it has a base that may be one."""
    known = [names.classes[item] for item in sorted(names.above(name))]
    others = [path for item in known for path in item.others]
    lasts = [path.rpartition(".")[2] for path in others]
    if any(path.startswith("torch.autograd") for path in others):
        return False
    if any(path.startswith("torch.nn.") and path.endswith("Module") for path in others):
        return True
    return any(
        path.split(".")[0] not in ("typing", "abc", "enum", "collections") and last not in PLAIN
        for path, last in zip(others, lasts, strict=True)
    ) or any(_far(item, names) for item in known)


def _far(item: Class, names: Names) -> bool:
    """A base that is imported from another file of the project."""
    return any(
        isinstance(base, ast.Name)
        and base.id not in names.classes
        and base.id not in PLAIN
        and base.id not in names.imports
        and base.id[:1].isupper()
        for base in item.node.bases
    )


def is_eager(node: Definition, names: Names) -> bool:
    """Whether a decorator keeps a function apart from what a forward records."""
    for item in node.decorator_list:
        call = item.func if isinstance(item, ast.Call) else item
        last = call.attr if isinstance(call, ast.Attribute) else ""
        text = ast.unparse(call)
        if last in EAGER and ("jit" in text or "compiler" in text or "dynamo" in text):
            return True
    return False


def forwards(names: Names) -> Iterator[tuple[Function, str]]:
    """Each `forward` of a module, and whether a graph of the model holds it or only training."""
    for item in names.classes.values():
        made = item.methods.get("forward")
        if made is None or not _takes_self(made.node) or not is_module(item.name, names):
            continue
        if any(REPLACED in ast.unparse(mark) for mark in item.node.decorator_list):
            continue
        yield made, "step" if item.name.endswith(LOSSES) else "forward"


def _takes_self(node: Definition) -> bool:
    given = [*node.args.posonlyargs, *node.args.args]
    return bool(given) and given[0].arg == "self"


def trained(names: Names) -> Iterator[Function]:
    """Methods that a trainer calls in every step."""
    for item in names.classes.values():
        for name in STEPS & item.methods.keys():
            lasts = [*item.bases, *(path.rpartition(".")[2] for path in item.others)]
            if name == "training_step" or any("Trainer" in last for last in lasts):
                yield item.methods[name]


def loops(body: Iterable[ast.stmt]) -> Iterator[ast.For | ast.While]:
    """The loops of a body, outer ones first, without those of inner functions."""
    stack: list[ast.AST] = [node for node in body if type(node) in HOLDERS]
    stack.reverse()
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind in APART:
            continue
        if isinstance(node, ast.For | ast.While):
            yield node
        inner = [part for field in HOLDERS[kind] for part in getattr(node, field)]
        stack += [part for part in reversed(inner) if type(part) in HOLDERS]
