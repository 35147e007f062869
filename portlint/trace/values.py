"""torch's values (tensors, symbols, literals) -> the plain ones a record holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def arguments(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Given
) -> tuple[list[Tensor], dict[str, Any]]:
    """The tensors and the literals of a call, the latter by their names in the schema."""
    named = dict(_named(func, args, kwargs))
    tensors: list[Tensor] = []
    literals: dict[str, Any] = {}
    for name, value in named.items():
        found = _tensors(value, given)
        tensors += found
        if not found and value is not None:
            literals[name] = literal(value)
    return tensors, literals


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


def _tensors(value: Any, given: Given) -> list[Tensor]:
    if isinstance(value, list | tuple):
        return [t for item in value for t in _tensors(item, given)]
    if isinstance(value, dict):
        return [t for item in value.values() for t in _tensors(item, given)]
    return given(value) or []


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
