"""The sources of portlint -> which of its modules imports which, read from the syntax tree."""

import ast
import pathlib
from collections.abc import Iterator

import networkx

import portlint

PACKAGE = pathlib.Path(portlint.__file__).parent


def modules() -> dict[str, ast.Module]:
    """Dotted name -> syntax tree of every module."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["portlint", *path.relative_to(PACKAGE).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """Every name that is imported at run time, inside functions too: `portlint.model.Finding`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imported(node)


def graph() -> "networkx.DiGraph[str]":
    """An edge leads from a module to each module of portlint that it imports."""
    trees = modules()
    edges: networkx.DiGraph[str] = networkx.DiGraph()
    edges.add_nodes_from(trees)
    for module, tree in trees.items():
        for name in imported(tree):
            known = name if name in trees else name.rpartition(".")[0]
            if known in trees and known != module:
                edges.add_edge(module, known)
    return edges


def third_party(tree: ast.AST) -> set[str]:
    """The top-level packages a module imports."""
    return {name.split(".")[0] for name in imported(tree)}
