"""The lines of a text that spell a word, and the statements that stand on them."""

from __future__ import annotations

import ast
import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence

BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
BLOCKS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.FunctionDef: ("body",),
    ast.AsyncFunctionDef: ("body",),
    ast.ClassDef: ("body",),
    ast.If: ("body", "orelse"),
    ast.For: ("body", "orelse"),
    ast.AsyncFor: ("body", "orelse"),
    ast.While: ("body", "orelse"),
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.Try: ("body", "orelse", "finalbody", "handlers"),
    ast.TryStar: ("body", "orelse", "finalbody", "handlers"),
    ast.Match: ("cases",),
    ast.ExceptHandler: ("body",),
    ast.match_case: ("body",),
}
"""What holds statements, and where."""


def spelling(text: str, *words: str) -> list[int]:
    """The lines, from 1 and in order, on which one of these words begins."""
    if len(words) > 1:
        return sorted({line for word in words for line in spelling(text, word)})
    (word,) = words
    found = []
    line, seen, at = 1, 0, text.find(word)
    while at >= 0:
        line += text.count("\n", seen, at)
        found.append(line)
        seen = at
        end = text.find("\n", at)
        at = text.find(word, end) if end >= 0 else -1
    return found


def words_on(text: str, words: Iterable[str], ends: Sequence[int] = ()) -> list[int]:
    """The lines of a text, from 1 and in order, on which one of these whole words stands.

    `ends` are those of the lines, where they are known.
    """
    ends = ends or ends_of(text)
    found = set()
    for word in words:
        at = text.find(word)
        while at >= 0:
            after = at + len(word)
            if not is_word(text[at - 1 : at]) and not is_word(text[after : after + 1]):
                line = bisect.bisect_right(ends, at)
                found.add(line + 1)
                after = ends[line]
            at = text.find(word, after)
    return sorted(found)


def ends_of(text: str) -> list[int]:
    """Where the lines of a text end, line feeds included."""
    return list(itertools.accumulate(len(line) + 1 for line in text.split("\n")))


def is_word(character: str) -> bool:
    """Whether a character, if there is one, is part of a name."""
    return character.isalnum() or character == "_"


def lines_of(text: str, places: Iterable[int]) -> list[int]:
    """The lines, from 1, of places in a text that are given in order."""
    found = []
    line, seen = 1, 0
    for at in places:
        line += text.count("\n", seen, at)
        found.append(line)
        seen = at
    return found


def on(lines: Sequence[int], node: ast.stmt | ast.ExceptHandler) -> bool:
    """Whether one of these lines is of a statement, its decorators included."""
    first = node.lineno
    if (marks := getattr(node, "decorator_list", None)) and marks[0].lineno < first:
        first = marks[0].lineno
    at = bisect.bisect_left(lines, first)
    return at < len(lines) and lines[at] <= (node.end_lineno or first)


def standing(body: Sequence[ast.stmt], lines: Sequence[int]) -> Iterator[ast.stmt]:
    """The statements on these lines, however deep they stand; outer ones first."""
    if not lines:
        return
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            if not on(lines, node):
                continue
            yield node
        for field in reversed(BLOCKS.get(type(node), ())):
            stack.extend(reversed(getattr(node, field)))


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """What `ast.walk` gives, sooner, without contexts and operators."""
    waiting = [node]
    for item in waiting:
        yield item
        waiting += children(item)


NO_NODES = frozenset(
    "arg asname attr conversion id is_async kind level lineno module name rest simple tag "
    "type_comment type_ignores".split()
)
"""Fields that hold words and numbers."""
OPERATORS = frozenset(["ctx", "op", "ops"])
"""Fields that hold nodes of which nobody asks what is below them."""
VALUES = (ast.Constant, ast.MatchSingleton)
GAPS = frozenset([ast.Dict, ast.arguments, ast.MatchMapping, ast.MatchClass])
"""Nodes whose lists hold None or words as well."""
NAMES = (ast.Global, ast.Nonlocal)


def _holding(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a node that can hold expressions and statements."""
    if issubclass(kind, VALUES + NAMES):
        return ()
    return tuple(name for name in kind._fields if name not in NO_NODES | OPERATORS)


KINDS = (kind for kind in vars(ast).values() if isinstance(kind, type))
HOLDING = {kind: _holding(kind) for kind in KINDS if issubclass(kind, ast.AST)}


def children(node: ast.AST) -> list[ast.AST]:
    """What `ast.iter_child_nodes` gives, sooner, without contexts and operators."""
    found: list[ast.AST] = []
    for name in HOLDING[type(node)]:
        part = getattr(node, name, None)
        if type(part) is list:
            found += part
        elif part is not None:
            found.append(part)
    if type(node) in GAPS:
        return [item for item in found if isinstance(item, ast.AST)]
    return found
