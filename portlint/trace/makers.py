"""The name of a parameter of forward -> the tensor that a transformers model takes under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from portlint.trace.sizes import Sizes

SECOND = 16_000
"""Audio samples: one second at the usual rate."""
MANY_IMAGES = ("idefics2", "idefics3", "smolvlm")
"""Types of models whose images have a dimension of their own: several in one prompt."""


def input_ids(sizes: Sizes) -> Tensor:
    """Token ids; the last is the end of the sequence, which some classifiers look for."""
    vocabulary = sizes.of(sizes.text, "vocab_size")
    ids = sizes.integers(sizes.batch, sizes.length, below=vocabulary)
    end = getattr(sizes.text, "eos_token_id", None)
    if isinstance(end, int) and end < vocabulary:
        ids[ids == end] = end - 1 if end else 1
        ids[:, -1] = end
    return ids


def ones(sizes: Sizes) -> Tensor:
    """A mask that hides nothing."""
    return torch.ones(sizes.batch, sizes.length, dtype=torch.int64)


def zeros(sizes: Sizes) -> Tensor:
    """Types of tokens: all of the first kind."""
    return torch.zeros(sizes.batch, sizes.length, dtype=torch.int64)


def boxes(sizes: Sizes) -> Tensor:
    """Places of tokens on a page: corners between 0 and 1000, the second below the first."""
    corner = sizes.integers(sizes.batch, sizes.length, 2, below=500)
    return torch.cat((corner, corner + 200), dim=-1)


def pixel_values(sizes: Sizes) -> Tensor:
    """Images, videos (with frames) or patches, as the config's settings tell."""
    vision, (height, width) = sizes.vision, sizes.image
    if "image_grid_thw" in sizes.parameters or "grid_thw" in sizes.parameters:
        side = sizes.of(vision, "patch_size")
        length = sizes.channels * sizes.of(vision, "temporal_patch_size", default=1) * side * side
        return sizes.floats(sizes.batch * grid(sizes) ** 2, length)
    if "spatial_shapes" in sizes.parameters:
        side = sizes.of(vision, "patch_size")
        return sizes.floats(sizes.batch, sizes.of(vision, "num_patches"), sizes.channels * side**2)
    shape = (sizes.channels, height, width)
    frames = sizes.of(vision, "num_frames", "frames_per_clip", default=0)
    if frames:
        return sizes.floats(sizes.batch, frames, *shape)
    if getattr(sizes.config, "model_type", "") in MANY_IMAGES:
        return sizes.floats(sizes.batch, 1, *shape)
    return sizes.floats(sizes.batch, *shape)


def grid(sizes: Sizes) -> int:
    """Patches along a side of an image of which the model takes any number."""
    return 8 * sizes.of(sizes.vision, "spatial_merge_size", default=1)


def image_grid(sizes: Sizes) -> Tensor:
    """Time, height and width of each image, in patches."""
    return torch.tensor([[1, grid(sizes), grid(sizes)]] * sizes.batch)


def spatial_shapes(sizes: Sizes) -> Tensor:
    """Height and width of each image, in patches, where images are padded to a number of them."""
    side = int(sizes.of(sizes.vision, "num_patches") ** 0.5)
    return torch.tensor([[side, side]] * sizes.batch)


def input_values(sizes: Sizes) -> Tensor:
    """A wave, or a spectrogram where the config has its size."""
    audio = sizes.audio
    if (
        hasattr(audio, "num_mel_bins")
        and hasattr(audio, "max_length")
        and hasattr(audio, "patch_size")
    ):
        return sizes.floats(
            sizes.batch, sizes.of(audio, "max_length"), sizes.of(audio, "num_mel_bins")
        )
    if hasattr(audio, "audio_channels") or hasattr(audio, "codebook_size"):
        channels = sizes.of(audio, "audio_channels", default=1)
        return sizes.floats(sizes.batch, channels, SECOND)
    return sizes.floats(sizes.batch, SECOND)


