"""Expressions, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.source.cst.base import (
    BaseBinaryOp,
    BaseBooleanOp,
    BaseCompOp,
    BaseExpression,
    BaseSlice,
    BaseUnaryOp,
    CSTNode,
)
from portlint.source.cst.literals import Name


class Attribute(BaseExpression):
    """`value.attr`."""

    __match_args__ = ("value", "attr")
    __slots__ = __match_args__
    value: BaseExpression
    attr: Name


class Arg(CSTNode):
    """What a call is given, or a class is made of; `star` is "", "*" or "**"."""

    __match_args__ = ("value", "keyword", "star")
    __slots__ = __match_args__
    value: BaseExpression
    keyword: Name | None
    star: str


class Call(BaseExpression):
    """`func(args)`."""

    __match_args__ = ("func", "args")
    __slots__ = __match_args__
    func: BaseExpression
    args: Sequence[Arg]


class Index(BaseSlice):
    """One index; `star` before an unpacked one."""

    __match_args__ = ("value", "star")
    __slots__ = __match_args__
    value: BaseExpression
    star: str | None


class Slice(BaseSlice):
    """`lower:upper:step`."""

    __match_args__ = ("lower", "upper", "step")
    __slots__ = __match_args__
    lower: BaseExpression | None
    upper: BaseExpression | None
    step: BaseExpression | None


class SubscriptElement(CSTNode):
    """One of the indices of a subscript."""

    __match_args__ = ("slice",)
    __slots__ = __match_args__
    slice: BaseSlice


class Subscript(BaseExpression):
    """`value[slice]`."""

    __match_args__ = ("value", "slice")
    __slots__ = __match_args__
    value: BaseExpression
    slice: Sequence[SubscriptElement]


class UnaryOperation(BaseExpression):
    """An operator before a value."""

    __match_args__ = ("operator", "expression")
    __slots__ = __match_args__
    operator: BaseUnaryOp
    expression: BaseExpression


class BinaryOperation(BaseExpression):
    """An operator between two values."""

    __match_args__ = ("left", "operator", "right")
    __slots__ = __match_args__
    left: BaseExpression
    operator: BaseBinaryOp
    right: BaseExpression


class BooleanOperation(BaseExpression):
    """`left and right`; of more operands the first ones are `left`."""

    __match_args__ = ("left", "operator", "right")
    __slots__ = __match_args__
    left: BaseExpression
    operator: BaseBooleanOp
    right: BaseExpression


class ComparisonTarget(CSTNode):
    """An operator and what comes after it."""

    __match_args__ = ("operator", "comparator")
    __slots__ = __match_args__
    operator: BaseCompOp
    comparator: BaseExpression


class Comparison(BaseExpression):
    """`a < b <= c`."""

    __match_args__ = ("left", "comparisons")
    __slots__ = __match_args__
    left: BaseExpression
    comparisons: Sequence[ComparisonTarget]


class IfExp(BaseExpression):
    """`body if test else orelse`."""

    __match_args__ = ("test", "body", "orelse")
    __slots__ = __match_args__
    test: BaseExpression
    body: BaseExpression
    orelse: BaseExpression


class NamedExpr(BaseExpression):
    """`target := value`."""

    __match_args__ = ("target", "value")
    __slots__ = __match_args__
    target: BaseExpression
    value: BaseExpression


class Await(BaseExpression):
    """`await expression`."""

    __match_args__ = ("expression",)
    __slots__ = __match_args__
    expression: BaseExpression


class From(CSTNode):
    """What comes after `from` in `yield from` and `raise … from`."""

    __match_args__ = ("item",)
    __slots__ = __match_args__
    item: BaseExpression


class Yield(BaseExpression):
    """`yield value`."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression | From | None


class Annotation(CSTNode):
    """The annotation of a parameter, a name or a result."""

    __match_args__ = ("annotation",)
    __slots__ = __match_args__
    annotation: BaseExpression


class Param(CSTNode):
    """A parameter."""

    __match_args__ = ("name", "annotation", "default", "star")
    __slots__ = __match_args__
    name: Name
    annotation: Annotation | None
    default: BaseExpression | None
    star: str


class ParamStar(CSTNode):
    """The star before parameters by keyword."""

    __slots__ = ()


class Parameters(CSTNode):
    """The parameters of a function."""

    __match_args__ = ("params", "star_arg", "kwonly_params", "star_kwarg", "posonly_params")
    __slots__ = __match_args__
    params: Sequence[Param]
    star_arg: Param | ParamStar | None
    kwonly_params: Sequence[Param]
    star_kwarg: Param | None
    posonly_params: Sequence[Param]


class Lambda(BaseExpression):
    """`lambda params: body`."""

    __match_args__ = ("params", "body")
    __slots__ = __match_args__
    params: Parameters
    body: BaseExpression
