"""A transformers model's forward signature and config -> inputs to trace it with."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from portlint.trace.inputs import Inputs
from portlint.trace.labels import labels
from portlint.trace.makers import MAKERS, grid
from portlint.trace.outputs import tensors
from portlint.trace.protocol import Request
from portlint.trace.sizes import Sizes

MODALITIES = ("input_ids", "pixel_values", "input_values", "input_features", "bbox")
"""What is made wherever forward takes it: a model of several modalities is traced with all."""
WITH = {
    "attention_mask": ("input_ids", "inputs_embeds", "states"),
    "decoder_input_ids": ("input_ids", "pixel_values", "input_values", "input_features"),
    "image_grid_thw": ("pixel_values",),
    "spatial_shapes": ("pixel_values",),
    "mm_token_type_ids": ("image_grid_thw",),
    "actions": ("states",),
    "rewards": ("states",),
    "returns_to_go": ("states",),
    "timesteps": ("states",),
    "past_observed_mask": ("past_values",),
    "past_time_features": ("past_values",),
    "future_time_features": ("past_values",),
}
"""What is made beside one of these others."""


def inputs(module: nn.Module, request: Request) -> tuple[Inputs, tuple[str, ...]]:
    """Keyword arguments for a model of transformers, and a remark that says what they are."""
    sizes = Sizes(module, request)
    names = wanted(sizes)
    made: dict[str, Any] = {}
    for name in names:
        if name not in MAKERS:
            raise sizes.undetermined(name)
        made[name] = MAKERS[name](sizes)
    if "input_ids" in made and "pixel_values" in made:
        made |= with_images(sizes, made)
    if request.training:
        made |= labels(sizes, made)
    shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in made.items())
    return Inputs((), made), (f"inputs were made up from the config: {shapes}",)


def wanted(sizes: Sizes) -> list[str]:
    """The parameters of forward to make: required ones, modalities and what goes with them."""
    parameters = sizes.parameters
    main = sizes.module.main_input_name
    required = {
        name
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    }
    chosen = {name for name in (*MODALITIES, main) if name in parameters} | required
    if main in {"input_features", "input_values", "pixel_values"} and not multimodal(sizes):
        chosen -= {"input_ids"} - required
    for name, beside in WITH.items():
        if name in parameters and chosen & set(beside):
            if name == "decoder_input_ids" and not sizes.config.is_encoder_decoder:
                continue
            chosen.add(name)
    return [name for name in parameters if name in chosen]


def multimodal(sizes: Sizes) -> bool:
    """Whether a config has a part for text: its model takes tokens beside the rest."""
    return sizes.text is not sizes.config


def with_images(sizes: Sizes, made: dict[str, Any]) -> dict[str, Any]:
    """Tokens among which each image has its place: as many as the model makes of an image.

    They and the text together are as long as the text alone would be, if eight tokens are left.
    """
    config = sizes.config
    token = next(
        (
            t
            for name in ("image_token_id", "image_token_index")
            if (t := getattr(config, name, None)) is not None
        ),
        None,
    )
    if token is None or not hasattr(sizes.module, "get_image_features"):
        return {}
    count = image_tokens(sizes, made)
    ids: Tensor = made["input_ids"]
    ids[ids == token] = token - 1 if token else 1
    placed = torch.full((sizes.batch, count), token)
    rest = max(sizes.length - count, 8)
    ids = torch.cat((ids[:, :1], placed, ids[:, 1 : rest - 1], ids[:, -1:]), dim=1)
    changed: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    for name in ("token_type_ids", "mm_token_type_ids"):
        if name in made:
            changed[name] = (ids == token).long()
    return {name: value for name, value in changed.items() if name in sizes.parameters}


def image_tokens(sizes: Sizes, made: dict[str, Any]) -> int:
    """How many tokens an image becomes: told by its grid, or by the model itself."""
    if "image_grid_thw" in made:
        return grid(sizes) ** 2 // sizes.of(sizes.vision, "spatial_merge_size", default=1) ** 2
    device = next(sizes.module.parameters()).device
    features_of: Any = sizes.module.get_image_features
    parameters = inspect.signature(features_of).parameters
    arguments = {
        name: value.to(device) if isinstance(value, Tensor) else value
        for name, value in made.items()
        if name in parameters and name not in {"input_ids", "attention_mask"}
    }
    with torch.no_grad():
        given = features_of(**arguments)
    features = getattr(given, "pooler_output", None)
    parts = list(tensors(given if features is None else features))
    if features is None:
        parts = parts[:1]
    return sum(part.shape[:-1].numel() for part in parts) // sizes.batch
