"""The masks and terms of a chain, with what was measured of them -> who sees whom, and the bias."""

from __future__ import annotations

from portlint.attention.features import Source
from portlint.graph.attention.names import SCALING
from portlint.graph.attention.scores import Chain
from portlint.graph.attention.sight import Seen
from portlint.graph.attention.trail import Trail
from portlint.graph.attention.unmeasured import made_from_data, unmeasured
from portlint.record import Op, Tensor, Visible


def seen(trail: Trail, chain: Chain, length: int | str | None) -> Seen:
    """Everything the chain adds to scores of `length` keys or hides in them."""
    found = Seen(length=length)
    if chain.triangular:
        found.forms.append(Visible(form="causal", causal=True))
        found.sources.add("computed")
    for mask, kept in chain.masks:
        mask_of(trail, mask, kept, found)
    for op, tensor in chain.terms:
        _term(trail, op, tensor, found)
    return found


def mask_of(trail: Trail, tensor: Tensor, kept: bool, found: Seen) -> None:
    """A mask whose true places stay (`kept`) or go, or one that is added."""
    pattern = trail.pattern(tensor)
    if pattern is None:
        unmeasured(trail, tensor, found)
        return
    form = pattern.shown if kept or pattern.hidden is None else pattern.hidden
    if pattern.bias == "decay":
        found.bias = "decay"
    elif pattern.bias:
        found.bias = pattern.bias
    if form.form not in ("full", "nothing"):
        found.forms.append(form)
    if "earlier" not in pattern.sources and (form.form != "full" or pattern.sources):
        found.sources.add(_source(pattern.sources))
    found.packed |= not {"packing", "input"}.isdisjoint(pattern.sources)


def _source(sources: tuple[str, ...]) -> Source:
    if "input" in sources:
        return "input"
    if "padding" in sources or "packing" in sources:
        return "padding"
    return "buffer" if "buffer" in sources else "computed"


def _term(trail: Trail, op: Op, tensor: Tensor, found: Seen) -> None:
    """Something added to the scores, or multiplied with them."""
    pattern = trail.pattern(tensor)
    factor = trail.base(op) in SCALING
    if factor and pattern is not None:
        if pattern.bias == "decay":
            found.bias = "decay"
        if (form := pattern.nonzero or pattern.shown).form not in ("full", "nothing"):
            found.forms.append(form)
            found.sources.add(_source(pattern.sources))
        return
    if factor:
        return
    if not _spans_keys(op, tensor):
        return
    if pattern is None and tensor.source is not None and trail.flows(tensor):
        made_from_data(trail, tensor, found)
        return
    mask_of(trail, tensor, True, found)


def _spans_keys(op: Op, tensor: Tensor) -> bool:
    """Whether a term differs from key to key."""
    shape, scores = tensor.shape, op.outputs[0].shape
    return bool(shape) and (shape[-1] == scores[-1] != 1 or (len(shape) > 1 and shape[-2] != 1))
