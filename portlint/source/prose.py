"""Syntax trees -> the lines that hold only comments and docstrings: what they name is not used."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from portlint.source.lines import BLOCKS, BODIES, standing, walk


def prose(module: ast.Module, lines: Sequence[str], asked: Iterable[int]) -> frozenset[int]:
    """Those of some lines (from 1) that strings stand on which are statements alone."""
    wanted = sorted(set(asked))
    found: set[int] = set()
    for node in standing(module.body, wanted):
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as text) if _is_alone(text, lines):
                found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)


def statements(root: ast.AST) -> Iterator[ast.stmt]:
    """Every statement below a node; expressions, of which there are far more, are not entered."""
    stack: list[ast.AST] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
        for name in BODIES if node is root else BLOCKS.get(type(node), ()):
            stack.extend(getattr(node, name, ()))


def _is_alone(node: ast.expr, lines: Sequence[str]) -> bool:
    """Whether no other statement shares a line with a string."""
    first = lines[node.lineno - 1].encode()
    last = lines[(node.end_lineno or node.lineno) - 1].encode()
    return not first[: node.col_offset].strip() and not last[node.end_col_offset :].strip()


def is_comment(number: int, lines: Sequence[str], nodes: Iterable[ast.AST]) -> bool:
    """Whether a line in these statements is a comment, and no part of a string."""
    return lines[number - 1].lstrip().startswith("#") and not any(
        isinstance(node, ast.Constant | ast.JoinedStr)
        and node.lineno < number <= (node.end_lineno or node.lineno)
        for root in nodes
        for node in walk(root)
    )