def input_features(sizes: Sizes) -> Tensor:
    """A spectrogram: bins first where the config has a fixed number of positions, else frames."""
    audio = sizes.audio
    if hasattr(audio, "spec_size"):
        frames = sizes.of(audio, "spec_size") * sizes.of(audio, "freq_ratio", default=4)
        return sizes.floats(sizes.batch, 1, frames, sizes.of(audio, "num_mel_bins"))
    if hasattr(audio, "max_source_positions") and hasattr(audio, "num_mel_bins"):
        frames = 2 * sizes.of(audio, "max_source_positions")
        return sizes.floats(sizes.batch, sizes.of(audio, "num_mel_bins"), frames)
    bins = sizes.of(
        audio, "feature_projection_input_dim", "input_feat_per_channel", "num_mel_bins", "input_dim"
    )
    return sizes.floats(sizes.batch, sizes.length, bins)


def past_values(sizes: Sizes) -> Tensor:
    """A time series, as long as the model looks back, with its channels if it takes several."""
    config = sizes.config
    length = sizes.of(config, "context_length", default=0) or sizes.of(config, "prediction_length")
    length += max(getattr(config, "lags_sequence", None) or [0])
    channels = sizes.of(config, "num_input_channels", "input_size", default=1)
    several = hasattr(config, "num_input_channels") or channels > 1
    return sizes.floats(sizes.batch, length, *((channels,) if several else ()))


def observed(sizes: Sizes) -> Tensor:
    """Which values of a time series are there: all."""
    return torch.ones_like(past_values(sizes))


def past_time(sizes: Sizes) -> Tensor:
    """Features of each step of the past."""
    steps = past_values(sizes).shape[1]
    return sizes.floats(sizes.batch, steps, sizes.of(sizes.config, "num_time_features"))


def future_time(sizes: Sizes) -> Tensor:
    """Features of each step to be foretold."""
    steps = sizes.of(sizes.config, "prediction_length")
    return sizes.floats(sizes.batch, steps, sizes.of(sizes.config, "num_time_features"))


def future_values(sizes: Sizes) -> Tensor:
    """What came of it, for training."""
    channels = past_values(sizes).shape[2:]
    return sizes.floats(sizes.batch, sizes.of(sizes.config, "prediction_length"), *channels)


def masked_patches(sizes: Sizes) -> Tensor:
    """Which patches of a video are hidden: the same number in each."""
    vision, (height, width) = sizes.vision, sizes.image
    side = sizes.of(vision, "patch_size")
    tubes = sizes.of(vision, "num_frames") // sizes.of(vision, "tubelet_size")
    count = tubes * (height // side) * (width // side)
    return (torch.arange(count) % 2 == 0).expand(sizes.batch, count).clone()


def steps(name: str) -> Callable[[Sizes], Tensor]:
    """Something of a size the config has, at each step of a sequence."""
    return lambda sizes: sizes.floats(sizes.batch, sizes.length, sizes.of(sizes.config, name))


MAKERS: dict[str, Callable[[Sizes], Any]] = {
    "input_ids": input_ids,
    "decoder_input_ids": input_ids,
    "attention_mask": ones,
    "token_type_ids": zeros,
    "mm_token_type_ids": zeros,
    "bbox": boxes,
    "pixel_values": pixel_values,
    "pixel_values_videos": pixel_values,
    "image_grid_thw": image_grid,
    "grid_thw": image_grid,
    "spatial_shapes": spatial_shapes,
    "bool_masked_pos": masked_patches,
    "input_values": input_values,
    "input_features": input_features,
    "past_values": past_values,
    "past_time_features": past_time,
    "past_observed_mask": observed,
    "future_values": future_values,
    "future_time_features": future_time,
    "states": steps("state_dim"),
    "actions": steps("act_dim"),
    "rewards": lambda sizes: sizes.floats(sizes.batch, sizes.length, 1),
    "returns_to_go": lambda sizes: sizes.floats(sizes.batch, sizes.length, 1),
    "timesteps": lambda sizes: torch.arange(sizes.length).expand(sizes.batch, -1).clone(),
    "inputs_embeds": steps("hidden_size"),
}
