"""Arguments as JSON -> values on the lazy device: tensors are zeros that nothing has computed."""

import contextlib
import math
from typing import Any

import torch
import torch_xla
from torch.utils import _pytree as pytree

from .hlo import INPUT

BACKEND = torch_xla._XLAC
DEVICE = torch_xla.device()
NAMED = ("dtype", "layout", "memory_format")


def value(given: Any) -> Any:
    """One argument.

    {"t": shape, "d": dtype} is a tensor, with "host" one that stays there; {"dtype": "int64"},
    {"layout": …} and {"memory_format": …} are torch's; {"device": …} is the lazy one whatever it
    says; {"float": "inf"} and {"complex": [1, 2]} are what JSON has no number for; {"generator":
    seed} is one of the host.
    """
    if isinstance(given, list):
        return [value(item) for item in given]
    if not isinstance(given, dict):
        return given
    if "t" in given:
        dtype = getattr(torch, given["d"])
        return torch.zeros(given["t"], dtype=dtype) if "host" in given else zeros(given["t"], dtype)
    for name in NAMED:
        if name in given:
            return getattr(torch, given[name])
    if "device" in given:
        return DEVICE
    if "float" in given:
        return float(given["float"])
    if "complex" in given:
        return complex(*given["complex"])
    if "generator" in given:
        return torch.Generator().manual_seed(given["generator"])
    raise ValueError(f"an argument that is nothing known: {given}")


def zeros(shape: Any, dtype: torch.dtype) -> torch.Tensor:
    """A lazy tensor whose own operations carry the mark of an input."""
    tensor = torch.zeros(shape, dtype=dtype, device=DEVICE)
    mark(tensor, INPUT)
    return tensor


def mark(tensor: torch.Tensor, name: str) -> None:
    """Let the HLO of what made this tensor carry a name, if it is not data already."""
    with contextlib.suppress(RuntimeError):
        BACKEND._set_xla_custom_op_name_prefix(tensor, f"@{name}@", 1)


def lazy(values: Any) -> list[torch.Tensor]:
    """The tensors of the lazy device among results."""
    leaves = pytree.tree_leaves(values)
    return [x for x in leaves if isinstance(x, torch.Tensor) and x.device.type == "xla"]


def size(values: Any) -> int:
    """Bytes that the tensors among some values would take if they were computed."""
    leaves = [x for x in pytree.tree_leaves(values) if isinstance(x, torch.Tensor)]
    return sum(math.prod(x.shape) * x.element_size() for x in leaves)
