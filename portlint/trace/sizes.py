"""A transformers model, its config and what the user asked for -> the sizes of its inputs."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from portlint.trace.hub import is_transformers
from portlint.trace.loaderror import LoadError
from portlint.trace.protocol import Request

POSITIONS = ("max_position_embeddings", "max_target_positions", "n_positions", "max_seq_len")
LENGTH = 128
IMAGE = 224
"""Tokens, and pixels a side, where neither the user nor the config says."""


def positions(module: nn.Module) -> int | None:
    """How many tokens a model of transformers is made for, as its config says."""
    if not is_transformers(module):
        return None
    config: Any = module.config
    seq2seq = bool(getattr(config, "is_encoder_decoder", False))
    text = config.get_text_config(**({"decoder": True} if seq2seq else {}))
    found = (getattr(part, name, None) for part in (text, config) for name in POSITIONS)
    return next((n for n in found if isinstance(n, int) and n > 0), None)


class Sizes:
    """What makers of inputs ask: sub-configs, dimensions, and random tensors of them."""

    def __init__(self, module: nn.Module, request: Request) -> None:
        self.module = module
        self.parameters = inspect.signature(module.forward).parameters
        self.config: Any = module.config
        self.text = self.part("text")
        self.vision = self.part("vision")
        self.audio = self.part("audio")
        self.batch = request.batch or (2 if request.training else 1)
        self.length = request.seq_len or self.natural_length()
        self.training = request.training
        floating = (p.dtype for p in module.parameters() if p.is_floating_point())
        self.dtype = next(floating, torch.float32)
        self.random = torch.Generator().manual_seed(0)

    def part(self, name: str) -> Any:
        """The sub-config of a modality, or the whole config."""
        if name == "text":
            seq2seq = bool(getattr(self.config, "is_encoder_decoder", False))
            return self.config.get_text_config(**({"decoder": True} if seq2seq else {}))
        names = {"vision": ("vision_config", "encoder"), "audio": ("audio_config", "encoder")}[name]
        found = (getattr(self.config, n, None) for n in names)
        return next((f for f in found if hasattr(f, "to_dict")), self.config)

    def of(self, config: Any, *names: str, default: int | None = None) -> int:
        """The first of these settings that a config has; of a pair the first."""
        for name in names:
            value = getattr(config, name, None)
            if isinstance(value, (list, tuple)) and value:
                value = value[0]
            if isinstance(value, dict):
                value = value.get("height")
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        if default is None:
            raise self.undetermined(names[0])
        return default

    def undetermined(self, name: str) -> LoadError:
        """What to say where an input cannot be made."""
        words = (
            f"forward of {type(self.module).__name__} needs {name}, which its config does not "
            "determine; write a factory with example_inputs() beside it"
        )
        return LoadError("missing-input", words)

    def natural_length(self) -> int:
        """128 tokens, or as many as there are positions."""
        positions = [
            self.of(config, *POSITIONS, default=LENGTH) - self.offset()
            for config in (self.text, self.config)
        ]
        return max(min(LENGTH, *positions), 1)

    def offset(self) -> int:
        """Positions that are never used: those up to the padding token's, where it has one."""
        tables = (
            child.padding_idx
            for name, child in self.module.named_modules()
            if name.endswith("position_embeddings") and isinstance(child, nn.Embedding)
        )
        return max((index + 1 for index in tables if index is not None), default=0)

    def integers(self, *shape: int, below: int) -> Tensor:
        """Random integers."""
        return torch.randint(0, max(below, 1), shape, generator=self.random)

    def floats(self, *shape: int) -> Tensor:
        """Random floats in the model's dtype."""
        return torch.randn(shape, generator=self.random).to(self.dtype)

    @property
    def image(self) -> tuple[int, int]:
        """Height and width of an image."""
        value = getattr(self.vision, "image_size", None)
        if isinstance(value, (list, tuple)) and len(value) == 2:
            return int(value[0]), int(value[1])
        side = self.of(self.vision, "image_size", "input_size", default=IMAGE)
        return side, side

    @property
    def channels(self) -> int:
        """Colours of an image."""
        return self.of(
            self.vision, "num_channels", "in_channels", "in_chans", "num_input_channels", default=3
        )
