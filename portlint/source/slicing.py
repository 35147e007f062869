"""Top-level statements -> what is read of them."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from portlint.source.gates import PASSED_ON
from portlint.source.reach import imported
from portlint.source.statements import Group, defines, imports_only
from portlint.source.thin import Function, Keep, bare, left_out

SMALL = 20_000
"""Characters: longer module-level assignments without a gate are data tables and are left out."""


class Slice(NamedTuple):
    """Top-level statements, or only the names that they bind.

    Of `stubs`, methods in them, the name is enough. `brought` are imports that were left out, for
    who asks what a file imports at all: names and the paths they stand for.
    """

    statements: Sequence[ast.stmt]
    stubs: Sequence[Function] = ()
    binds: tuple[str, ...] = ()
    brought: tuple[tuple[str, str], ...] = ()


def slice_of(group: Group, wanted: bool, keep: Keep, used: Container[str]) -> Slice:
    """Short statements that define nothing are always read: they set flags and devices."""
    plain = not defines(group)
    if plain and wanted:
        return Slice(group.statements)
    if plain and imports_only(group.statements):
        every = (pair for node in group.statements for pair in imported(node))
        brought = tuple(pair for pair in every if pair[0] and pair[0] not in used)
        return Slice(list(_needed(group, used)), brought=brought)
    if plain and len(group.text) < SMALL:
        return Slice(bare(group.statements, used))
    if wanted:
        return Slice(group.statements, left_out(group.statements, group.text, group.line, keep))
    return Slice((), binds=tuple(name for node in group.statements for name in _bound(node)))


def _needed(group: Group, used: Container[str]) -> Iterator[ast.stmt]:
    """Imports without the names that nothing uses."""
    for node in group.statements:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        names = [item for item in node.names if _is_used(item, node, used)]
        if names:
            yield node if len(names) == len(node.names) else _of(node, names)


def _is_used(item: ast.alias, node: ast.Import | ast.ImportFrom, used: Container[str]) -> bool:
    name = (item.asname or item.name).split(".")[0]
    if isinstance(node, ast.ImportFrom) and f"{node.module}.{item.name}" in PASSED_ON:
        return True
    return name in used or name == "*" or name.startswith("__")


def _of(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.ImportFrom):
        return ast.copy_location(ast.ImportFrom(node.module, names, node.level), node)
    return ast.copy_location(ast.Import(names), node)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id
