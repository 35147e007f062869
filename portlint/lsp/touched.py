"""A change of a Python file -> the statements it touches, and the names that they bind.

Statements are those of the module and of its classes; a class whose head is touched is one as a
whole.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
INNER = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
"""What has names of its own."""


def start(node: ast.stmt) -> int:
    """The first line of a statement: that of its first decorator."""
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else ()
    return min([node.lineno, *(d.lineno for d in decorators)])


def end(node: ast.stmt) -> int:
    """The last line of a statement."""
    return node.end_lineno or node.lineno


def functions(body: Sequence[ast.stmt]) -> Iterator[Function]:
    """The functions of a module and the methods of its classes."""
    for node in body:
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node.body)


def others(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module and of its classes that are neither functions nor classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from others(node.body)
        elif not isinstance(node, Function) and not _is_text(node):
            yield node


def touched(body: Sequence[ast.stmt], first: int, last: int) -> Iterator[ast.stmt]:
    """The statements that have some of these lines."""
    for node in body:
        if max(first, start(node)) > min(last, end(node)):
            continue
        if isinstance(node, ast.ClassDef) and first >= start(node.body[0]):
            yield from touched(node.body, first, last)
        else:
            yield node


def bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds; `*` where it does not say which."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
        return
    for item in _here(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store | ast.Del):
            yield item.id
        elif isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store | ast.Del):
            yield item.attr
        elif isinstance(item, ast.alias):
            yield (item.asname or item.name).split(".")[0]
        elif isinstance(item, Function | ast.ClassDef):
            yield item.name


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it, without names that only an expression knows."""
    left = [node]
    while left:
        item = left.pop()
        if not isinstance(item, INNER):
            yield item
            left += ast.iter_child_nodes(item)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
