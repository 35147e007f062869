"""torch's values (tensors, symbols, literals) -> the plain ones a record holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from portlint.record import Origin, Tensor

Given = Callable[[Any], "list[Tensor] | None"]
"""The records of a leaf that is a tensor; None for what is none."""


def size(value: Any) -> int | str:
    """A dimension: a number, or the symbol's text."""
    if isinstance(value, int):
        return value
    expr = value.node.expr
    return int(expr) if expr.is_number else str(expr)


def tensor(
    value: Any, origin: Origin, name: str = "", source: int | None = None, part: int = 0
) -> Tensor:
    """The record of a tensor."""
    shape = tuple(size(s) for s in value.shape)
    dtype = str(value.dtype).removeprefix("torch.")
    return Tensor(shape=shape, dtype=dtype, origin=origin, name=name, source=source, part=part)


def literal(value: Any) -> Any:
    """Anything that is no tensor, as text, number or list."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.fx.Node):
        return literal(value.meta.get("val"))
    if isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool):
        return str(value.node.expr)
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    if isinstance(value, complex):
        return str(value)
    return str(value).removeprefix("torch.")[:200]


class Arguments(NamedTuple):
    """The tensors of a call with the argument each is, and the literals by their names.

    An element of a list is `indices.1`; what stands at no number of it is None.
    """

    tensors: list[Tensor]
    names: list[str]
    literals: dict[str, Any]


def arguments(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Given) -> Arguments:
    """What a call is given, by the names in the operator's schema."""
    found = Arguments([], [], {})
    for name, value in dict(_named(func, args, kwargs)).items():
        tensors = list(_tensors(value, given, name))
        found.tensors.extend(tensor for _, tensor in tensors)
        found.names.extend(path for path, _ in tensors)
        if not tensors and value is not None:
            found.literals[name] = literal(value)
    return found


def _named(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    if not isinstance(func, torch._ops.OpOverload):
        return [*((str(n), value) for n, value in enumerate(args)), *kwargs.items()]
    found = []
    for argument, value in zip(func._schema.arguments, args, strict=False):
        found.append((argument.name, value))
    for argument in func._schema.arguments[len(args) :]:
        if argument.name in kwargs:
            found.append((argument.name, kwargs[argument.name]))
        elif argument.has_default_value():
            found.append((argument.name, argument.default_value))
    return found


def _tensors(value: Any, given: Given, path: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, list | tuple | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _tensors(item, given, f"{path}.{key}")
        return
    found = given(value) or []
    for number, tensor in enumerate(found):
        yield (path if len(found) == 1 else f"{path}.{number}"), tensor


def derived(inputs: list[Tensor]) -> tuple[Origin, str]:
    """What a result is made of: of parameters only, it still is a parameter to a compiler."""
    origins = {t.origin for t in inputs}
    if origins & {"activation", "input"}:
        return "activation", ""
    for origin in ("parameter", "buffer"):
        if origin in origins:
            return origin, next(t.name for t in inputs if t.origin == origin)
    return "constant", ""


def op_name(func: Any) -> str:
    """The name of op and overload; of a higher-order op, of any other function."""
    if isinstance(func, torch._ops.OpOverload):
        return str(func)
    if isinstance(func, torch._ops.HigherOrderOperator):
        return f"higher_order.{func._name}"
    return f"{getattr(func, '__module__', '')}.{getattr(func, '__name__', func)}".strip(".")
