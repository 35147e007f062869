"""Words that names are compared with, and what conditions come to if a name is one of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from portlint.source import cst
from portlint.source.nodes import dotted_text, string_value
from portlint.source.paths import Facts

MEMBER = re.compile(r"(?:\w+\.)*([A-Z]\w*\.[A-Z][A-Z0-9_]*)")
"""A member of an enumeration, by how it is spelled."""
Asked = Mapping[str, str]
"""What is taken to hold: names and fields, as they are spelled, and the word that each is."""


def word_of(node: ast.expr) -> str | None:
    """The word that an expression is: a string, a constant or a member of an enumeration."""
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Attribute):
        found = MEMBER.fullmatch(ast.unparse(node))
        return found[1] if found else None
    return None


def decided(test: ast.expr, asked: Asked, facts: Facts) -> tuple[bool | None, bool]:
    """How a condition comes out if what is asked holds, and whether it is that which decides."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value, by = decided(test.operand, asked, facts)
        return (None if value is None else not value), by
    if isinstance(test, ast.Compare) and (value := _compared(test, asked)) is not None:
        return value, True
    if isinstance(test, ast.BoolOp):
        inner = [decided(part, asked, facts) for part in test.values]
        stop = isinstance(test.op, ast.Or)
        if by_stop := [by for value, by in inner if value is stop]:
            return stop, any(by_stop)
        if all(value is not None for value, _ in inner):
            return (not stop), any(by for _, by in inner)
        return None, False
    known = next((f.truth for f in facts if f.test is test), None)
    return known, False


def _compared(test: ast.Compare, asked: Asked) -> bool | None:
    word = asked.get(ast.unparse(test.left)) if asked and len(test.ops) == 1 else None
    if word is None:
        return None
    operator, right = test.ops[0], test.comparators[0]
    if isinstance(right, ast.Tuple | ast.List | ast.Set):
        words: Sequence[str | None] = [word_of(part) for part in right.elts]
    else:
        words = [word_of(right)]
    if None in words:
        return None
    same = word in words
    negative = isinstance(operator, ast.NotEq | ast.NotIn | ast.IsNot)
    return same != negative


def named_words(facts: Facts) -> Iterator[tuple[str, str]]:
    """The names that conditions have found to be a word."""
    for test, truth, _ in facts:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            same = ast.Eq if truth else ast.NotEq
            word = word_of(test.comparators[0])
            if isinstance(test.ops[0], same) and word is not None:
                yield ast.unparse(test.left), word


def compared_words(target: cst.ComparisonTarget) -> list[str]:
    """The words that a name is compared with, as `portlint.source.chosen` spells them."""
    operator, other = target.operator, target.comparator
    if isinstance(operator, cst.In | cst.NotIn):
        listed = other.elements if isinstance(other, cst.Tuple | cst.List | cst.Set) else ()
        parts = [element.value for element in listed]
    elif isinstance(operator, cst.Equal | cst.NotEqual | cst.Is | cst.IsNot):
        parts = [other]
    else:
        return []
    found = [_as_word(part) for part in parts]
    return [word for word in found if word] if all(found) else []


def _as_word(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        member = MEMBER.fullmatch(dotted_text(node) or "")
        return member[1] if member else ""
    text = string_value(node)
    return "" if text is None else repr(text)
