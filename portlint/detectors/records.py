"""Op records as detectors read them: which level the program says, op names, kinds of origin."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.graph.view import View
from portlint.record import Level, Op, Place, Tensor

FIXED = frozenset(["parameter", "buffer", "constant"])
"""Where tensors come from that no input of the model changes."""


def base(op: Op) -> str:
    """The name without the overload: "aten.index" of "aten.index.Tensor"."""
    return op.name.rpartition(".")[0] if op.name.count(".") > 1 else op.name


WHOLE = frozenset(["export", "export-strict", "fx"])
"""Rungs that give the whole program; others give graphs of parts, and what ran between them."""


def is_said(op: Op, view: View) -> bool:
    """Whether an op is the program's own, and no repetition on a lower level."""
    levels: tuple[Level, ...] = ("aten", "core", "joint")
    if view.trace.captured_by not in WHOLE:
        return op.level != "joint" and not op.semantic
    return op.level == next(level for level in levels if view.levels.get(level))


def line(place: Place | None) -> tuple[str, int]:
    """Path and line; the same for every place without one."""
    return (place.path, place.line) if place else ("", 0)


def is_fixed(tensor: Tensor | None) -> bool:
    """Whether a tensor is the same for every input of the model."""
    return tensor is not None and tensor.origin in FIXED


def texts(value: object) -> Iterator[str]:
    """The strings in a literal, however deep: sizes that are symbols are written as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
