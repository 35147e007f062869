"""Nodes as tables: which fields hold children, and small readings of a node."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

from portlint.source import cst

SKIPPED = frozenset("operator asynchronous keyword attr annotation returns relative star".split())
"""Fields without expressions of their own, and annotations, which are not run for their value."""


NAMING = (cst.Param, cst.FunctionDef, cst.ClassDef, cst.ImportAlias, cst.NameItem, cst.TypeAlias)
"""Nodes whose field `name` gives a name instead of using one."""


def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    skipped = SKIPPED | {"name"} if issubclass(kind, NAMING) else SKIPPED
    return tuple(name for name in kind.__slots__ if name not in skipped)


def _every(kind: type[object]) -> Iterator[type[object]]:
    for below in kind.__subclasses__():
        yield below
        yield from _every(below)


NODES = frozenset(_every(cst.CSTNode))
TRIES = frozenset((cst.Try, cst.TryStar))


LEAVES = frozenset((cst.Name, cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString))
GETTERS: dict[type[cst.CSTNode], Callable[[cst.CSTNode], tuple[Any, ...]]] = {}
"""Kind of node -> what reads all fields of one: filled as kinds are met."""


PLAIN: dict[type[cst.CSTNode], Callable[[Any], list[Any]]] = {
    cst.Arg: lambda node: [node.value],
    cst.Assign: lambda node: [*node.targets, node.value],
    cst.AssignTarget: lambda node: [node.target],
    cst.Attribute: lambda node: [node.value],
    cst.BinaryOperation: lambda node: [node.left, node.right],
    cst.Call: lambda node: [node.func, *node.args],
    cst.Comparison: lambda node: [node.left, *node.comparisons],
    cst.ComparisonTarget: lambda node: [node.comparator],
    cst.Decorator: lambda node: [node.decorator],
    cst.DictElement: lambda node: [node.key, node.value],
    cst.Element: lambda node: [node.value],
    cst.Expr: lambda node: [node.value],
    cst.IndentedBlock: lambda node: [*node.body],
    cst.Index: lambda node: [node.value],
    cst.List: lambda node: [*node.elements],
    cst.SimpleStatementLine: lambda node: [*node.body],
    cst.Subscript: lambda node: [node.value, *node.slice],
    cst.SubscriptElement: lambda node: [node.slice],
    cst.Tuple: lambda node: [*node.elements],
    cst.UnaryOperation: lambda node: [node.expression],
}
"""The children of kinds that are met most and leave none of them out."""


def _getter(kind: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """`operator.attrgetter` that always gives a tuple."""
    names = _fields(kind)
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda node: tuple(getattr(node, name) for name in names)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes that can hold code, in the order of their fields."""
    found: list[cst.CSTNode] = []
    own = type(node)
    if own in LEAVES:
        return found
    if (plain := PLAIN.get(own)) is not None:
        below: list[cst.CSTNode] = plain(node)
        return below
    get = GETTERS.get(own)
    if get is None:
        get = GETTERS[own] = _getter(own)
    for value in get(node):
        kind = type(value)
        if kind in NODES:
            found.append(value)
        elif kind is tuple or kind is list:
            found += [item for item in value if type(item) in NODES]
    return found


def descend(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and everything below it, inner functions included."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


BODIES: dict[type[cst.CSTNode], tuple[str, ...]] = {
    **dict.fromkeys((cst.IndentedBlock, cst.SimpleStatementSuite), ("body",)),
    **dict.fromkeys((cst.SimpleStatementLine, cst.Else, cst.Finally), ("body",)),
    **dict.fromkeys((cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase), ("body",)),
    **dict.fromkeys((cst.FunctionDef, cst.ClassDef, cst.With), ("body",)),
    **dict.fromkeys((cst.If, cst.For, cst.While), ("body", "orelse")),
    **dict.fromkeys((cst.Try, cst.TryStar), ("body", "handlers", "orelse", "finalbody")),
    cst.Match: ("cases",),
}
"""What holds statements, and where."""


def statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements that `descend` gives, and what holds them, in its order and far sooner."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        for name in reversed(BODIES.get(type(current), ())):
            part = getattr(current, name)
            if isinstance(part, tuple | list):
                stack.extend(reversed(part))
            elif part is not None:
                stack.append(part)


def dotted_text(node: cst.CSTNode | None) -> str | None:
    """`a.b.c` as text, or None for any other expression."""
    parts: list[str] = []
    current: Any = node
    while type(current) is cst.Attribute:
        parts.append(current.attr.value)
        current = current.value
    if type(current) is not cst.Name:
        return None
    name: str = current.value
    return ".".join([name, *reversed(parts)]) if parts else name


def string_value(node: cst.CSTNode | None) -> str | None:
    """The text of a string literal; a formatted string gives its leading text and `{}`."""
    match node:
        case cst.SimpleString():
            return _simple(node)
        case cst.ConcatenatedString():
            left, right = string_value(node.left), string_value(node.right)
            return None if left is None or right is None else left + right
        case cst.FormattedString():
            return "".join(
                part.value if isinstance(part, cst.FormattedStringText) else "{}"
                for part in node.parts
            )
    return None


def _simple(node: cst.SimpleString) -> str | None:
    """The text of one literal; to evaluate one compiles it, so plain ones go without."""
    raw = node.value
    if raw[0] in "\"'" and "\\" not in raw:
        quotes = 3 if raw[:3] in ('"""', "'''") else 1
        return raw[quotes:-quotes]
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def argument(call: cst.Call, name: str, position: int | None = None) -> cst.BaseExpression | None:
    """The value given for a parameter, by keyword or by position; None where it is not given."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == name:
            return arg.value
    if position is None:
        return None
    plain = [a for a in call.args if a.keyword is None]
    if position >= len(plain) or any(a.star for a in plain[: position + 1]):
        return None
    return plain[position].value


def is_true(node: cst.CSTNode | None) -> bool:
    """Whether the expression is the literal True."""
    return isinstance(node, cst.Name) and node.value == "True"
