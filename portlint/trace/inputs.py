"""What the user gives as example inputs -> arguments of forward; or what is missing, in words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils import _pytree as pytree

from portlint.trace.loaderror import LoadError
from portlint.trace.protocol import Request

BATCH = ("batch", "batch_size")
LENGTH = ("seq_len", "sequence_length", "seq_length", "length")
"""The names an inputs function may give to the sizes that `--batch` and `--seq-len` set."""
FORMS = "a tensor, a tuple of arguments, a dict of keyword arguments, or (arguments, keywords)"


class Inputs(NamedTuple):
    """How to call a module: `module(*args, **kwargs)`."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def given(source: Any, name: str, request: Request) -> tuple[Inputs, tuple[str, ...]]:
    """The inputs of what the user wrote: a function that returns them, or the value itself.

    A size the user asked for is given to a parameter of that name: which dimension it is, only the
    function knows. A remark says where there is none.
    """
    wanted = {"--batch": (BATCH, request.batch), "--seq-len": (LENGTH, request.seq_len)}
    call = inspect.isroutine(source)
    parameters = inspect.signature(source).parameters if call else {}
    chosen: dict[str, int] = {}
    remarks = []
    for flag, (names, size) in wanted.items():
        parameter = next((n for n in names if n in parameters), None)
        if size is not None and parameter is not None:
            chosen[parameter] = size
        elif size is not None:
            remarks.append(f"{flag} changes nothing: {name} has no parameter {names[0]}")
    return arranged(source(**chosen) if call else source, f"{name}()" if call else name), tuple(
        remarks
    )


def arranged(value: Any, name: str) -> Inputs:
    """Positional and keyword arguments of what an inputs function returned."""
    match value:
        case torch.Tensor():
            return Inputs((value,), {})
        case (tuple() as args, Mapping() as kwargs) if named_by_text(kwargs):
            return Inputs(args, dict(kwargs))
        case Mapping() if named_by_text(value):
            return Inputs((), dict(value))
        case tuple() if type(value) is tuple:
            return Inputs(value, {})
    raise LoadError("bad-input", f"{name} gives {type(value).__name__}; it may be {FORMS}")


def named_by_text(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping can hold keyword arguments."""
    return all(isinstance(key, str) for key in value)


def cast(inputs: Inputs, dtype: torch.dtype | None, device: str | None) -> Inputs:
    """Floating-point inputs in another dtype and all inputs on another device, where asked for."""

    def moved(tensor: torch.Tensor) -> torch.Tensor:
        floating = dtype if tensor.is_floating_point() else None
        return tensor.to(device=device or tensor.device, dtype=floating or tensor.dtype)

    return Inputs(*pytree.tree_map_only(torch.Tensor, moved, tuple(inputs)))


def missing(module: nn.Module, where: str, name: str) -> str:
    """Which inputs forward wants, and what the first layer tells about them."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    wanted = [p.name for p in parameters if p.default is p.empty and p.kind <= p.KEYWORD_ONLY]
    text = f"{where} has no {name}(), and forward({', '.join(wanted)}) needs inputs"
    first = layer(module)
    return f"{text}: {first}" if first else text


def layer(module: nn.Module) -> str:
    """What the first layer with a known shape takes, as a phrase; "" where there is none."""
    for path, child in module.named_modules():
        at = f"the first layer, {path or 'the module itself'}, takes"
        match child:
            case nn.Embedding():
                return f"{at} integers below {child.num_embeddings}"
            case nn.Linear():
                return f"{at} floats of shape [..., {child.in_features}]"
            case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
                sizes = ("length", "height, width", "depth, height, width")
                return (
                    f"{at} floats [batch, {child.in_channels}, {sizes[len(child.kernel_size) - 1]}]"
                )
            case nn.LSTM() | nn.GRU() | nn.RNN():
                return f"{at} floats of shape [..., {child.input_size}]"
    return ""
