"""The config.json of a model -> facts about its attention, by what its keys measure."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.tree import Mapping, Node, Scalar

INNER = ("text_config", "llm_config", "language_config", "attn_config", "thinker_config")
"""Where configurations of several models in one keep that of the language model."""
NOTHING = frozenset(["", "null", "none", "~", "false", "0", "0.0"])
WIDEST = 128
"""The head_dim up to which attention kernels go."""
CAPS = ("attn_logit_softcapping", "attn_logit_softcap", "attention_logit_cap")


def attention(document: Node) -> Iterator[Fact]:
    """What a model's configuration says; what is null, zero or switched off says nothing."""
    if not isinstance(document, Mapping):
        return
    if not (document.get("model_type") or document.get("architectures")):
        return
    for part in (document, *(document.get(name) for name in INNER)):
        if isinstance(part, Mapping):
            yield from _part(part)


def _part(part: Mapping) -> Iterator[Fact]:
    for key in CAPS:
        yield from _fact("softcap", part, key, "at {}")
    if part.text("position_embedding_type").lower() == "alibi":
        yield from _fact("alibi", part, "position_embedding_type", "{}")
    if part.text("alibi").lower() == "true":
        yield from _fact("alibi", part, "alibi", "{}")
    latent = list(_fact("mla", part, "kv_lora_rank", "{}"))
    yield from latent
    yield from _fact("topk-sparse", part, "index_topk", "{}")
    yield from _fact("chunked-local", part, "attention_chunk_size", "{}")
    if _number(part, "global_attn_every_n_layers"):
        yield from _fact("symmetric-window", part, "local_attention", "{}")
    if not latent:
        yield from _wide(part)


def _fact(name: str, part: Mapping, key: str, words: str) -> Iterator[Fact]:
    value = part.get(key)
    if isinstance(value, Scalar) and value.text.lower() not in NOTHING:
        yield Fact("checkpoint", f"attention:{name}", words.format(value.text), value.span)


def _wide(part: Mapping) -> Iterator[Fact]:
    """`head_dim`, or the width of the model over its heads."""
    given = _number(part, "head_dim")
    if given:
        if given > WIDEST:
            yield from _fact("head-dim", part, "head_dim", "{}")
        return
    width, heads = _number(part, "hidden_size"), _number(part, "num_attention_heads")
    place = part.get("num_attention_heads")
    if (
        width
        and heads
        and width % heads == 0
        and width // heads > WIDEST
        and isinstance(place, Scalar)
    ):
        yield Fact("checkpoint", "attention:head-dim", str(width // heads), place.span)


def _number(part: Mapping, key: str) -> int:
    text = part.text(key)
    return int(text) if text.isdecimal() else 0
