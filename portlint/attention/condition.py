"""`head_dim>128`, `!causal`, `bias=alibi` -> whether the features of an attention fulfil it."""

from __future__ import annotations

import functools
import operator
import re
import typing
from typing import Any, NamedTuple

from portlint.attention.features import Features

WRITTEN = re.compile(r"(!?)(\w+)(?:%(\d+))?(?:(!=|>=|<=|=|>|<)([\w.-]+))?")
COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
OPEN = frozenset(
    "heads kv_heads head_dim causal scale dtype softmax_dtype query_length key_length".split()
)
"""Every attention has these: None is not known. Any other that is None is not there."""


class Condition(NamedTuple):
    """One condition as it is written: `feature`, `!feature`, or a comparison with `value`.

    `value` is a literal or another feature; `modulo` is the 128 of `query_length%128!=0`.
    """

    text: str
    feature: str
    negated: bool = False
    modulo: int = 0
    op: str = ""
    value: str = ""

    def holds(self, features: Features) -> bool | None:
        """Whether it is so; None where what it asks for is not known."""
        found: Any = getattr(features, self.feature)
        if found is None:
            return None if self.feature in OPEN else self.negated
        if not self.op:
            return bool(found) != self.negated
        other = _value(self.value, features)
        if other is None or isinstance(found, str) != isinstance(other, str):
            return None
        return bool(COMPARE[self.op](found % self.modulo if self.modulo else found, other))


def _value(text: str, features: Features) -> Any:
    if text in Features.__struct_fields__:
        return getattr(features, text)
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def condition(text: str) -> Condition:
    """Read one condition; ValueError says what is wrong with it."""
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no condition such as head_dim>128 or !causal")
    negated, feature, modulo, op, value = match.groups(default="")
    if feature not in Features.__struct_fields__:
        raise ValueError(f"{feature!r} is no feature of an attention")
    words = _words(feature)
    if words and value and value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(words)}")
    return Condition(text, feature, bool(negated), int(modulo or 0), op, value)


@functools.cache
def _words(feature: str) -> tuple[str, ...]:
    """The words a feature can be, where it is one of several words."""
    hint = typing.get_type_hints(Features)[feature]
    parts = [part for part in typing.get_args(hint) if typing.get_origin(part) is typing.Literal]
    return tuple(word for part in parts for word in typing.get_args(part))
