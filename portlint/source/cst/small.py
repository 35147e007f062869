"""Statements without blocks."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.source.cst.base import BaseAugOp, BaseExpression, BaseSmallStatement, CSTNode
from portlint.source.cst.collections import List, Tuple
from portlint.source.cst.expressions import Annotation, Attribute, From
from portlint.source.cst.literals import Name


class Expr(BaseSmallStatement):
    """An expression alone."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression


class AssignTarget(CSTNode):
    """What an assignment sets."""

    __match_args__ = ("target",)
    __slots__ = __match_args__
    target: BaseExpression


class Assign(BaseSmallStatement):
    """`a = b = value`."""

    __match_args__ = ("targets", "value")
    __slots__ = __match_args__
    targets: Sequence[AssignTarget]
    value: BaseExpression


class AnnAssign(BaseSmallStatement):
    """`target: annotation = value`."""

    __match_args__ = ("target", "annotation", "value")
    __slots__ = __match_args__
    target: BaseExpression
    annotation: Annotation
    value: BaseExpression | None


class AugAssign(BaseSmallStatement):
    """`target += value`."""

    __match_args__ = ("target", "operator", "value")
    __slots__ = __match_args__
    target: BaseExpression
    operator: BaseAugOp
    value: BaseExpression


class Return(BaseSmallStatement):
    """`return value`."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: BaseExpression | None


class Raise(BaseSmallStatement):
    """`raise exc from cause`."""

    __match_args__ = ("exc", "cause")
    __slots__ = __match_args__
    exc: BaseExpression | None
    cause: From | None


class Assert(BaseSmallStatement):
    """`assert test, msg`."""

    __match_args__ = ("test", "msg")
    __slots__ = __match_args__
    test: BaseExpression
    msg: BaseExpression | None


class Del(BaseSmallStatement):
    """`del target`."""

    __match_args__ = ("target",)
    __slots__ = __match_args__
    target: BaseExpression


class TypeAlias(BaseSmallStatement):
    """`type name = value`."""

    __match_args__ = ("name", "value")
    __slots__ = __match_args__
    name: Name
    value: BaseExpression


class Pass(BaseSmallStatement):
    """`pass`."""

    __slots__ = ()


class Break(BaseSmallStatement):
    """`break`."""

    __slots__ = ()


class Continue(BaseSmallStatement):
    """`continue`."""

    __slots__ = ()


class NameItem(CSTNode):
    """A name that stands for one outside."""

    __match_args__ = ("name",)
    __slots__ = __match_args__
    name: Name


class Global(BaseSmallStatement):
    """`global names`."""

    __match_args__ = ("names",)
    __slots__ = __match_args__
    names: Sequence[NameItem]


class Nonlocal(BaseSmallStatement):
    """`nonlocal names`."""

    __match_args__ = ("names",)
    __slots__ = __match_args__
    names: Sequence[NameItem]


class AsName(CSTNode):
    """The name after `as`."""

    __match_args__ = ("name",)
    __slots__ = __match_args__
    name: Name | Tuple | List


class ImportAlias(CSTNode):
    """What an import takes, and the name it gets."""

    __match_args__ = ("name", "asname")
    __slots__ = __match_args__
    name: Attribute | Name
    asname: AsName | None

    @property
    def evaluated_name(self) -> str:
        """The dotted name that is taken."""
        parts: list[str] = []
        node: BaseExpression = self.name
        while isinstance(node, Attribute):
            parts.append(node.attr.value)
            node = node.value
        assert isinstance(node, Name)
        return ".".join([node.value, *reversed(parts)])

    @property
    def evaluated_alias(self) -> str | None:
        """The name that it gets, where that is another one."""
        name = self.asname.name if self.asname is not None else None
        return name.value if isinstance(name, Name) else None


class ImportStar(CSTNode):
    """`*` in an import."""

    __slots__ = ()


class Dot(CSTNode):
    """One of the dots of an import that is relative."""

    __slots__ = ()


class Import(BaseSmallStatement):
    """`import names`."""

    __match_args__ = ("names",)
    __slots__ = __match_args__
    names: Sequence[ImportAlias]


class ImportFrom(BaseSmallStatement):
    """`from module import names`; `relative` are the dots before the module."""

    __match_args__ = ("module", "names", "relative")
    __slots__ = __match_args__
    module: Attribute | Name | None
    names: Sequence[ImportAlias] | ImportStar
    relative: Sequence[Dot]
