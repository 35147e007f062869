"""Text without the parts that can hold nothing: the same lines, the same names."""

import ast
import re
from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from portlint.source.probes import SUPPORT
from portlint.source.prose import statements

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Keep(NamedTuple):
    """Whether statements (their text and their trees) have to be read, and whether what one of
    them assigns may be what a rule asks for."""

    reads: Callable[[str, Sequence[ast.stmt]], bool]
    hands: Callable[[ast.stmt], bool] = lambda statement: False


SMALL = 1_000
"""Characters of a class below which thinning it saves nothing."""

ATTRIBUTE = re.compile(r"\.[\s\\]*+(\w++)")
FEW = 20
"""Attributes that are looked for one by one."""


def left_out(group: Sequence[ast.stmt], text: str, line: int, keep: Keep) -> list[Function]:
    """The methods of the classes of a group, of which this is the text, that need no reading."""
    if len(text) < SMALL:
        return []
    lines = text.split("\n")
    owners = [node for node in group if isinstance(node, ast.ClassDef)]
    return [method for owner in owners for method in _methods(owner, line, lines, keep)]


def _methods(owner: ast.ClassDef, line: int, lines: Sequence[str], keep: Keep) -> list[Function]:
    blank: list[tuple[str, Function]] = []
    read: list[Function] = []
    found: list[Function] = []
    for node in owner.body:
        if isinstance(node, ast.ClassDef):
            found += _methods(node, line, lines, keep)
        elif isinstance(node, Function):
            own = lines[first_line(node) - line : (node.end_lineno or 0) - line + 1]
            body = "\n".join(own)
            if not keep.reads(body, [node]) and not SUPPORT.fullmatch(node.name):
                blank.append((body, node))
            else:
                read.append(node)
    names = [node.name for node in read if is_private(node.name)]
    if blank:
        names += dict.fromkeys(name for node in read for name in _handed(node, keep))
    return [*found, *_unasked(blank, names)]


def _unasked(
    blank: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]], names: list[str]
) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The methods without those that use a private method which is read (they may guard it), or
    what a method that is read hands to its object."""
    while names:
        using = [node for body, node in blank if _uses(body, names)]
        blank = [(body, node) for body, node in blank if node not in using]
        names = [node.name for node in using if is_private(node.name)]
    return [node for _, node in blank]


def _uses(body: str, names: Sequence[str]) -> bool:
    """Whether one of these names is an attribute of something in a text."""
    near = [name for name in names if name in body] if len(names) < FEW else names
    return bool(near) and not frozenset(near).isdisjoint(ATTRIBUTE.findall(body))


def _handed(method: Function, keep: Keep) -> Iterator[str]:
    """`self.op = torch.ops.mine.op`: names by which other methods use what is worth a look."""
    for node in statements(method):
        if isinstance(node, ast.Assign):
            parts = (part for target in node.targets for part in ast.walk(target))
            names = [part.attr for part in parts if isinstance(part, ast.Attribute)]
            yield from names if names and keep.hands(node) else ()


def is_private(name: str) -> bool:
    """Whether a name starts with one underscore: nobody else is meant to use it."""
    return name[0] == "_" and name[1:2] not in ("", "_")


def bare(statements: Sequence[ast.stmt], used: Container[str]) -> Sequence[ast.stmt]:
    """Statements without what they bind to unused names, where that is a literal."""
    bound = [_literal(node) for node in statements]
    if None in bound:
        return statements
    names = [name for found in bound if found for name in found if name]
    if any(name in used for name in names):
        return statements
    return [_nothing(name, statements[0]) for name in names]


def _nothing(name: str, where: ast.stmt) -> ast.stmt:
    """`name = None`, in place of a statement."""
    target = ast.Name(name, ast.Store())
    node = ast.Assign([target], ast.Constant(None), lineno=where.lineno, col_offset=0)
    return ast.fix_missing_locations(ast.copy_location(node, where))


def _literal(node: ast.stmt) -> list[str] | None:
    """The names that a literal is bound to ("" for none); None for any other statement."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [""]
    if not isinstance(node, ast.Assign) or not isinstance(
        node.value, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.Set | ast.JoinedStr
    ):
        return None
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names if len(names) == len(node.targets) else None


def first_line(node: ast.stmt) -> int:
    """The line a statement starts at, its decorators included."""
    marks = getattr(node, "decorator_list", None)
    return min(node.lineno, marks[0].lineno) if marks else node.lineno
