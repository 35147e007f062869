"""Layers of torch that hold attention -> kinds and features."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.attention.features import Features
from portlint.source.attention.masks import ALL, Seen
from portlint.source.attention.naming import kind
from portlint.source.attention.terms import Term, known, whole
from portlint.source.attention.ways import roots


def layers(term: Term) -> Iterator[tuple[str, Features]]:
    """The attentions of one call of `nn.MultiheadAttention`, of an encoder or a decoder."""
    made = term.held
    if term.op != "layer" or not isinstance(made, Term) or not made.path.startswith("torch"):
        return
    name = str(term.value)
    if name == "MultiheadAttention":
        yield _multihead(term, made)
    elif name in ("TransformerEncoderLayer", "TransformerEncoder"):
        yield from _stack(term, made, "src_mask", 1, name == "TransformerEncoder")
    elif name in ("TransformerDecoderLayer", "TransformerDecoder"):
        for own, _ in _pairs(term, made, name == "TransformerDecoder"):
            yield own
            yield "cross", _sized(made if own is None else _inner(made), cross=True)


def _mask(term: Term | None) -> Seen:
    from portlint.source.attention.attentions import _either

    return _either(term) if term is not None and term.op != "const" else ALL


def _sized(made: Term, cross: bool = False, causal: bool = False) -> Features:
    width = whole(made.given("d_model", 0)) or whole(made.given("embed_dim", 0))
    heads = whole(made.given("nhead", 1)) or whole(made.given("num_heads", 1))
    exact = width is not None and heads and width % heads == 0
    return Features(
        heads=heads,
        head_dim=width // heads if exact and width and heads else None,
        cross=cross,
        causal=causal,
    )


def _multihead(term: Term, made: Term) -> tuple[str, Features]:
    query, key = term.given("query", 0), term.given("key", 1)
    one, two = (roots(t) if t is not None else set() for t in (query, key))
    mask = _mask(term.kw.get("attn_mask"))
    flag = known(term.kw.get("is_causal")) is True
    causal = flag or (mask.banded and mask.low > -1)
    padding = term.kw.get("key_padding_mask")
    features = _sized(made, bool(one and two and not one & two), causal)
    import msgspec

    given = padding is not None and padding.op != "const"
    weights = known(term.given("need_weights", 4)) if "need_weights" in term.kw else None
    features = msgspec.structs.replace(
        features,
        mask_source="padding" if given else mask.source,
        weights_returned=weights is True,
    )
    names = ["dense-mask"] if "dense" in mask.forms and not causal else []
    return kind(names, features), features


def _inner(made: Term) -> Term:
    layer = made.given("encoder_layer", 0) or made.given("decoder_layer", 0)
    return layer if layer is not None and layer.op == "made" else made


def _stack(
    term: Term, made: Term, name: str, place: int, stacked: bool
) -> Iterator[tuple[str, Features]]:
    mask = _mask(term.given("mask" if stacked else name, place))
    flag = known(term.kw.get("is_causal")) is True
    causal = flag or (mask.banded and mask.low > -1)
    inner = _inner(made) if stacked else made
    features = _sized(inner, causal=causal)
    names = ["dense-mask"] if "dense" in mask.forms and not causal else []
    for _ in range(_count(made) if stacked else 1):
        yield kind(names, features), features


def _pairs(term: Term, made: Term, stacked: bool) -> Iterator[tuple[tuple[str, Features], None]]:
    mask = _mask(term.given("tgt_mask", 2))
    flag = known(term.kw.get("tgt_is_causal")) is True
    causal = flag or (mask.banded and mask.low > -1)
    inner = _inner(made) if stacked else made
    features = _sized(inner, causal=causal)
    for _ in range(_count(made) if stacked else 1):
        yield (kind([], features), features), None


def _count(made: Term) -> int:
    return min(whole(made.given("num_layers", 1)) or 1, 64)
