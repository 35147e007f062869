"""A model on the meta device -> the same on the CPU, still without data, while it is exported.

Code that makes a tensor without naming a device (`torch.arange(n)`) makes it on the CPU; meta
weights cannot meet it, weights that claim to be on the CPU can.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.utils import _pytree as pytree

from portlint.trace.load import Loaded


@contextlib.contextmanager
def on_the_cpu(loaded: Loaded) -> Iterator[Loaded]:
    """What was loaded, with fake CPU tensors in place of meta tensors as long as this lasts."""
    if not any(tensor.is_meta for tensor in loaded.module.parameters()):
        yield loaded
        return
    fake = faker()
    inputs = pytree.tree_map_only(Tensor, fake, (loaded.args, loaded.kwargs))
    kept = list(holders(loaded.module))
    made: dict[Tensor, Tensor] = {}
    try:
        for held, tensors in kept:
            for name, tensor in tensors.items():
                if tensor not in made:
                    made[tensor] = fake(tensor)
                held[name] = made[tensor]
        yield loaded._replace(args=inputs[0], kwargs=inputs[1])
    finally:
        for held, tensors in kept:
            held.update(tensors)


def holders(module: nn.Module) -> Iterator[tuple[dict[str, Any], dict[str, Tensor]]]:
    """The dictionaries in which modules keep parameters and buffers, and what is in them now."""
    for part in module.modules():
        for held in (part._parameters, part._buffers):
            yield held, {name: tensor for name, tensor in held.items() if tensor is not None}


def faker() -> Callable[[Tensor], Tensor]:
    """What makes a tensor without data on the CPU, as one mode for a whole model."""
    mode = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)

    def fake(tensor: Tensor) -> Tensor:
        with mode:
            empty = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
        if isinstance(tensor, nn.Parameter):
            return nn.Parameter(empty, requires_grad=tensor.requires_grad)
        return empty

    return fake
