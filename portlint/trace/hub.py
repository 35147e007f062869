"""A folder with a Hugging Face config.json -> the model it describes, with random weights."""

from __future__ import annotations

import contextlib
import json
import pathlib
from typing import Any

import torch
from torch import nn

from portlint.trace.loaderror import LoadError

LARGE = 50_000_000
"""Parameters from which on a model is built without data, on the meta device."""


def folder_of(spec: str, root: pathlib.Path) -> pathlib.Path | None:
    """The folder a spec names, by itself or by its config.json; None for any other spec."""
    path = root / spec
    if path.name == "config.json" and path.is_file():
        return path.parent
    if not path.is_dir():
        return None
    if not (path / "config.json").is_file():
        detail = f"the folder {spec} has no config.json; name a model as path/to/file.py:factory"
        raise LoadError("no-model", detail)
    return path


def from_folder(
    folder: pathlib.Path, dtype: torch.dtype | None, size: str
) -> tuple[nn.Module, tuple[str, ...]]:
    """The model of a folder's config.json in the dtype asked for, else in the config's own."""
    try:
        written = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = written.get("architectures") or ()
        name = str(names[0]) if names else ""
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        detail = f"{folder.name}/config.json is no configuration of a model: {error}"
        raise LoadError("no-model", detail) from None
    transformers = library()
    kind = getattr(transformers, name, None) if name else None
    if kind is None and (name or written.get("auto_map")):
        raise LoadError("no-model", unknown(name, written, transformers.__version__))
    config = transformers.AutoConfig.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    if kind is None:
        kind = transformers.MODEL_MAPPING[type(config)]
    remarks = []
    if getattr(config, "quantization_config", None):
        del config.quantization_config
        remarks.append("the config's quantisation is left out: its weights are built unquantised")
    if size == "tiny":
        shorten(config)
        remarks.append("built with two layers (size tiny)")
    module = from_config(kind, config, dtype)
    if any(parameter.is_meta for parameter in module.parameters()):
        remarks.append("built on the meta device, without data")
    return module, tuple(remarks)


def shorten(config: Any, layers: int = 2) -> None:
    """Leave a config its first layers, in every part of the model."""
    for part in (config, *(getattr(config, name, None) for name in config.sub_configs)):
        for name in (
            "num_hidden_layers",
            "num_layers",
            "n_layer",
            "encoder_layers",
            "decoder_layers",
        ):
            if isinstance(getattr(part, name, None), int):
                setattr(part, name, min(getattr(part, name), layers))
        if isinstance(getattr(part, "layer_types", None), list):
            part.layer_types = part.layer_types[:layers]


def library() -> Any:
    """The transformers package, or the reason why a config cannot be built."""
    try:
        import transformers
    except ModuleNotFoundError:
        detail = "a folder with a config.json is built by transformers, which is not installed"
        raise LoadError("missing-library", detail) from None
    return transformers


def unknown(name: str, written: dict[str, Any], version: str) -> str:
    """Why an architecture cannot be built without running code of the folder."""
    if written.get("auto_map"):
        return (
            f"{name or 'the model'} is defined by code beside its config.json (auto_map), which "
            "is not run; name its class as path/to/modeling_file.py:factory instead"
        )
    return f"config.json names {name}, which transformers {version} does not have"


def from_config(kind: Any, config: Any, dtype: torch.dtype | None) -> nn.Module:
    """A model with random weights, or without data where it is large.

    It is first built on the meta device, which costs no memory and tells how large it is.
    """
    dtype = dtype or getattr(config, "dtype", None) or torch.float32
    with contextlib.suppress(NotImplementedError, RuntimeError), torch.device("meta"):
        empty = build(kind, config, dtype)
        if sum(p.numel() for p in empty.parameters()) > LARGE:
            return empty
    return build(kind, config, dtype)


def build(kind: Any, config: Any, dtype: torch.dtype) -> nn.Module:
    """One instance of a transformers class."""
    model = kind._from_config(config, dtype=dtype)
    assert isinstance(model, nn.Module)
    return model


def is_transformers(module: nn.Module) -> bool:
    """Whether a module is a model of transformers (or derives from one)."""
    return any(
        base.__name__ == "PreTrainedModel" and base.__module__.startswith("transformers.")
        for base in type(module).__mro__
    )


def without_cache(module: nn.Module) -> None:
    """Tell every part of a model to return no key-value cache: it is state, not a result."""
    for part in module.modules():
        config: Any = getattr(part, "config", None)
        if getattr(config, "use_cache", None):
            config.use_cache = False
