"""A regular expression -> texts on which it would take long if it backtracked much."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

POOL = " a0_\"'([{<-.=,:;#/*\\\n@$Z%!é"
"""Characters to try where a class admits several."""
ENDS = ("", "\0", "\n", "!", "x", " ")
MANY = 64
"""Repetitions from which one counts as without end."""


def pumped(pattern: "re.Pattern[str]", size: int) -> Iterator[str]:
    """Texts of about so many characters: what comes before a repetition, and its body, repeated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    pieces = dict.fromkeys(_pieces(list(tree), ("",), pattern.flags))
    for before, body in pieces:
        for begun, again in ((before, body), ("", before), ("", before + body), (before, before)):
            if again:
                for end in ENDS:
                    yield begun + again * (size // len(again)) + end


def _pieces(items: Sequence[Any], before: Sequence[str], flags: int) -> Iterator[tuple[str, str]]:
    """Each repetition without end: what may stand before it, and what its body may be."""
    for operation, given in items:
        if operation in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            body = list(given[2])
            if given[1] >= MANY:
                for text in _samples(body, flags, "".join(before)):
                    for start in before:
                        yield start, text
            yield from _pieces(body, before, flags)
        else:
            for inner in _inner(operation, given):
                yield from _pieces(inner, before, flags)
        found = _samples([(operation, given)], flags, "")[:2] or [""]
        before = list(dict.fromkeys(b + s for b in before[:3] for s in found))[:4]


def _inner(operation: Any, given: Any) -> Iterator[list[Any]]:
    match operation:
        case code.SUBPATTERN:
            yield list(given[3])
        case code.ATOMIC_GROUP:
            yield list(given)
        case code.BRANCH:
            yield from (list(branch) for branch in given[1])
        case code.ASSERT | code.ASSERT_NOT:
            yield list(given[1])


def _samples(items: Sequence[Any], flags: int, near: str) -> list[str]:
    """Some texts that fit a sequence."""
    found = [""]
    for operation, given in items:
        options = list(dict.fromkeys(_one(operation, given, flags, near)))
        found = [text + option for text in found for option in options[:12]][:12]
    return [text for text in found if text]


def _one(operation: Any, given: Any, flags: int, near: str) -> Iterable[str]:
    match operation:
        case code.LITERAL:
            return [chr(given)]
        case code.NOT_LITERAL:
            return [c for c in near[-3:] + POOL if ord(c) != given]
        case code.ANY:
            return [c for c in near[-3:] + POOL if c != "\n" or flags & re.DOTALL]
        case code.IN:
            one = re.compile(_class(given), flags)
            return [c for c in (*near[-3:], *POOL, *_named(given)) if one.fullmatch(c)]
        case code.BRANCH:
            return [s for branch in given[1] for s in _samples(list(branch), flags, near)[:3]]
        case code.SUBPATTERN:
            return _samples(list(given[3]), flags, near) or [""]
        case code.ATOMIC_GROUP:
            return _samples(list(given), flags, near) or [""]
        case code.MAX_REPEAT | code.MIN_REPEAT | code.POSSESSIVE_REPEAT:
            body = _samples(list(given[2]), flags, near) or [""]
            return [text * max(given[0], 1) for text in body] + [""] * (given[0] == 0)
    return [""]  # a place, a look around, an earlier group


def _named(items: Iterable[Any]) -> Iterator[str]:
    """Characters that a class names."""
    for operation, given in items:
        if operation is code.LITERAL:
            yield chr(given)
        elif operation is code.RANGE:
            yield from (chr(given[0]), chr(given[1]))


def _class(items: Iterable[Any]) -> str:
    """The class as it may be written."""
    parts = []
    for operation, given in items:
        match operation:
            case code.NEGATE:
                parts.append("^")
            case code.LITERAL:
                parts.append(f"\\U{given:08x}")
            case code.RANGE:
                parts.append(f"\\U{given[0]:08x}-\\U{given[1]:08x}")
            case code.CATEGORY:
                parts.append(CATEGORIES[given])
    return f"[{''.join(parts)}]"


CATEGORIES = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
}
