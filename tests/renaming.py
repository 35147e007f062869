"""A program -> the same program, with names that say nothing: only those of libraries stay."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch import nn

KEPT = frozenset({"ZOO", "self", "forward"})
"""What the zoo and torch ask for by name."""
REGISTERS = frozenset({"register_buffer", "register_parameter"})
OWN = frozenset(dir(nn.Module()))
Defined = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def renamed(text: str) -> str:
    """The program without its docstrings, its own identifiers numbered in the order they come."""
    tree = ast.parse(text)
    imported = set(_imported(tree))
    names = dict.fromkeys(n for n in _names(tree) if n not in imported and _free(n))
    attributes = dict.fromkeys(n for n in _attributes(tree) if _free(n))
    clash = sorted(set(attributes) & OWN)
    assert not clash, f"names that nn.Module has already: {clash}"
    numbers = {name: f"n{i}" for i, name in enumerate({**names, **attributes})}
    changed = Renamer({n: numbers[n] for n in names}, {n: numbers[n] for n in attributes})
    return ast.unparse(ast.fix_missing_locations(changed.visit(tree)))


def _free(name: str) -> bool:
    return name not in KEPT and not name.startswith("__")


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]


def _names(tree: ast.AST) -> Iterator[str]:
    """Classes, functions, arguments and variables; methods are attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name


def _attributes(tree: ast.AST) -> Iterator[str]:
    """What classes define and what is put on `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Attribute(attr=call), args=[ast.Constant(value=str(name)), *_]):
                if call in REGISTERS:
                    yield name
            case ast.ClassDef(body=body):
                yield from _members(body)


def _members(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name


class Renamer(ast.NodeTransformer):
    """Puts the new names in: `names` for what stands alone, `attributes` for what follows self."""

    def __init__(self, names: dict[str, str], attributes: dict[str, str]) -> None:
        self.names, self.attributes = names, attributes
        self.within: list[ast.AST] = []

    def _named(self, node: Defined) -> ast.AST:
        member = bool(self.within) and isinstance(self.within[-1], ast.ClassDef)
        known = self.attributes if member else self.names
        node.name = known.get(node.name, node.name)
        self.within.append(node)
        self.generic_visit(node)
        self.within.pop()
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_ClassDef = visit_FunctionDef = _named  # noqa: N815 — the base class asks for these

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body[ast.get_docstring(node) is not None :]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        member = bool(self.within) and isinstance(self.within[-1], ast.ClassDef)
        stored = member and isinstance(node.ctx, ast.Store)
        node.id = (self.attributes if stored else self.names).get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        match node.value:
            case ast.Name(id="self") | ast.Call(func=ast.Name(id="super")):
                node.attr = self.attributes.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Also the keywords of the program's own functions, and the names of buffers."""
        match node:
            case ast.Call(func=ast.Attribute(attr=call), args=[ast.Constant(value=str(name)), *_]):
                if call in REGISTERS:
                    node.args[0] = ast.Constant(self.attributes.get(name, name))
        match node.func:
            case ast.Name(id=name) if name in self.names:
                own = True
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                own = name in self.attributes
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                own = True
            case _:
                own = False
        for keyword in node.keywords if own else ():
            if keyword.arg:
                keyword.arg = self.names.get(keyword.arg, keyword.arg)
        return self.generic_visit(node)
