"""An exported program -> a file without its weights, for the oracle to walk."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram

SMALL = 16
"""Elements of a constant that is kept: an index, a scale."""


def save(program: ExportedProgram, path: Path) -> None:
    """Write it; shapes and dtypes are all that is kept of parameters, buffers and inputs."""
    light = copy.copy(program)
    weights = {name: _hollow(tensor) for name, tensor in program.state_dict.items()}
    constants = {name: _small(value) for name, value in program.constants.items()}
    light._state_dict, light._constants = weights, constants
    light._example_inputs = None
    torch.export.save(light, path)


def _hollow(tensor: torch.Tensor) -> torch.Tensor:
    empty = tensor.detach().to("meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(empty, tensor.requires_grad)
    return empty


def _small(value: Any) -> Any:
    large = isinstance(value, torch.Tensor) and value.numel() > SMALL
    return value.to("meta") if large else value
