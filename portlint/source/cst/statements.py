"""Lines, blocks, and statements that have some."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.source.cst.base import (
    BaseExpression,
    BaseSmallStatement,
    BaseStatement,
    BaseSuite,
    CSTNode,
)
from portlint.source.cst.collections import Asynchronous
from portlint.source.cst.expressions import Annotation, Arg, Parameters
from portlint.source.cst.literals import Name
from portlint.source.cst.small import AsName


class SimpleStatementLine(BaseStatement):
    """Statements that share a line."""

    __match_args__ = ("body",)
    __slots__ = __match_args__
    body: Sequence[BaseSmallStatement]


class SimpleStatementSuite(BaseSuite):
    """Statements on the line of what they are the block of."""

    __match_args__ = ("body",)
    __slots__ = __match_args__
    body: Sequence[BaseSmallStatement]


class IndentedBlock(BaseSuite):
    """The statements of a block."""

    __match_args__ = ("body",)
    __slots__ = __match_args__
    body: Sequence[BaseStatement]


class Else(CSTNode):
    """The block of an `else`."""

    __match_args__ = ("body",)
    __slots__ = __match_args__
    body: BaseSuite


class If(BaseStatement):
    """`if test`; an `elif` is the `orelse` of what stands before."""

    __match_args__ = ("test", "body", "orelse")
    __slots__ = __match_args__
    test: BaseExpression
    body: BaseSuite
    orelse: If | Else | None


class For(BaseStatement):
    """`for target in iter`."""

    __match_args__ = ("target", "iter", "body", "orelse", "asynchronous")
    __slots__ = __match_args__
    target: BaseExpression
    iter: BaseExpression
    body: BaseSuite
    orelse: Else | None
    asynchronous: Asynchronous | None


class While(BaseStatement):
    """`while test`."""

    __match_args__ = ("test", "body", "orelse")
    __slots__ = __match_args__
    test: BaseExpression
    body: BaseSuite
    orelse: Else | None


class ExceptHandler(CSTNode):
    """`except type as name`."""

    __match_args__ = ("body", "type", "name")
    __slots__ = __match_args__
    body: BaseSuite
    type: BaseExpression | None
    name: AsName | None


class ExceptStarHandler(CSTNode):
    """`except* type as name`."""

    __match_args__ = ("body", "type", "name")
    __slots__ = __match_args__
    body: BaseSuite
    type: BaseExpression
    name: AsName | None


class Finally(CSTNode):
    """The block of a `finally`."""

    __match_args__ = ("body",)
    __slots__ = __match_args__
    body: BaseSuite


class Try(BaseStatement):
    """`try` with its handlers."""

    __match_args__ = ("body", "handlers", "orelse", "finalbody")
    __slots__ = __match_args__
    body: BaseSuite
    handlers: Sequence[ExceptHandler]
    orelse: Else | None
    finalbody: Finally | None


class TryStar(BaseStatement):
    """`try` with handlers of groups."""

    __match_args__ = ("body", "handlers", "orelse", "finalbody")
    __slots__ = __match_args__
    body: BaseSuite
    handlers: Sequence[ExceptStarHandler]
    orelse: Else | None
    finalbody: Finally | None


class WithItem(CSTNode):
    """`item as asname`."""

    __match_args__ = ("item", "asname")
    __slots__ = __match_args__
    item: BaseExpression
    asname: AsName | None


class With(BaseStatement):
    """`with items`."""

    __match_args__ = ("items", "body", "asynchronous")
    __slots__ = __match_args__
    items: Sequence[WithItem]
    body: BaseSuite
    asynchronous: Asynchronous | None


class Decorator(CSTNode):
    """`@decorator`."""

    __match_args__ = ("decorator",)
    __slots__ = __match_args__
    decorator: BaseExpression


class FunctionDef(BaseStatement):
    """A function."""

    __match_args__ = ("name", "params", "body", "decorators", "returns", "asynchronous")
    __slots__ = __match_args__
    name: Name
    params: Parameters
    body: BaseSuite
    decorators: Sequence[Decorator]
    returns: Annotation | None
    asynchronous: Asynchronous | None


class ClassDef(BaseStatement):
    """A class."""

    __match_args__ = ("name", "body", "bases", "keywords", "decorators")
    __slots__ = __match_args__
    name: Name
    body: BaseSuite
    bases: Sequence[Arg]
    keywords: Sequence[Arg]
    decorators: Sequence[Decorator]
