"""What a match speaks of as a whole (a function, source code in a string) -> its lines of code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from portlint.model import Span
from portlint.source import cst
from portlint.source.nodes import string_value
from portlint.source.place import Place

REMARKS = ("#", "//")
"""How a line begins that is a comment, in Python and in what is compiled for GPUs."""
PREPROCESSOR = ("#define", "#include", "#if", "#else", "#elif", "#endif", "#pragma", "#undef")
FORMATTED = frozenset(["format", "replace", "substitute", "safe_substitute", "strip"])
"""Methods that give a string of about the same length."""
STRINGS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)


def extent(whole: Sequence[cst.CSTNode], spans: Mapping[int, Span], lines: Sequence[str]) -> int:
    """The lines of code of these nodes: without blank lines, comments and docstrings.

    A function or class needs its span, a string tells its lines itself.
    """
    return sum(_written(_rows(node, spans, lines)) - _docstring(node) for node in whole)


def is_placed(node: cst.CSTNode) -> bool:
    """Whether a node's lines are those it has in the file."""
    return not isinstance(node, STRINGS)


def handed(at: Place) -> tuple[cst.CSTNode, ...]:
    """What is handed to the function that is named here: source code, or a decorated function."""
    match [node for node in reversed(at.frame.parents) if not isinstance(node, cst.Arg)]:
        case [cst.Decorator(), cst.FunctionDef() as function, *_]:
            return (function,)
        case [cst.Call(), cst.Decorator(), cst.FunctionDef() as function, *_]:
            return (function,)
        case [cst.Call() as call, *_]:
            return source(at, (arg.value for arg in call.args))
    return ()


def source(at: Place, values: Iterable[cst.BaseExpression]) -> tuple[cst.CSTNode, ...]:
    """The longest string among some arguments; of a list of strings all of them."""
    texts = [tuple(_strings(value, at)) for value in values]
    return max(texts, key=lambda nodes: sum(map(_size, nodes)), default=())


def _strings(node: cst.BaseExpression, at: Place) -> Iterator[cst.CSTNode]:
    for value in at.values(node):
        match value:
            case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                yield value
            case cst.List(elements=items) | cst.Tuple(elements=items):
                for item in items:
                    yield from () if item.value is node else _strings(item.value, at)
            case cst.BinaryOperation(left=inner, operator=cst.Modulo()):
                yield from _strings(inner, at)
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(name))):
                if name in FORMATTED:
                    yield from _strings(inner, at)


def _size(node: cst.CSTNode) -> int:
    return len(string_value(node) or "")


def _rows(node: cst.CSTNode, spans: Mapping[int, Span], lines: Sequence[str]) -> Sequence[str]:
    if not is_placed(node):
        return (string_value(node) or "").split("\n")
    span = spans[id(node)]
    return lines[span.line - 1 : span.end_line]


def _written(rows: Sequence[str]) -> int:
    bare = (row.strip() for row in rows)
    return sum(bool(r) and (not r.startswith(REMARKS) or r.startswith(PREPROCESSOR)) for r in bare)


def _first(body: cst.BaseSuite) -> str | None:
    """The string that a block begins with."""
    match body.body:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=value), *_]), *_] if isinstance(
            value, cst.SimpleString | cst.ConcatenatedString
        ):
            return string_value(value)
    return None


def _docstring(node: cst.CSTNode) -> int:
    """The lines of a docstring that count as code where lines are looked at alone."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef):
        return 0
    text = _first(node.body)
    if text is None:
        return 0
    _, *rows = text.split("\n")
    return 1 + (_written([*rows[:-1], f"{rows[-1]}quotes"]) if rows else 0)
