"""Calls that ask for CUDA where there is none -> the CPU (or meta), each noted with its line."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from portlint.trace import shims
from portlint.trace.log import Log
from portlint.trace.places import TORCH

CUDA = re.compile(r"cuda(:\d+)?")
Tensor = torch.Tensor
READS = {
    Tensor.item: "item",
    Tensor.tolist: "tolist",
    Tensor.numpy: "numpy",
    Tensor.__bool__: "bool",
    Tensor.__int__: "int",
    Tensor.__float__: "float",
    Tensor.__index__: "index",
    Tensor.__complex__: "complex",
    Tensor.__array__: "numpy",
    Tensor.__contains__: "in",
    Tensor.is_nonzero: "is_nonzero",
    torch.is_nonzero: "is_nonzero",
    Tensor.equal: "equal",
    torch.equal: "equal",
    Tensor.allclose: "allclose",
    torch.allclose: "allclose",
}
"""Functions through which Python takes a value from a tensor; on an accelerator it waits there."""


def is_cuda(value: Any) -> bool:
    """Whether an argument names a CUDA device."""
    if isinstance(value, torch.device):
        return value.type == "cuda"
    return isinstance(value, str) and bool(CUDA.fullmatch(value))


def qualified(function: Any) -> str:
    """The dotted name of a torch function, as users write it."""
    name = getattr(function, "__name__", str(function))
    if getattr(Tensor, name, None) is function:
        return f"torch.Tensor.{name}"
    return f"torch.{name}" if getattr(torch, name, None) is function else name


class Redirect(TorchFunctionMode):
    """Sees every torch function the model calls."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Move what asks for CUDA, note what reads a value, and call."""
        kwargs = dict(kwargs or {})
        if func in READS and args and isinstance(args[0], Tensor):
            self.log.read(asked(READS[func]), described(args[0]))
        if func in (Tensor.cuda, Tensor.pin_memory):
            self.log.redirected(qualified(func))
            return args[0]
        if func is Tensor.to and len(args) > 1 and type(args[1]) is int:
            args = (args[0], torch.device("cuda", args[1]), *args[2:])
        if type(kwargs.get("device")) is int:
            kwargs["device"] = torch.device("cuda", kwargs["device"])
        if kwargs.pop("pin_memory", False):
            self.log.redirected(f"{qualified(func)}(pin_memory=True)")
        wanted = [a for a in (*args[1:], *kwargs.values(), *args[:1]) if is_cuda(a)]
        if wanted:
            self.log.redirected(qualified(func), f"device {wanted[0]}")
            meta = bool(args) and isinstance(args[0], Tensor) and args[0].is_meta
            to = torch.device("meta" if meta else "cpu")
            args = tuple(to if is_cuda(a) else a for a in args)
            kwargs = {k: to if is_cuda(v) else v for k, v in kwargs.items()}
        if func is Tensor.type and len(args) > 1 and isinstance(args[1], str):
            args = (args[0], self._type(args[1]), *args[2:])
        return func(*args, **kwargs)

    def _type(self, name: str) -> str:
        if "cuda." in name:
            self.log.redirected("torch.Tensor.type", name)
        return name.replace("cuda.", "")


def asked(what: str) -> str:
    """What the user called: fake tensors make a list of many items."""
    frame: Any = sys._getframe(2)
    while what == "item" and frame is not None and frame.f_code.co_filename.startswith(TORCH):
        if frame.f_code.co_name == "tolist":
            return "tolist"
        frame = frame.f_back
    return what


def described(tensor: torch.Tensor) -> str:
    """What is read, in words."""
    size = ", ".join(str(s) for s in tensor.shape)
    return f"{str(tensor.dtype).removeprefix('torch.')}[{size}]"


FACTORIES = (
    "arange empty eye full linspace logspace ones rand randint randn randperm tensor zeros"
    " as_tensor zeros_like ones_like empty_like full_like rand_like randn_like"
).split()


@contextlib.contextmanager
def direct(log: Log) -> Iterator[None]:
    """What the mode does, as plain functions: for compilers that would trace the mode itself."""
    with contextlib.ExitStack() as stack:
        for owner, name, value in _direct():
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


def _direct() -> Iterator[tuple[Any, str, Any]]:
    def moving(function: Any) -> Any:
        def moved(*args: Any, **kwargs: Any) -> Any:
            args = tuple("cpu" if is_cuda(a) else a for a in args)
            return function(*args, **{k: "cpu" if is_cuda(v) else v for k, v in kwargs.items()})

        return moved

    yield Tensor, "cuda", lambda self, *args, **kwargs: self
    yield Tensor, "pin_memory", lambda self, *args, **kwargs: self
    yield Tensor, "to", moving(Tensor.to)
    for name in FACTORIES:
        yield torch, name, moving(getattr(torch, name))


@contextlib.contextmanager
def redirected(log: Log) -> Iterator[Redirect]:
    """Everything that runs in here finds a CPU where it asks for CUDA."""
    with contextlib.ExitStack() as stack:
        for owner, name, value in (*shims.cuda(log), *_modules(log), *_casts(log)):
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield stack.enter_context(Redirect(log))


def _modules(log: Log) -> Iterator[tuple[Any, str, Any]]:
    """nn.Module.cuda and .to: one event for a module, not one for each of its parameters."""
    move = nn.Module.to

    def cuda(self: nn.Module, device: Any = None) -> nn.Module:
        log.redirected("torch.nn.Module.cuda")
        return self

    def to(self: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
        given = (*args, *kwargs.values())
        if any(is_cuda(a) or type(a) is int for a in given):
            log.redirected("torch.nn.Module.to", "device cuda")
            args = tuple(a for a in args if not is_cuda(a) and type(a) is not int)
            kwargs = {k: v for k, v in kwargs.items() if not is_cuda(v) and type(v) is not int}
            if not any(isinstance(a, torch.dtype | Tensor) for a in (*args, *kwargs.values())):
                return self
        return move(self, *args, **kwargs)

    yield nn.Module, "cuda", cuda
    yield nn.Module, "to", to


def _casts(log: Log) -> Iterator[tuple[Any, str, Any]]:
    """autocast('cuda') does nothing without CUDA: cast on the CPU as it would have been."""
    start = torch.amp.autocast_mode.autocast.__init__
    load = torch.load

    def autocast(self: Any, device_type: str, dtype: Any = None, *args: Any, **kwargs: Any) -> None:
        if is_cuda(device_type):
            dtype = dtype or torch.get_autocast_dtype("cuda")
            log.redirected("torch.autocast", f"autocast to {str(dtype).removeprefix('torch.')}")
            device_type = "cpu"
        start(self, device_type, dtype, *args, **kwargs)

    def loaded(f: Any, map_location: Any = "cpu", *args: Any, **kwargs: Any) -> Any:
        if is_cuda(map_location):
            log.redirected("torch.load", f"map_location {map_location}")
        return load(f, "cpu" if is_cuda(map_location) else map_location, *args, **kwargs)

    yield torch.amp.autocast_mode.autocast, "__init__", autocast
    yield torch, "load", loaded
