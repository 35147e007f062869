"""What was found of an attention -> the kind that says most about it."""

from __future__ import annotations

from collections.abc import Iterable

from portlint.attention.features import Features
from portlint.attention.kinds import WIDEST, most_specific

GRIDS = frozenset(["swin-window", "neighbourhood"])
"""Kinds that have a bias or a norm of their own as a rule."""


def kind(names: Iterable[str], features: Features) -> str:
    """The most specific of these names and of those that the features speak of."""
    every = {*names, *_by_features(features)}
    if every & GRIDS:
        every -= {"varlen", "relative-bias", "dense-mask", "cosine", "qk-norm"}
    return most_specific(every)


def _by_features(of: Features) -> Iterable[str]:
    yield "bidirectional"
    if of.causal:
        yield "causal"
    if of.cross:
        yield "cross"
    if of.heads and of.kv_heads and of.kv_heads < of.heads:
        yield "gqa"
    if of.dropout:
        yield "dropout"
    if of.cache:
        yield "paged" if of.cache == "paged" else "kv-cache"
    if of.qk_norm:
        yield "qk-norm"
    if of.head_dim and of.head_dim > WIDEST:
        yield "head-dim-large"
    if of.rope == "complex":
        yield "rope-complex"
    if of.window and of.causal:
        yield "sliding-window"
    if of.chunk:
        yield "chunked-local"
    if of.bias in ("relative", "alibi"):
        yield "relative-bias" if of.bias == "relative" else "alibi"
    if of.bias in ("learned", "dense"):
        yield "dense-mask"
    if of.sink:
        yield "sink"
    if of.softcap:
        yield "softcap"
