"""A MODEL spec -> the module and inputs to call it with."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from portlint.record import Place
from portlint.trace import build, hub, synthesise
from portlint.trace.inputs import Inputs, cast, given, missing
from portlint.trace.loaderror import LoadError
from portlint.trace.outputs import every_tensor
from portlint.trace.protocol import Request
from portlint.trace.spec import Named, named

__all__ = ["LoadError", "Loaded", "load"]

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")


class Loaded(NamedTuple):
    """A model ready to run: `defined` is where its class is, `remarks` what was assumed.

    The module is in the mode the request asks for and returns a tuple of all tensors it made. A
    model too large to hold is on the meta device, and its inputs are too.
    """

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str
    defined: Place | None = None
    remarks: tuple[str, ...] = ()


def load(request: Request) -> Loaded:
    """The module and inputs of a request.

    Raises LoadError where the user has to say something else, and what their own code raises.
    """
    os.environ.update(dict.fromkeys(OFFLINE, "1"))
    sys.argv[:] = [request.spec]
    torch.manual_seed(0)
    here = Path(request.cwd or request.root)
    dtype = dtype_of(request.dtype)
    folder = hub.folder_of(request.spec, here)
    if folder:
        home = None
        module, remarks = hub.from_folder(folder, dtype, request.size)
    else:
        home, module, remarks = from_code(request, here, dtype)
    if dtype:
        convert(module, dtype)
    module.train(request.training)
    inputs, assumed = inputs_of(module, home, request)
    meta = any(tensor.is_meta for tensor in module.parameters())
    if meta:
        module.to("meta")
    inputs = cast(inputs, dtype, "meta" if meta else None)
    every_tensor(module)
    return Loaded(
        module,
        *inputs,
        name=request.spec.rpartition(":")[2] if home else type(module).__name__,
        defined=defined(module, home, folder),
        remarks=(*remarks, *assumed),
    )


def from_code(
    request: Request, here: Path, dtype: torch.dtype | None
) -> tuple[Named, nn.Module, tuple[str, ...]]:
    """The module that a user's file or package gives, and where it was found."""

    def make() -> tuple[Named, nn.Module]:
        found = named(request.spec, here, Path(request.root))
        return found, build.instance(found.value, request.spec, dtype)

    (home, module), remarks = build.sized(make)
    return home, module, remarks


def inputs_of(
    module: nn.Module, home: Named | None, request: Request
) -> tuple[Inputs, tuple[str, ...]]:
    """The inputs the user gives, or those a transformers model's signature and config determine."""
    name = request.inputs or "example_inputs"
    if ":" in name:
        home = named(name, Path(request.cwd or request.root), Path(request.root))
        return given(home.value, name, request)
    source = getattr(home.module, name, None) if home else None
    if source is not None:
        return given(source, name, request)
    if request.inputs:
        where = home.where if home else "a folder with a config.json"
        raise LoadError("missing-input", f"{where} has no {request.inputs}")
    if hub.is_transformers(module):
        hub.without_cache(module)
        return synthesise.inputs(module, request)
    if home and not inspect.signature(module.forward).parameters:
        return Inputs((), {}), ()
    raise LoadError("missing-input", missing(module, home.where if home else request.spec, name))


def convert(module: nn.Module, dtype: torch.dtype) -> None:
    """Floating-point weights in another dtype; `module.to` would take complex ones apart too."""

    def converted(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(dtype) if tensor.is_floating_point() else tensor

    module._apply(converted)  # type: ignore[no-untyped-call]


def dtype_of(name: str | None) -> torch.dtype | None:
    """The dtype of a flag: torch's name, or what people call it."""
    short = {"bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32"}
    found = getattr(torch, short.get(name, name), None) if name else None
    if name and not (isinstance(found, torch.dtype) and found.is_floating_point):
        raise LoadError("bad-input", f"{name} is no floating-point dtype of torch")
    return found


def defined(module: nn.Module, home: Named | None, folder: Path | None) -> Place | None:
    """Where the model's class is defined; of a generated class where its factory or config is."""
    values: list[Any] = [type(module), *([home.value] if home else [])]
    for value in values:
        try:
            path = inspect.getsourcefile(value)
            line = inspect.getsourcelines(value)[1]
        except (OSError, TypeError):
            continue
        if path:
            function = getattr(value, "__name__", "")
            return Place(path=str(Path(path).resolve()), line=max(line, 1), function=function)
    path = str(folder / "config.json") if folder else home and home.module.__file__
    return Place(path=str(Path(path).resolve()), line=1) if path else None
