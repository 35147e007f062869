"""A value -> bytes -> the same value to the last digit: what decoding would change is noted beside.

A field of type float may hold a whole number, which JSON shows as `0`; decoded it would be `0.0`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from portlint.model import Frozen

T = TypeVar("T")
Path = tuple[str | int, ...]


class Packed(Frozen, frozen=True, kw_only=True):
    """An encoded value, and the places of whole numbers in it that decoding makes others."""

    data: bytes
    whole: list[tuple[Path, int]]


def pack(value: Any) -> bytes:
    """Bytes that `unpack` makes the value of. Raises ValueError where it could not."""
    data = msgspec.msgpack.encode(value)
    read = msgspec.msgpack.decode(data, type=type(value))
    packed = Packed(data=data, whole=list(_changed(value, read, ())))
    return msgspec.msgpack.encode(packed)


def unpack(data: bytes, kind: type[T]) -> T:
    """The value. Raises one of `portlint.cache.archive.TORN` for bytes that are none of ours."""
    packed = msgspec.msgpack.decode(data, type=Packed)
    value = msgspec.msgpack.decode(packed.data, type=kind)
    for path, number in packed.whole:
        value = _with(value, path, number)
    return value


def _changed(value: Any, read: Any, path: Path) -> Iterator[tuple[Path, int]]:
    if msgspec.json.encode(value) == msgspec.json.encode(read):
        return
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _changed(getattr(value, name), getattr(read, name), (*path, name))
    elif isinstance(value, dict) and list(value) == list(read):
        for key in value:
            yield from _changed(value[key], read[key], (*path, key))
    elif isinstance(value, tuple | list) and len(value) == len(read):
        for number, (one, other) in enumerate(zip(value, read, strict=True)):
            yield from _changed(one, other, (*path, number))
    elif isinstance(value, int) and isinstance(read, float) and value == read:
        yield path, value
    else:
        raise ValueError(f"{path}: {value!r} would become {read!r}")


def _with(value: Any, path: Path, number: int) -> Any:
    """The value with a number in the place that a path leads to."""
    if not path:
        if not isinstance(value, float):
            raise TypeError("no number in this place")
        return number
    first, rest = path[0], path[1:]
    if isinstance(value, msgspec.Struct):
        inner = _with(getattr(value, str(first)), rest, number)
        return msgspec.structs.replace(value, **{str(first): inner})
    if isinstance(value, dict):
        return {**value, first: _with(value[first], rest, number)}
    items = list(value)
    items[int(first)] = _with(items[int(first)], rest, number)
    return type(value)(items)
