"""Which op records of a trace stand for a kernel, so that each is judged once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint.graph.view import View
from portlint.record import Op

HOST_ONLY = re.compile(r"mkldnn|onednn|_for_cpu|cudnn|miopen|_flash_attention|_efficient_attention")
"""Kernels that stand in a graph only because it was captured on the host."""
SILENT = re.compile(r"^(_operator|<|math|builtins|torch\.sym|prims\.)|^aten\.(sym_|_assert_)")
"""Nodes that run nothing on a device."""


def runs(op: Op) -> bool:
    """Whether an op is one that a device runs."""
    return bool(op.outputs) and not SILENT.search(op.name)


def dispatched(op: Op, view: View) -> bool:
    """Whether lazy tensors hand this op to a kernel.

    Of the op as the program says it and of the ops it decomposes into, the first that has a kernel
    counts: what decomposes in an exported graph may run on the host as one op.
    """
    if not runs(op):
        return False
    if op.level == "aten":
        return view.known(op).is_leaf or "core" not in view.levels
    if HOST_ONLY.search(op.name):
        return False
    if op.level == "joint":
        return op.backward
    return "aten" not in view.levels or not view.known(op, op.semantic).is_leaf


def kernels(view: View) -> Iterator[Op]:
    """The ops that lazy tensors, or a device that runs op by op, hand to a kernel."""
    return (op for op in view.trace.ops if dispatched(op, view))


def compiled(view: View) -> Iterator[Op]:
    """The ops of the graph a compiler is given: decomposed, with attention kept whole."""
    level = "core" if "core" in view.levels else "aten"
    for op in view.trace.ops:
        if runs(op) and (op.level == level or (op.level == "joint" and op.backward)):
            yield op


def said(op: Op, view: View) -> bool:
    """Whether this is the op as the program says it: one finding for one line of source."""
    if "aten" in view.levels:
        return op.level == "aten"
    return op.level == "core" or (op.level == "joint" and "core" not in view.levels)
