"""Shapes that depend on data: boolean masks as an index, lists of positions, distinct values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint.detectors.records import base, is_fixed, is_said, texts
from portlint.graph.view import GraphFound, View
from portlint.record import Op, Tensor

MASKS = frozenset(["bool", "uint8"])
"""The dtypes of an index that choose by truth."""
SIZES = {
    "aten.nonzero": "torch.nonzero",
    "aten.nonzero_numpy": "torch.nonzero",
    "aten.argwhere": "torch.argwhere",
    "aten.where": "torch.where with one argument",
    "aten.masked_select": "torch.masked_select",
    "aten._unique": "torch.unique",
    "aten._unique2": "torch.unique",
    "aten.unique_dim": "torch.unique",
    "aten.unique_consecutive": "torch.unique_consecutive",
    "aten.unique_dim_consecutive": "torch.unique_consecutive",
    "aten.repeat_interleave": "torch.repeat_interleave with a tensor of counts",
    "aten.bincount": "torch.bincount",
    "aten.histogramdd": "torch.histogramdd",
    "torchvision.nms": "torchvision.ops.nms",
}
"""Ops that give as much as there is in the data, and how a program calls them."""
READS = frozenset(["aten.item", "aten._local_scalar_dense"])
SYMBOL = re.compile(r"\bz?uf?\d+\b")
"""How sizes and values that depend on data are written: "u0", "2*u1", "zuf0"."""


def boolean_read(op: Op, view: View) -> Iterator[GraphFound]:
    """`x[mask]`: as many rows as the mask holds True."""
    if base(op) == "aten.index" and is_said(op, view) and _masks(op):
        yield GraphFound(op.place, symbol=op.name)


def boolean_write(op: Op, view: View) -> Iterator[GraphFound]:
    """`x[mask] = y`: written to the positions where the data makes the mask True."""
    if base(op) in ("aten.index_put", "aten.index_put_") and is_said(op, view) and _masks(op):
        yield GraphFound(op.place, symbol=op.name)


def _masks(op: Op) -> list[Tensor]:
    """The masks among the indices, without those that no input changes."""
    indices = [tensor for tensor in op.inputs[1:] if tensor.dtype in MASKS]
    return [tensor for tensor in indices if not is_fixed(tensor)]


def size_of_data(op: Op, view: View) -> Iterator[GraphFound]:
    """An op whose result is as long as the data says."""
    if not is_said(op, view) or all(is_fixed(tensor) for tensor in op.inputs):
        return
    name = base(op)
    if called := SIZES.get(name):
        if _is_open(op):
            yield GraphFound(op.place, symbol=op.name, value=called)
    elif op.symbols and name not in READS and not _masks(op) and not follows(op):
        yield GraphFound(op.place, symbol=op.name, value=name.rpartition(".")[2].lstrip("_"))


def _is_open(op: Op) -> bool:
    """Whether the size is open: `where` with one argument, counts in a tensor and no total."""
    match base(op):
        case "aten.where":
            return len(op.inputs) == 1
        case "aten.repeat_interleave":
            counted = op.name.endswith("self_int")
            return not counted and op.literals.get("output_size") is None
    return True


def follows(op: Op) -> bool:
    """Whether the open size came with what the op was given: a symbol in a shape or a literal."""
    shapes = (part for tensor in op.inputs for part in tensor.shape)
    given = (text for value in op.literals.values() for text in texts(value))
    return any(isinstance(part, str) for part in shapes) or any(map(SYMBOL.search, given))
