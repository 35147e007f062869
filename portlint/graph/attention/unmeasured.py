"""A mask or term of which the numbers are not known -> what made it tells."""

from __future__ import annotations

from portlint.graph.attention.names import MULTIPLYING
from portlint.graph.attention.sight import Seen
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor, Visible

FAR = 40
"""Ops behind a mask or a term that are looked at."""
WHOLE = 160
"""Ops of which a mask of tokens is made at most."""


def unmeasured(trail: Trail, tensor: Tensor, found: Seen) -> None:
    """A mask that data makes, or one of which nothing was measured."""
    if tensor.source is None:
        if tensor.origin == "input":
            rows = len(tensor.shape) >= 2 and tensor.shape[-2] != 1
            dense = (rows and len(tensor.shape) > 2) or tensor.dtype.startswith("float")
            found.sources.add("input" if dense else "padding")
            if dense:
                found.forms.append(Visible(form="dense"))
        elif tensor.origin == "parameter":
            found.bias = "learned"
        elif tensor.origin == "activation":
            found.forms += [Visible(form="dense")] if _has_rows(tensor) else []
        else:
            found.sources.add("buffer")
        return
    if not trail.flows(tensor):
        found.bias = found.bias or ("learned" if tensor.origin == "parameter" else None)
        return
    made = list(trail.back(tensor, FAR))
    if _by_position(trail, made[:24]):
        found.bias = "relative"
        return
    roots = {t.name: t for op in made for t in op.inputs if t.source is None and trail.flows(t)}
    given = [t for t in roots.values() if t.origin == "input"]
    _in_order(trail, made, found)
    if chosen := _chosen(trail, made, found.length):
        found.chosen = chosen
    if given and len(made) < 12 and all(_square(t) for t in given):
        found.sources.add("input")
        found.forms.append(Visible(form="dense"))
        return
    found.sources.add("data")
    if _has_rows(tensor):
        found.forms.append(Visible(form="dense"))


def _has_rows(tensor: Tensor) -> bool:
    """Whether a mask differs from query to query."""
    return len(tensor.shape) > 1 and tensor.shape[-2] != 1


def _square(tensor: Tensor) -> bool:
    return len(tensor.shape) >= 2 and tensor.shape[-2] == tensor.shape[-1]


def made_from_data(trail: Trail, tensor: Tensor, found: Seen) -> None:
    """A term that activations make: pair biases, relative positions met with queries, indexers."""
    made = list(trail.back(tensor, FAR))
    if chosen := _chosen(trail, made, found.length):
        found.chosen = chosen
        _in_order(trail, made, found)
    elif _by_position(trail, made[:24]):
        found.bias = "relative"
        return
    elif _of_tokens(trail, tensor):
        found.sources.add("padding")
        return
    elif found.bias is None:
        found.bias = "dense"
    found.sources.add("data")


def _of_tokens(trail: Trail, tensor: Tensor) -> bool:
    """Whether nothing but a mask of tokens is in a term, however it is cut into pieces."""
    made = list(trail.back(tensor, WHOLE))
    roots = [t for op in made for t in op.inputs if t.source is None and t.origin != "constant"]
    whole = len(made) < WHOLE and all(trail.base(op) != "embedding" for op in made)
    return whole and all(t.dtype.startswith(("int", "bool")) for t in roots)


def _in_order(trail: Trail, made: list[Op], found: Seen) -> None:
    """Whether one of the parts of a mask hides what comes after."""
    for op in made:
        for known in (p for t in op.inputs if (p := trail.pattern(t))):
            if known.shown.causal or (known.hidden and known.hidden.causal):
                found.forms.append(Visible(form="causal", causal=True))


def _chosen(trail: Trail, made: list[Op], length: int | str | None) -> str:
    """Whether keys, or blocks of them, are chosen by their scores."""
    for op in made:
        if trail.base(op) in ("topk", "sort", "argsort") and op.inputs:
            among = op.inputs[0].shape[-1]
            fewer = isinstance(among, int) and isinstance(length, int) and among < length
            return "block-topk-sparse" if fewer else "topk-sparse"
    return ""


def _by_position(trail: Trail, made: list[Op]) -> bool:
    """Whether weights that know positions are in it: looked up by distance, or met by queries."""
    names = {trail.base(op) for op in made}
    if "embedding" in names and "sub" in names:
        return True
    for op in made:
        kept = [t for t in op.inputs if not trail.flows(t)]
        met = trail.base(op) in MULTIPLYING and kept and len(op.inputs) == 2
        if met or any((p := trail.pattern(t)) and p.bias == "relative" for t in kept):
            return True
    return False
