"""Windows and chunks that are longer than the example: made small once, they show."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, fx

from portlint.record import Visible
from portlint.trace.computed import COMPARED, Run
from portlint.trace.static import base
from portlint.trace.visible import HIDDEN, visible

Forms = tuple[Visible, Visible | None]
"""Where a mask is true, or does not hide, and where a boolean one is false."""
LONGEST = 1 << 24
"""Numbers beyond are no lengths: the least finite value, an end of a slice."""


def forms(value: Tensor) -> Forms:
    """The forms of a mask or bias."""
    if value.dtype == torch.bool:
        return visible(value), visible(~value)
    if value.dtype.is_floating_point:
        return visible(value > HIDDEN), None
    return visible(value != 0), visible(value == 0)


def wider(run: Run, node: fx.Node, length: int, seen: Forms) -> Forms:
    """The forms again, where a number in the mask is too large to show among `length` keys.

    A window of 4096 does not show among 128 tokens: with the number made small it does, and what
    it was made smaller by is added again.
    """
    small = max(2, length // 3)
    numbers = {n for source in run.needed(node) for n in _large(source, length)}
    for large in sorted(numbers):
        again = run.again(node, {large: small, -large: -small})
        if again is None or again.dim() < 2 or again.shape[-1] != length:
            continue
        found = forms(again)
        if found != seen:
            shown, hidden = found
            by = large - small
            return _grown(shown, by), _grown(hidden, by) if hidden else None
    return seen


def _grown(form: Visible, by: int) -> Visible:
    if form.size is None:
        return form
    return Visible(form=form.form, size=form.size + by, causal=form.causal)


def _large(node: fx.Node, length: int) -> Iterator[int]:
    """Numbers in comparisons of positions that are larger than the sequence."""
    if base(node).rstrip("_") not in COMPARED:
        return
    for value in (*node.args, *node.kwargs.values()):
        if isinstance(value, int | float) and math.isfinite(value) and value == int(value):
            number = abs(int(value))
            yield from [number] if length <= number < LONGEST else []
