"""Containers and comprehensions."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.source.cst.base import (
    BaseDictElement,
    BaseElement,
    BaseExpression,
    CSTNode,
)


class Element(BaseElement):
    """An element."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression


class StarredElement(BaseElement, BaseExpression):
    """`*value` among elements."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression


class DictElement(BaseDictElement):
    """`key: value`."""

    __match_args__ = ("key", "value")
    __slots__ = __match_args__
    key: BaseExpression
    value: BaseExpression


class StarredDictElement(BaseDictElement):
    """`**value` among the elements of a dict."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression


class Tuple(BaseExpression):
    """`a, b`."""

    __match_args__ = ("elements",)
    __slots__ = __match_args__
    elements: Sequence[BaseElement]


class List(BaseExpression):
    """`[a, b]`."""

    __match_args__ = ("elements",)
    __slots__ = __match_args__
    elements: Sequence[BaseElement]


class Set(BaseExpression):
    """`{a, b}`."""

    __match_args__ = ("elements",)
    __slots__ = __match_args__
    elements: Sequence[BaseElement]


class Dict(BaseExpression):
    """`{a: b}`."""

    __match_args__ = ("elements",)
    __slots__ = __match_args__
    elements: Sequence[BaseDictElement]


class Asynchronous(CSTNode):
    """`async`."""

    __slots__ = ()


class CompIf(CSTNode):
    """`if test` in a comprehension."""

    __match_args__ = ("test",)
    __slots__ = __match_args__
    test: BaseExpression


class CompFor(CSTNode):
    """`for target in iter` in a comprehension, and the clause in it."""

    __match_args__ = ("target", "iter", "ifs", "inner_for_in", "asynchronous")
    __slots__ = __match_args__
    target: BaseExpression
    iter: BaseExpression
    ifs: Sequence[CompIf]
    inner_for_in: CompFor | None
    asynchronous: Asynchronous | None


class ListComp(BaseExpression):
    """`[elt for …]`."""

    __match_args__ = ("elt", "for_in")
    __slots__ = __match_args__
    elt: BaseExpression
    for_in: CompFor


class SetComp(BaseExpression):
    """`{elt for …}`."""

    __match_args__ = ("elt", "for_in")
    __slots__ = __match_args__
    elt: BaseExpression
    for_in: CompFor


class GeneratorExp(BaseExpression):
    """`(elt for …)`."""

    __match_args__ = ("elt", "for_in")
    __slots__ = __match_args__
    elt: BaseExpression
    for_in: CompFor


class DictComp(BaseExpression):
    """`{key: value for …}`."""

    __match_args__ = ("key", "value", "for_in")
    __slots__ = __match_args__
    key: BaseExpression
    value: BaseExpression
    for_in: CompFor


class StarredDictComp(BaseExpression):
    """`{**value for …}`."""

    __match_args__ = ("value", "for_in")
    __slots__ = __match_args__
    value: BaseExpression
    for_in: CompFor
