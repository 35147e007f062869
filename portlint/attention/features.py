"""One attention as it was seen: its kind and the features that decide which kernel serves it."""

from __future__ import annotations

from typing import Literal

import msgspec

Bias = Literal["alibi", "relative", "learned", "decay", "dense"]
"""alibi: a slope for each head times the distance; relative: a learned value for each distance;
learned: a parameter without that form; decay: factors that fall with the distance; dense: given
from outside, or made from data."""
Source = Literal["is_causal", "computed", "buffer", "padding", "input", "data"]
"""is_causal: only the flag of the call; computed: made from positions in the forward; buffer: kept
by the module; padding: from a mask of tokens that the caller gives (a causal part may be in it);
input: the caller gives it for each pair of positions; data: from activations."""
Cache = Literal["concat", "static", "paged"]
"""concat: grows by `cat`; static: written into a buffer of full length; paged: through a table."""
Rope = Literal["half", "interleaved", "complex", "partial", "multi-axis"]


class Features(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured of one attention; None is not known, or not there.

    `heads`, `kv_heads` and `head_dim` are counts (`head_dim` of queries and keys, `value_dim` of
    values where it differs); `window` counts the keys a query sees at most, itself among them;
    `chunk` is the length of the pieces that see only themselves; `softcap` is the value of
    `cap * tanh(scores / cap)`; `scale` multiplies the scores; `dropout` is the probability on the
    weights; `softmax_dtype` and `dtype` are torch's names; `query_length` and `key_length` are
    those of the traced example, or symbols.
    """

    heads: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    value_dim: int | None = None
    causal: bool | None = None
    window: int | None = None
    chunk: int | None = None
    bias: Bias | None = None
    softcap: float | None = None
    sink: bool = False
    dropout: float = 0.0
    cross: bool = False
    mask_source: Source | None = None
    softmax_dtype: str | None = None
    cache: Cache | None = None
    rope: Rope | None = None
    qk_norm: bool = False
    scale: float | None = None
    dtype: str | None = None
    query_length: int | str | None = None
    key_length: int | str | None = None
    weights_returned: bool = False
    backward: bool = False
