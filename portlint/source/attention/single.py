"""Functions that a file calls with one token only: a loop over tokens has one round there.

`if state is not None and seq_len == 1: out = recurrent(…)`, with another function for more tokens.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from portlint.source.lines import children, on, spelling

LENGTH = re.compile(r"(\w*_)?(len|length|seq|seqlen|tokens|lq|t|l)(_\w*)?", re.IGNORECASE)
Tests = tuple[tuple[ast.expr, bool], ...]
"""The conditions around a place, each with how it came out."""


def one_token(module: ast.Module, function: str, text: str) -> bool:
    """Whether every call of a function here stands where the length is 1, and there is one."""
    name = function.rpartition(".")[2]
    calls = list(_calls(module, name, (), spelling(text, name)))
    return bool(calls) and all(any(_says(t, truth) for t, truth in tests) for tests in calls)


def _calls(node: ast.AST, name: str, tests: Tests, lines: Sequence[int]) -> Iterator[Tests]:
    """The conditions around each use of the name; decorators and lists of exports use nothing."""
    if isinstance(node, ast.stmt) and not on(lines, node):
        return
    match node:
        case ast.If() | ast.IfExp():
            yield from _calls(node.test, name, tests, lines)
            for branch, truth in ((node.body, True), (node.orelse, False)):
                parts: list[ast.AST] = [*branch] if isinstance(branch, list) else [branch]
                for part in parts:
                    yield from _calls(part, name, (*tests, (node.test, truth)), lines)
            return
        case ast.FunctionDef() | ast.ClassDef():
            for statement in node.body:
                yield from _calls(statement, name, tests, lines)
            return
        case ast.Name(id=used) | ast.Attribute(attr=used) if used == name:
            yield tests
    for child in children(node):
        yield from _calls(child, name, tests, lines)


def _says(test: ast.expr, truth: bool) -> bool:
    """Whether a condition that came out so says that there is one token."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _says(inner, not truth)
        case ast.BoolOp(op=op, values=values):
            return isinstance(op, ast.And) == truth and any(_says(v, truth) for v in values)
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=int(bound))]):
            return _is_length(left) and _is_one(op, bound, truth)
    return False


def _is_one(op: ast.cmpop, bound: int, truth: bool) -> bool:
    one = (ast.Eq, ast.LtE) if truth else (ast.NotEq, ast.Gt)
    two = ast.Lt if truth else ast.GtE
    return (isinstance(op, one) and bound == 1) or (isinstance(op, two) and bound == 2)


def _is_length(node: ast.expr) -> bool:
    """`seq_len`, `x.shape[1]`, `x.size(1)`: not the first of a tensor's sizes, the batch."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return LENGTH.fullmatch(name) is not None
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=at):
            return not (isinstance(at, ast.Constant) and at.value == 0)
        case ast.Call(func=ast.Attribute(attr="size"), args=[at]):
            return not (isinstance(at, ast.Constant) and at.value == 0)
    return False
