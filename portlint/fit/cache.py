"""The attentions of a model -> what generating text keeps of each token, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from portlint.attention.features import Features
from portlint.attention.kinds import kinds
from portlint.graph.attention import Group
from portlint.graph.attention.latent import kept as latent
from portlint.graph.attention.operand import operand
from portlint.graph.attention.trail import Trail
from portlint.graph.extent import width
from portlint.graph.view import View


class Kept(NamedTuple):
    """Layers that keep the same: `heads` times `width` values of `bytes` each for a token.

    `limit` is the number of tokens after which the cache of a window grows no more, `fixed` that
    of a sequence that does not grow (what a decoder reads of its encoder); `held` tells that the
    module keeps it in buffers, which are among the weights.
    """

    layers: int
    heads: int
    width: int
    bytes: int
    limit: int | None = None
    fixed: int | None = None
    latent: bool = False
    held: bool = False

    @property
    def of_a_token(self) -> int:
        """Bytes for a token of one sequence, all layers together."""
        return self.layers * self.heads * self.width * self.bytes

    def total(self, batch: int, tokens: int, degree: int = 1) -> int:
        """Bytes on one of `degree` cores: heads are divided, and the last one is replicated."""
        length = self.fixed if self.fixed is not None else min(tokens, self.limit or tokens)
        heads = -(-self.heads // degree)
        return self.layers * heads * self.width * self.bytes * batch * length


class Cache(NamedTuple):
    """Everything that is kept; in words of what it is not known, and what was only assumed."""

    kept: tuple[Kept, ...]
    unknown: tuple[str, ...]
    assumed: tuple[str, ...] = ()

    @property
    def per_token(self) -> int:
        """Bytes that each token of one sequence adds as long as no window is full."""
        return sum(kept.of_a_token for kept in self.kept if kept.fixed is None)

    def total(self, batch: int, tokens: int, degree: int = 1) -> int:
        """Bytes on one of `degree` cores that are not among the weights."""
        return sum(kept.total(batch, tokens, degree) for kept in self.kept if not kept.held)


def cache(view: View, groups: Sequence[Group]) -> Cache:
    """What the model keeps if it generates; nothing where no attention of it is causal."""
    hidden = [group for group in groups if unmeasured(group)] if _reads_tokens(view) else []
    growing = [group for group in groups if grows(group) or group in hidden]
    states = [group for group in groups if mixes(group) and group.features.causal]
    if not growing and not states:
        return Cache((), ())
    crossing = [group for group in groups if group.features.cross and not mixes(group)]
    found = {group: _kept(view, group) for group in (*growing, *crossing)}
    unknown = [f"the state of {_named(group)}, the same for any length" for group in states]
    unknown += [f"the cache of {_named(group)}" for group, kept in found.items() if kept is None]
    return Cache(
        tuple(kept for kept in found.values() if kept is not None),
        tuple(dict.fromkeys(unknown)),
        tuple(f"{_named(group)} as if its mask, not measured, were causal" for group in hidden),
    )


def _named(group: Group) -> str:
    return f"{group.number} × {group.kind}"


def unmeasured(group: Group) -> bool:
    """Whether a mask hides keys and its form is not known: one for many tokens is not computed."""
    features = group.features
    alike = features.query_length == features.key_length and not features.cross
    return alike and not grows(group) and features.mask_source == "data" and not mixes(group)


def _reads_tokens(view: View) -> bool:
    """Whether the model is given rows of integers, as those of text are."""
    return any(
        tensor.origin == "input" and tensor.dtype == "int64" and len(tensor.shape) == 2
        for op in view.trace.ops
        if "embedding" in op.name
        for tensor in op.inputs
    )


def mixes(group: Group) -> bool:
    """Whether a state takes the place of keys and values."""
    return kinds()[group.kind].family == "mixer"


def grows(group: Group) -> bool:
    """Whether every new token adds to what is kept."""
    features = group.features
    return not mixes(group) and not features.cross and bool(features.causal or features.cache)


def _kept(view: View, group: Group) -> Kept | None:
    features = group.features
    size = width(features.dtype or "float32")
    if "mla" in group.kinds and (channels := _latent(view, group)) is not None:
        return Kept(group.number, 1, channels, size, latent=True)
    heads, depth = features.kv_heads or features.heads, features.head_dim
    if heads is None or depth is None:
        return None
    both = depth + (features.value_dim or depth)
    found = Kept(group.number, heads, both, size)
    if not features.cross:
        held = features.cache == "static" and _held(view, group)
        return found._replace(limit=features.window or features.chunk, held=held)
    length = features.key_length
    return found._replace(fixed=length) if isinstance(length, int) else None


def _latent(view: View, group: Group) -> int | None:
    """The channels of the latent that keys and values are expanded from."""
    if len(group.begins) != 3:
        return None
    trail = Trail(view)
    return latent(trail, *(operand(trail, tensor) for tensor in group.begins))


def _held(view: View, group: Group) -> bool:
    """Whether the keys of earlier steps lie in buffers of the module."""
    found = operand(Trail(view), group.begins[1]) if len(group.begins) > 1 else None
    return found is not None and any(
        tensor.origin == "buffer" and len(tensor.shape) >= 3
        for tensor in (*found.roots, *(t for op in found.ops for t in op.inputs))
    )


def said(found: Cache) -> Iterator[str]:
    """`32 layers of 8 heads × 256 values × 2 bytes`, and where a window ends it."""
    for kept in found.kept:
        layers = f"{kept.layers} layer{'s' * (kept.layers != 1)}"
        what = (
            f"{kept.heads} heads × {kept.width} values"
            if kept.heads > 1
            else (f"{kept.width} values")
        )
        text = f"{layers} of {what} × {kept.bytes} bytes"
        if kept.latent:
            text += " (the latent; keys and values expanded before they are kept take more)"
        if kept.limit is not None:
            text += f", at most {kept.limit} tokens"
        if kept.held:
            text += ", in buffers among the weights"
        if kept.fixed is not None:
            text += f" for the {kept.fixed} tokens of the encoder"
        yield text


def divisors(groups: Iterable[Group]) -> list[tuple[int, int]]:
    """Query heads and key-value heads of each attention whose heads are known."""
    found = [(group.features.heads, _kv(group.features)) for group in groups]
    return [(heads, kv) for heads, kv in found if heads is not None and kv is not None]


def _kv(features: Features) -> int | None:
    return features.kv_heads or features.heads
