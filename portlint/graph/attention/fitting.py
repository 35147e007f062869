"""The features of an attention, its masks and scores -> every kind that fits it."""

from __future__ import annotations

from portlint.attention.features import Features
from portlint.attention.kinds import WIDEST
from portlint.graph.attention.scores import Chain
from portlint.graph.attention.sight import Seen
from portlint.graph.attention.weights import Use


def fitting(features: Features, masks: Seen, chain: Chain, used: Use) -> list[str]:
    """The kinds that features tell of."""
    window, chunk = masks.form("window"), masks.form("chunk")
    heads, kv_heads = features.heads or 1, features.kv_heads or 1
    fits = {
        "bidirectional": not features.causal,
        "causal": bool(features.causal),
        "cross": features.cross,
        "gqa": kv_heads < heads,
        "dropout": features.dropout > 0,
        "kv-cache": features.cache in ("concat", "static"),
        "paged": features.cache == "paged",
        "qk-norm": features.qk_norm,
        "head-dim-large": (features.head_dim or 0) > WIDEST,
        "rope-complex": features.rope == "complex",
        "dense-mask": _is_dense(masks, features),
        "prefix-mask": masks.form("prefix") is not None,
        "sliding-window": window is not None,
        "symmetric-window": masks.form("symmetric") is not None,
        "chunked-local": chunk is not None and not masks.packed,
        "varlen": masks.form("segments") is not None or (chunk is not None and masks.packed),
        "block-sparse": masks.form("blocks") is not None,
        "relative-bias": features.bias == "relative" or (len(chain.products) > 1 and chain.shifts),
        "alibi": features.bias == "alibi",
        "sink": features.sink,
        "softcap": features.softcap is not None,
        "talking-heads": chain.mixes_heads or used.mixes_heads,
        "differential": used.minus,
        "split-kv": used.splits,
        "topk-sparse": masks.chosen == "topk-sparse",
        "block-topk-sparse": masks.chosen == "block-topk-sparse",
    }
    return [name for name, holds in fits.items() if holds]


def _is_dense(masks: Seen, features: Features) -> bool:
    plain = masks.form("dense") is not None and not masks.chosen
    return plain or features.bias in ("dense", "learned")
