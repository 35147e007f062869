"""What a spec names (a module, a class, a factory) -> a module; a large one without data."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from portlint.trace import hub
from portlint.trace.loaderror import LoadError

LARGE = 150_000_000
"""Parameters from which on a user's model is built again on the meta device, without memory."""

T = TypeVar("T")


class TooLarge(BaseException):
    """Ends a factory that is making more parameters than are needed to see what a model does."""


def sized(make: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """What `make` gives, built with data where that is small; a remark says so where it is not."""
    try:
        with no_more_than(LARGE):
            return make(), ()
    except TooLarge:
        pass
    try:
        with torch.device("meta"):
            return make(), ("built on the meta device, without data",)
    except (NotImplementedError, RuntimeError):
        return make(), ()


@contextlib.contextmanager
def no_more_than(limit: int) -> Iterator[None]:
    """Raise TooLarge where modules get more parameters than this."""
    count = 0

    def tally(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal count
        if isinstance(parameter, nn.Parameter) and not parameter.is_meta:
            count += 0 if nn.parameter.is_lazy(parameter) else parameter.numel()
            if count > limit:
                raise TooLarge

    handle = register_module_parameter_registration_hook(tally)
    try:
        yield
    finally:
        handle.remove()


def instance(value: Any, spec: str, dtype: torch.dtype | None) -> nn.Module:
    """The module that a value is or makes."""
    if not isinstance(value, nn.Module):
        if not callable(value):
            words = f"{spec} is {kind(value)}, no module, class or function that gives one"
            raise LoadError("no-model", words)
        if configured(value):
            value = hub.from_config(value, value.config_class(), dtype)
        else:
            value = made(value, spec)
    if not isinstance(value, nn.Module):
        raise LoadError("no-model", f"{spec} gives {kind(value)}, no nn.Module")
    return unwrapped(value)


def configured(value: Any) -> bool:
    """Whether a value is a class of transformers, which a config makes."""
    return isinstance(value, type) and bool(
        getattr(value, "config_class", None) and hasattr(value, "_from_config")
    )


def made(factory: Callable[..., Any], spec: str) -> Any:
    """What a factory returns; it must need no arguments."""
    try:
        parameters = tuple(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        parameters = ()
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
    ]
    if needed:
        words = (
            f"{spec} needs {', '.join(needed)}; write a function without arguments that returns "
            "the model, and name that"
        )
        raise LoadError("no-model", words)
    return factory()


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside torch.compile's and DataParallel's wrappers: they add no operators."""
    inner = getattr(module, "_orig_mod", None)
    if isinstance(module, nn.DataParallel):
        inner = module.module
    return unwrapped(inner) if isinstance(inner, nn.Module) else module


def kind(value: Any) -> str:
    """A value's type, as a word in a sentence."""
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
