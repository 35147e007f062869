"""Whether a statement reaches a name the catalogue knows, by Python's own syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Aliases = Mapping[str, frozenset[str]]
"""Local name -> every dotted path it is imported as anywhere in the file; "" holds star imports."""


class Known(NamedTuple):
    """Dotted names: `symbols` stand for everything below them, `ancestors` only for themselves."""

    symbols: frozenset[str]
    ancestors: frozenset[str]

    def means(self, path: str) -> bool:
        """Whether this path, or something it is an attribute of, is known."""
        if path in self.ancestors or path in self.symbols:
            return True
        while "." in path:
            path = path.rpartition(".")[0]
            if path in self.symbols:
                return True
        return False


def aliases(module: ast.Module) -> Aliases:
    """What the imports of a file, wherever they stand, can make of its names."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(module):
        for name, path in imported(node):
            found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names an import statement binds and the paths they stand for; "" for a star."""
    if isinstance(node, ast.Import):
        for item in node.names:
            root = item.name.split(".")[0]
            yield (item.asname, item.name) if item.asname else (root, root)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        for item in node.names:
            if item.name == "*":
                yield "", node.module
            else:
                yield item.asname or item.name, f"{node.module}.{item.name}"


def reaches(statement: ast.stmt, names: Aliases, known: Known) -> bool:
    """Whether some name or attribute in the statement can stand for a known one."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Attribute or kind is ast.Name:
            tail = ""
            while isinstance(node, ast.Attribute):
                tail = f".{node.attr}{tail}"
                node = node.value
            if not isinstance(node, ast.Name):
                stack.append(node)
            elif _known(node.id, tail, names, known):
                return True
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if any(known.means(path) for path in _modules(node)):
                return True
        else:
            stack.extend(ast.iter_child_nodes(node))
    return False


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Every dotted path an import statement names."""
    if isinstance(node, ast.Import):
        yield from (item.name for item in node.names)
    else:
        yield node.module or ""
        yield from (path for _, path in imported(node))


def _known(name: str, tail: str, names: Aliases, known: Known) -> bool:
    if any(known.means(path + tail) for path in names.get(name, ())):
        return True
    return any(known.means(f"{star}.{name}{tail}") for star in names.get("", ()))
