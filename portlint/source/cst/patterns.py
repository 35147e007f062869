"""`match` and its patterns."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.source.cst.base import BaseExpression, BaseStatement, BaseSuite, CSTNode, MatchPattern
from portlint.source.cst.literals import Name


class MatchCase(CSTNode):
    """`case pattern if guard`."""

    __match_args__ = ("pattern", "body", "guard")
    __slots__ = __match_args__
    pattern: MatchPattern
    body: BaseSuite
    guard: BaseExpression | None


class Match(BaseStatement):
    """`match subject`."""

    __match_args__ = ("subject", "cases")
    __slots__ = __match_args__
    subject: BaseExpression
    cases: Sequence[MatchCase]


class MatchValue(MatchPattern):
    """A value to be equal to."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression


class MatchSingleton(MatchPattern):
    """`None`, `True` or `False`."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: Name


class MatchSequenceElement(CSTNode):
    """An element of a sequence."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: MatchPattern


class MatchStar(CSTNode):
    """`*name`, the rest of a sequence."""

    __match_args__ = ("name",)
    __slots__ = __match_args__
    name: Name | None


class MatchList(MatchPattern):
    """A sequence in brackets, or in nothing."""

    __match_args__ = ("patterns",)
    __slots__ = __match_args__
    patterns: Sequence[MatchSequenceElement | MatchStar]


class MatchTuple(MatchPattern):
    """A sequence in parentheses."""

    __match_args__ = ("patterns",)
    __slots__ = __match_args__
    patterns: Sequence[MatchSequenceElement | MatchStar]


class MatchMappingElement(CSTNode):
    """A key and what its value is to be."""

    __match_args__ = ("key", "pattern")
    __slots__ = __match_args__
    key: BaseExpression
    pattern: MatchPattern


class MatchMapping(MatchPattern):
    """A mapping with these keys."""

    __match_args__ = ("elements", "rest")
    __slots__ = __match_args__
    elements: Sequence[MatchMappingElement]
    rest: Name | None


class MatchKeywordElement(CSTNode):
    """A field and what it is to be."""

    __match_args__ = ("key", "pattern")
    __slots__ = __match_args__
    key: Name
    pattern: MatchPattern


class MatchClass(MatchPattern):
    """An object of a class."""

    __match_args__ = ("cls", "patterns", "kwds")
    __slots__ = __match_args__
    cls: BaseExpression
    patterns: Sequence[MatchSequenceElement]
    kwds: Sequence[MatchKeywordElement]


class MatchAs(MatchPattern):
    """What a pattern takes, by a name."""

    __match_args__ = ("pattern", "name")
    __slots__ = __match_args__
    pattern: MatchPattern | None
    name: Name | None


class MatchOrElement(CSTNode):
    """One of several patterns."""

    __match_args__ = ("pattern",)
    __slots__ = __match_args__
    pattern: MatchPattern


class MatchOr(MatchPattern):
    """One of several patterns is enough."""

    __match_args__ = ("patterns",)
    __slots__ = __match_args__
    patterns: Sequence[MatchOrElement]
