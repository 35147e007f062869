"""A file's tree and a place in it -> the classes and the outermost function around the place."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator, Sequence

from portlint.model import Span
from portlint.source.lines import BLOCKS
from portlint.source.mentions import Definition
from portlint.source.thin import first_line


def around(module: ast.Module, span: Span) -> list[str]:
    """Their names in the file (`C.f`), outer ones first."""
    return list(_around(module.body, span, ""))


def _around(body: Sequence[ast.stmt], span: Span, before: str) -> Iterator[str]:
    for node in _near(body, span.line):
        if not first_line(node) <= span.line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not _runs_early(node, span):
                qualified = f"{before}.{node.name}" if before else node.name
                yield qualified
                if isinstance(node, ast.ClassDef):
                    yield from _around(node.body, span, qualified)
            return
        for block in _blocks(node):
            yield from _around(block, span, before)


def _near(body: Sequence[ast.stmt], line: int) -> Iterator[ast.stmt]:
    """The statements that do not end before a line, up to those that begin after it."""
    for node in body[bisect.bisect_left(body, line, key=_end) :]:
        if first_line(node) > line:
            return
        yield node


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in BLOCKS.get(type(node), ()):
        parts = getattr(node, field)
        if field == "handlers":
            yield from (handler.body for handler in parts)
        elif field != "cases":
            yield parts


def _runs_early(node: Definition, span: Span) -> bool:
    """Whether a place is a call that runs when a definition does: in a decorator, a default."""
    place = (span.line, span.column - 1)
    starts = [(d.lineno, d.col_offset) for d in node.decorator_list]
    if span.line >= node.body[0].lineno or place in starts:
        return False
    return any(
        (call.lineno, call.col_offset) <= place < (call.end_lineno or 0, call.end_col_offset or 0)
        for part in ast.iter_child_nodes(node)
        if isinstance(part, ast.expr | ast.arguments)
        for call in ast.walk(part)
        if isinstance(call, ast.Call)
    )
