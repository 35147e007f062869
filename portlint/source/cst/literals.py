"""Literals and names."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from portlint.source.cst.base import (
    BaseExpression,
    BaseFormattedStringContent,
    BaseString,
    BaseTemplatedStringContent,
)


class Name(BaseExpression):
    """A name; `None`, `True` and `False` are names too."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str


class Integer(BaseExpression):
    """`0x10`, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str

    @property
    def evaluated_value(self) -> int:
        """What the literal stands for."""
        value: int = ast.literal_eval(self.value)
        return value


class Float(BaseExpression):
    """`1e-3`, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str


class Imaginary(BaseExpression):
    """`1j`, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str


class Ellipsis(BaseExpression):
    """`...`."""

    __slots__ = ()


class SimpleString(BaseString):
    """A string with its prefix and quotes, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str

    @property
    def evaluated_value(self) -> str | bytes:
        """What the literal stands for."""
        value: str | bytes = ast.literal_eval(self.value)
        return value


class ConcatenatedString(BaseString):
    """Two strings that stand beside each other."""

    __match_args__ = ("left", "right")
    __slots__ = __match_args__
    left: SimpleString | FormattedString
    right: SimpleString | FormattedString | ConcatenatedString


class FormattedString(BaseString):
    """A string with expressions in it."""

    __match_args__ = ("parts", "start", "end")
    __slots__ = __match_args__
    parts: Sequence[BaseFormattedStringContent]
    start: str
    end: str


class FormattedStringText(BaseFormattedStringContent):
    """Text between the expressions of a string, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str


class FormattedStringExpression(BaseFormattedStringContent):
    """An expression in a string, and how it is shown."""

    __match_args__ = ("expression", "conversion", "format_spec")
    __slots__ = __match_args__
    expression: BaseExpression
    conversion: str | None
    format_spec: Sequence[BaseFormattedStringContent] | None


class TemplatedString(BaseString):
    """A string with expressions in it that is no string yet."""

    __match_args__ = ("parts", "start", "end")
    __slots__ = __match_args__
    parts: Sequence[BaseTemplatedStringContent]
    start: str
    end: str


class TemplatedStringText(BaseTemplatedStringContent):
    """Text between the expressions of such a string, as it is written."""

    __match_args__ = ("value",)
    __slots__ = __match_args__
    value: str


class TemplatedStringExpression(BaseTemplatedStringContent):
    """An expression in such a string, and how it is shown."""

    __match_args__ = ("expression", "conversion", "format_spec")
    __slots__ = __match_args__
    expression: BaseExpression
    conversion: str | None
    format_spec: Sequence[BaseTemplatedStringContent] | None
