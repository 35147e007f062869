"""Weights and activations against the memory of one core, chip by chip."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from portlint.catalog import read_table
from portlint.detectors.records import base, is_said
from portlint.graph.extent import size
from portlint.graph.view import GraphFound, View
from portlint.record import Op, Trace

GIB = 2**30
MICROCODE = 96 * 2**20
"""Bytes that every physical core keeps for itself, says the runtime's page on device memory."""
KEPT = frozenset(
    "aten.linear aten.matmul aten.mm aten.bmm aten.addmm aten.baddbmm aten.einsum aten.conv1d "
    "aten.conv2d aten.conv3d aten.convolution aten.cat aten.stack aten.embedding aten.index "
    "aten.index_select aten.gather aten.repeat aten.outer aten.cdist aten.cumsum aten.softmax "
    "aten._softmax aten._unsafe_index aten.index_put aten.scatter aten.sort "
    "aten.scaled_dot_product_attention".split()
)
"""Ops whose result is written out whole: element-wise ones may be fused away, views are free."""


class Core(NamedTuple):
    """One logical core as a process sees it: its chip, its memory, and what of it can be used."""

    chip: str
    total: int
    usable: int


@functools.cache
def cores() -> tuple[Core, ...]:
    """Every chip's core at its default LNC."""
    found = []
    for row in read_table("hardware"):
        total = int(row["gib_per_core"]) * GIB
        found.append(Core(row["chip"], total, total - MICROCODE * int(row["physical_cores"])))
    return tuple(found)


def degree(bytes_: int, core: Core) -> int:
    """Over how many cores the bytes have to be spread, as a power of two."""
    parts = 1
    while bytes_ / parts > core.usable:
        parts *= 2
    return parts


def weights(trace: Trace, view: View) -> Iterator[GraphFound]:
    """Parameters and buffers that one core has no room for."""
    total = sum(trace.weights.values())
    for core in cores():
        if total > core.usable:
            needed = degree(total, core)
            text = (
                f"the weights take {gib(total)}, and one core of {core.chip} has "
                f"{gib(core.total)}: spread them over at least {needed} cores (tensor parallel), "
                "or use a smaller dtype"
            )
            yield GraphFound(None, message=text, chips=(core.chip,))


def activation(op: Op, view: View) -> Iterator[GraphFound]:
    """A result that alone, or beside the weights, one core has no room for."""
    if base(op) not in KEPT or not is_said(op, view):
        return
    largest = max((size(tensor) or 0 for tensor in op.outputs), default=0)
    weights_ = sum(view.trace.weights.values())
    for core in cores():
        alone = largest > core.usable
        if alone or (weights_ <= core.usable < weights_ + largest):
            text = f"the result of {op.name.split('.')[1]} takes {gib(largest)}"
            if not alone:
                text += f" beside weights of {gib(weights_)}"
            text += f", and one core of {core.chip} has {gib(core.total)}"
            yield GraphFound(op.place, symbol=op.name, message=text, chips=(core.chip,))


def gib(bytes_: int) -> str:
    """`16 GiB`, `1.5 TiB`: two digits are enough to decide by."""
    unit, scale = ("TiB", 2**40) if bytes_ >= 2**40 else ("GiB", GIB)
    return f"{bytes_ / scale:.3g} {unit}"
