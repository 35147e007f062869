"""What forward returns -> all tensors in it: a result nobody keeps is dead code to a compiler."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn


def every_tensor(module: nn.Module) -> None:
    """Make a module return the tuple of its output tensors; anything else stays as it is."""

    def flat(_module: nn.Module, _arguments: object, output: object) -> object:
        return tuple(tensors(output)) or output

    module.register_forward_hook(flat)


def tensors(value: object, seen: set[int] | None = None) -> Iterator[Tensor]:
    """The tensors in tuples, mappings, dataclasses and plain objects, in order and each once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Tensor):
        yield value
    else:
        for part in parts(value):
            yield from tensors(part, seen)


def parts(value: object) -> Iterable[Any]:
    """What a container or a result object holds; nothing of modules, types, text and numbers."""
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    if isinstance(value, (nn.Module, type, str, bytes)):
        return ()
    if dataclasses.is_dataclass(value):
        return [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    return list(getattr(value, "__dict__", {}).values())
