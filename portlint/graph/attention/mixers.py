"""Tokens that are mixed without a softmax over keys: sums, decays, states and long convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.attention.features import Features
from portlint.graph.attention.instance import Instance, Reader
from portlint.graph.attention.loops import Loop, loops
from portlint.graph.attention.product import product
from portlint.graph.attention.recurrence import kind
from portlint.graph.attention.sums import cumulative, summed_first
from portlint.graph.attention.weighted import paired
from portlint.record import Op

LONG = 16
"""From this length on a kernel as long as its sequence is no short convolution."""


def mixers(reader: Reader, taken: set[str]) -> Iterator[Instance]:
    """One for each module that has no attention of its own."""
    modules: dict[str, list[Op]] = {}
    for op in reader.trail.ops:
        if op.module not in taken:
            modules.setdefault(op.module, []).append(op)
    for ops in modules.values():
        found = mixer(reader, ops)
        if found is not None:
            yield found


def mixer(reader: Reader, ops: Sequence[Op]) -> Instance | None:
    """What the ops of one module are, the surest sign first."""
    trail = reader.trail
    for found in loops(trail, ops):
        name = kind(trail, found)
        if name is not None:
            return Instance(found.before, frozenset([name]), _of_state(name, found))
    names = {trail.base(op) for op in ops}
    if names & {"fft_rfft", "_fft_r2c"} and (op := _convolves(reader, ops)):
        return Instance(op, frozenset(["long-conv"]), Features(dtype=op.inputs[0].dtype))
    scans = [op for op in ops if op.name.startswith("higher_order.associative_scan")]
    if scans or "logcumsumexp" in names:
        op = scans[0] if scans else next(o for o in ops if trail.base(o) == "logcumsumexp")
        return Instance(op, frozenset(["linear-recurrence"]), Features(causal=True))
    for op in ops:
        made = product(trail, op)
        if made is not None and made.summed:
            for side in (made, made.mirrored()):
                if item := paired(reader, side, ops) or summed_first(reader, side):
                    return item
        if trail.base(op) == "cumsum" and (item := cumulative(reader, op)):
            return item
        if trail.base(op) in ("conv1d", "convolution") and _is_long(op):
            return Instance(op, frozenset(["long-conv"]), Features(dtype=op.inputs[0].dtype))
    return None


def _of_state(name: str, loop: Loop) -> Features:
    shape = loop.state.shape
    matrix = len(shape) == 4 and name != "ssd"
    heads, width = (shape[1], shape[-1]) if matrix else (None, None)
    return Features(
        heads=heads if isinstance(heads, int) else None,
        kv_heads=heads if isinstance(heads, int) else None,
        head_dim=width if isinstance(width, int) else None,
        causal=True,
        bias="decay" if name == "retention" else None,
        dtype=loop.state.dtype,
    )


def _convolves(reader: Reader, ops: Sequence[Op]) -> Op | None:
    """A product of two spectra along one axis, turned back."""
    trail = reader.trail
    for op in ops:
        if trail.base(op) not in ("fft_irfft", "_fft_c2r"):
            continue
        made = list(trail.back(op.inputs[0], 6))
        multiplied = [m for m in made if trail.base(m) == "mul" and len(m.inputs) == 2]
        forward = [m for m in made if trail.base(m) in ("fft_rfft", "_fft_r2c")]
        if multiplied and forward:
            return op
    return None


def _is_long(op: Op) -> bool:
    """Whether a kernel of each channel is as long as the sequence it is laid over."""
    if len(op.inputs) < 2 or len(op.inputs[1].shape) != 3 or op.inputs[1].shape[1] != 1:
        return False
    kernel, length = op.inputs[1].shape[-1], op.outputs[0].shape[-1]
    known = isinstance(kernel, int) and isinstance(length, int)
    return bool(known and kernel >= LONG and 2 * kernel > length)  # type: ignore[operator]
