"""What nodes are: the names, fields and order of children of libcst's, without its blanks.

Whoever knows libcst can read and write detectors; a node holds what they ask for and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence


class CSTNode:
    """A node of a tree; what makes many of them (`recast.makers`) goes by its slots."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, *values: object) -> None:
        for name, value in zip(self.__slots__, values, strict=True):
            setattr(self, name, value)

    def __repr__(self) -> str:
        fields = ", ".join(repr(getattr(self, name)) for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class BaseExpression(CSTNode):
    """What has a value."""

    __slots__ = ()


class BaseElement(CSTNode):
    """One of the elements of a list, a tuple or a set."""

    __slots__ = ()
    value: BaseExpression


class BaseDictElement(CSTNode):
    """One of the elements of a dict."""

    __slots__ = ()
    value: BaseExpression


class BaseSlice(CSTNode):
    """What stands between the brackets of a subscript."""

    __slots__ = ()


class BaseString(BaseExpression):
    """A string, or several beside each other."""

    __slots__ = ()


class BaseFormattedStringContent(CSTNode):
    """A part of a formatted string."""

    __slots__ = ()


class BaseTemplatedStringContent(CSTNode):
    """A part of a templated string."""

    __slots__ = ()


class BaseStatement(CSTNode):
    """A line of simple statements, or a statement with blocks."""

    __slots__ = ()


class BaseSmallStatement(CSTNode):
    """A statement without blocks."""

    __slots__ = ()


class BaseSuite(CSTNode):
    """A block below a statement."""

    __slots__ = ()
    body: Sequence[BaseStatement] | Sequence[BaseSmallStatement]


class MatchPattern(CSTNode):
    """What a case takes."""

    __slots__ = ()


class BaseBinaryOp(CSTNode):
    """An operator between two values."""

    __slots__ = ()


class BaseUnaryOp(CSTNode):
    """An operator before a value."""

    __slots__ = ()


class BaseBooleanOp(CSTNode):
    """`and` or `or`."""

    __slots__ = ()


class BaseCompOp(CSTNode):
    """An operator that compares."""

    __slots__ = ()


class BaseAugOp(CSTNode):
    """An operator that changes its target."""

    __slots__ = ()
