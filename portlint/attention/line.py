"""A group of attentions and its path -> one line for a person.

`32 × GQA 32/8, head_dim 128, causal, RoPE → attention_cte (prefill), attention_tkg (decode)`
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from portlint.attention.features import Features
from portlint.attention.path import Path
from portlint.report import AttentionKernels

BIAS = {
    "alibi": "ALiBi",
    "relative": "relative bias",
    "learned": "learned bias",
    "decay": "decay bias",
    "dense": "dense bias",
}
ROPE = {"half": "RoPE"}
"""The usual rotation needs no more words; any other is named."""
MASK = {"padding": "padding mask", "input": "mask from the caller", "data": "mask from data"}
"""Masks made by the model itself follow from the rest."""
NAMES = {
    "mla": "MLA",
    "rwkv": "RWKV",
    "ssd": "SSD",
    "lsh": "LSH",
    "ssm-selective-scan": "selective scan",
    "cosine": "cosine",
}
CALLED = {"compiler-path": "the compiler, without a kernel", "unsupported": "no path"}
"""Verdicts that no kernel stands for."""


def line(kind: str, features: Features, count: int, path: Path) -> str:
    """The line of `count` attentions of a kind with the same features."""
    return f"{count} × {', '.join(described(kind, features))} → {served(path)}"


def described(kind: str, features: Features) -> list[str]:
    """The kind, and every feature that tells one attention from another; the kind's own first."""
    parts = list(_parts(features))
    own = [text for name, text in parts if name == kind]
    rest = [text for name, text in parts if name != kind]
    return [*(own or [NAMES.get(kind, kind)]), *rest]


def served(path: Path) -> str:
    """What serves it, in few words."""
    where = f"in {path.workload} " if path.workload else ""
    kernels = _kernels(path.kernels)
    if not kernels:
        return where + CALLED.get(path.verdict, path.verdict)
    return f"{where}{kernels}{' after a change' if path.verdict == 'limited' else ''}"


def _kernels(kernels: AttentionKernels) -> str:
    """`attention_cte (prefill), attention_tkg (decode)`; a kernel of several uses is named once."""
    uses: dict[str, list[str]] = {}
    for name, use in (
        (kernels.prefill, "prefill" if kernels.decode or not kernels.backward else "forward"),
        (kernels.decode, "decode"),
        (kernels.backward, "backward"),
    ):
        if name:
            uses.setdefault(name, []).append(use)
    return ", ".join(f"{name} ({', '.join(found)})" for name, found in uses.items())


def _parts(found: Features) -> Iterator[tuple[str, str]]:
    """Each feature that is there, under the kind that is named after it."""
    if found.heads:
        yield _heads(found.heads, found.kv_heads)
    if found.head_dim:
        values = found.value_dim
        wide = f" ({values} in values)" if values and values != found.head_dim else ""
        yield "head-dim-large", f"head_dim {found.head_dim}{wide}"
    if found.cross:
        yield "cross", "cross"
    elif found.causal is not None:
        yield ("causal", "causal") if found.causal else ("bidirectional", "bidirectional")
    yield from _scores(found)
    if found.qk_norm:
        yield "qk-norm", "QK-norm"
    if found.rope:
        yield f"rope-{found.rope}", ROPE.get(found.rope, f"{found.rope} RoPE")
    if found.scale is not None and not _usual(found.scale, found.head_dim):
        yield "scale", f"scale {found.scale:.4g}"
    if found.cache:
        yield ("paged" if found.cache == "paged" else "kv-cache"), f"{found.cache} cache"
    if found.weights_returned:
        yield "weights", "weights returned"


def _scores(found: Features) -> Iterator[tuple[str, str]]:
    """What happens between the scores and the values."""
    if found.window is not None:
        kind = "symmetric-window" if found.causal is False else "sliding-window"
        yield kind, f"window {found.window}"
    if found.chunk is not None:
        yield "chunked-local", f"chunks of {found.chunk}"
    if found.bias:
        kind = {"alibi": "alibi", "relative": "relative-bias"}.get(found.bias, "bias")
        yield kind, BIAS[found.bias]
    if found.mask_source in MASK:
        yield "mask", MASK[found.mask_source]
    if found.softcap is not None:
        yield "softcap", f"softcap {found.softcap:g}"
    if found.sink:
        yield "sink", "sink"
    if found.dropout:
        yield "dropout", f"dropout {found.dropout:g}"


def _heads(heads: int, kv_heads: int | None) -> tuple[str, str]:
    if not kv_heads or kv_heads == heads:
        return "heads", f"{heads} heads" if heads > 1 else "1 head"
    return "gqa", f"{'MQA' if kv_heads == 1 else 'GQA'} {heads}/{kv_heads}"


def _usual(scale: float, head_dim: int | None) -> bool:
    return head_dim is not None and math.isclose(scale, head_dim**-0.5, rel_tol=1e-3)
