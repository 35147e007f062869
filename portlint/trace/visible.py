"""A mask as numbers -> the form it has; a bias as numbers -> the form it has."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from portlint.record import Visible

HIDDEN = -9000.0
"""From here on an added value hides a key; old models add -10000, others the least finite value."""
Bias = Literal["alibi", "relative", "learned", "decay", "dense"]


def visible(shown: Tensor) -> Visible:
    """The form of a boolean mask, [..., queries, keys]; one query sees what the last one would."""
    planes = shown.reshape(-1, *shown.shape[-2:])
    if not bool((planes == planes[:1]).all()):
        return _together({_padded(plane) for plane in torch.unique(planes, dim=0)[:16]})
    return _padded(planes[0])


def _together(forms: set[Visible]) -> Visible:
    """The form of several masks at once, some of which show less of it than others."""
    telling = [f for f in forms if f.form not in ("full", "keys", "nothing")]
    if not telling:
        return Visible(form="keys")
    special = {f for f in telling if f.form != "causal"} or {telling[0]}
    causal = all(f.causal for f in telling)
    if len(special) == 1:
        return special.pop()
    if {f.form for f in special} <= {"segments", "chunk"}:
        return Visible(form="segments", causal=causal)
    return Visible(form="dense", causal=causal)


def _padded(mask: Tensor) -> Visible:
    """The form of a mask without the keys at its ends that nobody sees, and their queries."""
    seen = mask.any(dim=0).nonzero().flatten()
    if len(seen) in (0, mask.shape[1]):
        return _plane(mask)
    first, last = int(seen[0]), int(seen[-1]) + 1
    square = mask.shape[0] == mask.shape[1]
    found = _plane(mask[first:last, first:last] if square else mask[:, first:last])
    return Visible(form="keys") if found.form == "full" else found


def _plane(mask: Tensor) -> Visible:
    if bool(mask.all()):
        return Visible(form="full")
    if not bool(mask.any()):
        return Visible(form="nothing")
    if bool((mask == mask[:1]).all()):
        return Visible(form="keys")
    queries, keys = mask.shape
    back = _distance(queries, keys)
    if bool((mask[1:, 1:] == mask[:-1, :-1]).all()):
        return _band(back[mask], queries, keys)
    causal = not bool(mask[back < 0].any())
    return (
        _prefix(mask, back)
        or _chunks(mask, back, causal)
        or _blocks(mask)
        or Visible(form="dense", causal=causal)
    )


def _distance(queries: int, keys: int) -> Tensor:
    """How far behind its query each key lies; the last query stands at the last key."""
    return torch.arange(queries)[:, None] + (keys - queries) - torch.arange(keys)[None]


def _band(seen: Tensor, queries: int, keys: int) -> Visible:
    """A mask that only asks for the distance: which distances it lets through."""
    distances = torch.unique(seen)
    low, high = int(distances[0]), int(distances[-1])
    if len(distances) != high - low + 1:
        return Visible(form="dense", causal=low >= 0)
    if low == 0 and high == keys - 1:
        return Visible(form="causal", causal=True)
    if low == 0:
        return Visible(form="window", size=high + 1, causal=True)
    if low < 0 < high and high < keys - 1 and -low < queries - 1:
        return Visible(form="symmetric", size=high - low + 1)
    return Visible(form="dense", causal=low >= 0)


def _prefix(mask: Tensor, back: Tensor) -> Visible | None:
    length = int(mask.all(dim=0).sum())
    order = torch.arange(mask.shape[1])[None]
    fits = length > 1 and bool((mask == ((order < length) | (back >= 0))).all())
    return Visible(form="prefix", size=length) if fits else None


def _chunks(mask: Tensor, back: Tensor, causal: bool) -> Visible | None:
    """Runs that see only themselves: all of one length, or of several."""
    if mask.shape[0] != mask.shape[1]:
        return None
    first = mask.int().argmax(dim=1)
    run = (first[:, None] == first[None]) & (first[1:] >= first[:-1]).all()
    if not bool((mask == (run & (back >= 0) if causal else run)).all()):
        return None
    starts = torch.unique(first)
    lengths = torch.diff(starts, append=torch.tensor([mask.shape[0]]))
    even = len(lengths) < 2 or bool(
        (lengths[:-1] == lengths[0]).all() and lengths[-1] <= lengths[0]
    )
    size = int(lengths[0]) if even else None
    return Visible(form="chunk" if even else "segments", size=size, causal=causal)


def _blocks(mask: Tensor) -> Visible | None:
    """Squares that are seen as a whole or not at all."""
    for size in range(min(mask.shape) // 2, 1, -1):
        if mask.shape[0] % size == 0 == mask.shape[1] % size:
            corners = mask[::size, ::size]
            whole = corners.repeat_interleave(size, 0).repeat_interleave(size, 1)
            if bool((whole == mask).all()):
                return Visible(form="blocks", size=size)
    return None


def bias(values: Tensor, learned: bool) -> Bias | None:
    """The form of what is added to the scores where it hides nothing, [..., queries, keys]."""
    finite = values > HIDDEN
    kept = values[finite]
    if kept.numel() == 0 or bool((kept - kept[0]).abs().max() < 1e-6):
        return None
    planes = values.reshape(-1, *values.shape[-2:]).double()
    hidden = ~finite.reshape(planes.shape)
    if not learned and _linear(planes, hidden):
        return "alibi"
    if learned:
        return "relative" if _repeats(planes, hidden) else "learned"
    return "relative" if _by_distance(planes, hidden) else "dense"


def decays(values: Tensor) -> bool:
    """Whether factors fall with the distance at a steady rate, and hide what comes after."""
    if values.dim() < 2 or bool((values < 0).any()) or not bool((values > 0).any()):
        return False
    planes = values.reshape(-1, *values.shape[-2:]).double()
    hidden = planes <= 0
    if not bool(hidden.any()) or bool((planes[~hidden] == planes[~hidden][0]).all()):
        return False
    return _linear(planes.clamp_min(1e-300).log(), hidden)


def _linear(planes: Tensor, hidden: Tensor) -> bool:
    """Whether each row changes by one step from key to key, the same or mirrored beyond itself."""
    if planes.shape[-1] < 3:
        return False
    step = planes[..., 1:] - planes[..., :-1]
    back = _distance(planes.shape[1], planes.shape[2])[:, 1:].expand_as(step)
    known = ~(hidden[..., 1:] | hidden[..., :-1])
    sizes = step.abs()
    sizes[~known] = 0.0
    largest = sizes.amax(dim=(1, 2), keepdim=True)
    even = ((sizes - largest).abs() <= 1e-3 * largest + 1e-9) | ~known
    before, after = known & (back >= 0), known & (back < 0)
    return (
        bool(even.all())
        and bool(largest.max() > 0)
        and _one_sign(step, before)
        and _one_sign(step, after)
    )


def _one_sign(step: Tensor, where: Tensor) -> bool:
    return bool((step[where] >= 0).all()) or bool((step[where] <= 0).all())


def _by_distance(planes: Tensor, hidden: Tensor) -> bool:
    known = ~(hidden[:, 1:, 1:] | hidden[:, :-1, :-1])
    same = (planes[:, 1:, 1:] - planes[:, :-1, :-1]).abs() < 1e-5
    return bool(known.any()) and bool((same | ~known).all())


def _repeats(planes: Tensor, hidden: Tensor) -> bool:
    """Whether learned values are shared by pairs at one distance, on a line or a grid."""
    shown = planes[0][~hidden[0]]
    return len(torch.unique(shown)) < 0.9 * len(shown)
