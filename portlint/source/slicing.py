"""Top-level statements -> what libcst is given of them, line by line."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.source.gates import PASSED_ON
from portlint.source.reach import imported
from portlint.source.statements import Group, defines, imports_only
from portlint.source.thin import Keep, kept, shortened

SMALL = 20_000
"""Characters: longer module-level assignments without a gate are data tables and are left out."""
NEWLINE = "\n"


class Slice(NamedTuple):
    """Whole top-level statements: their text, or only names.

    `numbers` are the lines of the file (from 1) that the lines of the text are. `plain` statements
    hold no function or class; `brought` are imports in them that were left out, for who asks what a
    file imports at all: names and the paths they stand for.
    """

    text: str
    numbers: Sequence[int] = ()
    binds: tuple[str, ...] = ()
    plain: bool = False
    brought: tuple[tuple[str, str], ...] = ()


def slice_of(group: Group, wanted: bool, keep: Keep, used: set[str]) -> Slice:
    """Short statements that define nothing are always parsed: they set flags and devices."""
    plain = not defines(group)
    if plain and wanted:
        return _whole(group.line, group.text)
    if plain and imports_only(group.statements):
        every = (pair for node in group.statements for pair in imported(node))
        brought = tuple(pair for pair in every if pair[0] and pair[0] not in used)
        return _whole(group.line, _needed(group, used))._replace(brought=brought)
    if plain and len(group.text) < SMALL:
        return _whole(group.line, shortened(group.text, group.statements, used))
    if wanted:
        lines = enumerate(kept(group.text, group.line, group.statements, keep), group.line)
        left = [(number, line) for number, line in lines if line is not None]
        return Slice("\n".join(line for _, line in left), [number for number, _ in left])
    return Slice("", binds=tuple(name for node in group.statements for name in _bound(node)))


def _whole(line: int, text: str) -> Slice:
    """Plain statements that start at a line; the lines left out of them stand at their end."""
    lines = text.rstrip("\n").count("\n") + 1
    return Slice(f"{text.rstrip(NEWLINE)}\n", range(line, line + lines), plain=True)


def joined(parts: Iterable[Slice]) -> Iterator[Slice]:
    """Slices of plain statements that follow each other become one: libcst starts slowly."""
    for plain, run in itertools.groupby(parts, key=lambda part: part.plain):
        if not plain:
            yield from run
            continue
        found = [part for part in run if part.text.strip() or part.brought]
        numbers = [number for part in found for number in part.numbers]
        brought = tuple(pair for part in found for pair in part.brought)
        yield Slice("".join(part.text for part in found), numbers, plain=True, brought=brought)


def _needed(group: Group, used: set[str]) -> str:
    """Imports without the names that nothing uses."""
    found = []
    for node in group.statements:
        assert isinstance(node, ast.Import | ast.ImportFrom)
        names = [item for item in node.names if _is_used(item, node, used)]
        if names:
            whole = len(names) == len(node.names)
            found.append(ast.unparse(node if whole else _of(node, names)))
    return "; ".join(found)


def _is_used(item: ast.alias, node: ast.Import | ast.ImportFrom, used: set[str]) -> bool:
    name = (item.asname or item.name).split(".")[0]
    if isinstance(node, ast.ImportFrom) and f"{node.module}.{item.name}" in PASSED_ON:
        return True
    return name in used or name == "*" or name.startswith("__")


def _of(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, names, node.level)
    return ast.Import(names)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id
