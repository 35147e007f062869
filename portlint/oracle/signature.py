"""An op record -> the call that the oracle is asked about, or why it cannot be asked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from portlint.graph.dispatch import HOST_ONLY
from portlint.oracle.protocol import Query
from portlint.oracle.sizes import SYMBOL, number
from portlint.record import Op, Tensor

DEFAULTS = frozenset(["layout", "memory_format", "pin_memory"])
"""Arguments that say how the host keeps a tensor: lazy tensors are asked without them."""


FILLS = ("aten.fill.Tensor", "aten.fill_.Tensor")
"""What a number written in the program is handed to as it is, a tensor of the host."""
HOST_KERNEL = "a kernel of the host's own: a device runs other operators in its place"


class Asked(NamedTuple):
    """The distinct calls of some ops, which of them each op is, and why the others are none."""

    calls: list[Query]
    of: dict[int, int]
    reasons: dict[int, str]


class Unaskable(Exception):
    """Why an op cannot be asked about, in a few words."""


def asked(ops: Iterable[Op]) -> Asked:
    """The distinct calls of the ops; equal layers ask once."""
    found = Asked([], {}, {})
    numbers: dict[bytes, int] = {}
    for op in ops:
        try:
            one = call(op)
        except Unaskable as reason:
            found.reasons[op.id] = str(reason)
            continue
        key = msgspec.json.encode(one, order="sorted")
        if key not in numbers:
            numbers[key] = len(found.calls)
            found.calls.append(one)
        found.of[op.id] = numbers[key]
    return found


def call(op: Op) -> Query:
    """The call of one op, on tensors of the shapes and dtypes it was traced with."""
    if HOST_ONLY.search(op.name):
        raise Unaskable(HOST_KERNEL)
    if op.stub:
        raise Unaskable(f"stands for {op.stub}, of a library that is not there")
    if op.name.startswith("higher_order."):
        raise Unaskable("calls graphs, which are asked about one by one")
    if not op.name.startswith("aten.") or op.name.count(".") != 2:
        raise Unaskable("is no operator of ATen")
    if len(op.arguments) != len(op.inputs):
        raise Unaskable("the record does not say which argument is which")
    kwargs: dict[str, Any] = {}
    for name, value in op.literals.items():
        if name == "generator":
            kwargs[name] = {"generator": 0}
        elif name not in DEFAULTS:
            kwargs[name] = _literal(name, value)
    for path, tensor in zip(op.arguments, op.inputs, strict=True):
        stays = op.name.startswith(FILLS) and path == "value" and tensor.origin == "constant"
        _place(kwargs, path, _tensor(tensor) | ({"host": True} if stays else {}))
    return Query(op=op.name, kwargs=kwargs)


def _place(kwargs: dict[str, Any], path: str, value: dict[str, Any]) -> None:
    """`indices.1` is the second of a list whose first, if not given, is None."""
    name, _, number = path.partition(".")
    if not number:
        kwargs[name] = value
        return
    if not number.isdigit():
        raise Unaskable("takes a tensor inside a nested value")
    items = kwargs.setdefault(name, [])
    items.extend([None] * (int(number) + 1 - len(items)))
    items[int(number)] = value


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"t": [_size(size) for size in tensor.shape], "d": tensor.dtype}


def _literal(name: str, value: Any) -> Any:
    if isinstance(value, str):
        if name.endswith("dtype"):
            return {"dtype": value}
        if name == "device":
            return {"device": ""}
        if value.startswith("FakeTensor("):
            raise Unaskable("takes a tensor that the record holds no shape of")
        return _size(value) if SYMBOL.search(value) else _text(value)
    if isinstance(value, list | tuple):
        return [_literal(name, item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _text(value: str) -> Any:
    """A complex number is written as text; every other text is one."""
    if not value.endswith(("j", "j)")):
        return value
    try:
        number = complex(value)
    except ValueError:
        return value
    return {"complex": [number.real, number.imag]}


def _size(size: int | str) -> int:
    """A size as a number; an expression of symbols with each taken for the same number."""
    if isinstance(size, int):
        return size
    try:
        return number(size)
    except ValueError:
        raise Unaskable(f"has a size that cannot be computed: {size}") from None
