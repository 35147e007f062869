"""The masks and terms of a chain, with what was measured of them -> who sees whom, and the bias."""

from __future__ import annotations

import dataclasses

from portlint.attention.features import Bias, Source
from portlint.graph.attention.names import MULTIPLYING, SCALING
from portlint.graph.attention.scores import Chain
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor, Visible

ORDER: tuple[Source, ...] = ("data", "input", "padding", "buffer", "computed", "is_causal")
"""Of several parts of a mask the one that says most about what has to be known at run time."""
FAR = 40
"""Ops behind a mask or a term that are looked at."""
WHOLE = 160
"""Ops of which a mask of tokens is made at most."""


@dataclasses.dataclass
class Seen:
    """Who sees whom: `forms` of every mask that hides something, `sources` of all.

    `packed` says that the caller tells where sequences begin and end.
    """

    forms: list[Visible] = dataclasses.field(default_factory=list)
    sources: set[Source] = dataclasses.field(default_factory=set)
    packed: bool = False
    bias: Bias | None = None
    chosen: str = ""
    length: int | str | None = None

    @property
    def causal(self) -> bool:
        """Whether no query sees what comes after it."""
        return any(form.causal for form in self.forms)

    @property
    def chunk(self) -> int | None:
        """The length of pieces that see only themselves, where the model cuts them."""
        form = self.form("chunk")
        return form.size if form and not self.packed else None

    @property
    def source(self) -> Source | None:
        """Where the mask comes from."""
        return next((name for name in ORDER if name in self.sources), None)

    def form(self, name: str) -> Visible | None:
        """The mask of a form, the narrowest one."""
        found = [form for form in self.forms if form.form == name]
        return min(found, key=lambda form: form.size or 0) if found else None


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
        _unmeasured(trail, tensor, found)
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


def _unmeasured(trail: Trail, tensor: Tensor, found: Seen) -> None:
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
        _made_from_data(trail, tensor, found)
        return
    mask_of(trail, tensor, True, found)


def _spans_keys(op: Op, tensor: Tensor) -> bool:
    """Whether a term differs from key to key."""
    shape, scores = tensor.shape, op.outputs[0].shape
    return bool(shape) and (shape[-1] == scores[-1] != 1 or (len(shape) > 1 and shape[-2] != 1))


def _made_from_data(trail: Trail, tensor: Tensor, found: Seen) -> None:
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
