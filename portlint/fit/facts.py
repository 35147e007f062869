"""A trace and its attentions -> the facts a fit is worked out from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from portlint.fit.cache import Cache, cache, divisors, grows, unmeasured
from portlint.fit.live import Peak, peak
from portlint.graph.attention import Group
from portlint.graph.extent import width
from portlint.graph.view import View
from portlint.record import Op


class Facts(NamedTuple):
    """What is known of one model.

    `weights` are bytes by dtype and `dtype` the one most of them have; `traced` are the tokens of
    the traced inputs and `tokens` those that a cache is for; `heads` are pairs of query and
    key-value heads; `forward` and `step` are the results alive at once in a forward and in a step
    of training, None without such a graph.
    """

    parameters: int
    weights: dict[str, int]
    dtype: str
    batch: int
    traced: int | None
    tokens: int | None
    heads: tuple[tuple[int, int], ...]
    unheaded: bool
    cache: Cache
    forward: Peak | None
    step: Peak | None


def facts(view: View, groups: Sequence[Group]) -> Facts:
    """Everything that is measured once and used for both workloads."""
    trace = view.trace
    forward = view.levels.get("core") or view.levels.get("aten") or []
    step = view.levels.get("joint") or []
    kept = cache(view, groups)
    traced = _tokens(groups)
    return Facts(
        parameters=trace.parameters,
        weights=dict(trace.weights),
        dtype=_main(trace.weights),
        batch=_batch(forward),
        traced=traced,
        tokens=max(traced or 0, trace.positions or 0) or None if kept.kept else traced,
        heads=tuple(divisors(groups)),
        unheaded=any(group.features.heads is None for group in groups),
        cache=kept,
        forward=peak(forward) if forward else None,
        step=peak(step) if step else None,
    )


def recast(known: Facts, dtype: str) -> Facts:
    """The same model with its main dtype exchanged: weights, cache and results in proportion."""
    old, new = width(known.dtype), width(dtype)
    weights = {k: v for k, v in known.weights.items() if k != known.dtype}
    weights[dtype] = weights.get(dtype, 0) + known.weights.get(known.dtype, 0) * new // old
    kept = tuple(k._replace(bytes=k.bytes * new // old) for k in known.cache.kept)
    return known._replace(
        weights=weights,
        dtype=dtype,
        cache=known.cache._replace(kept=kept),
        forward=_scaled(known.forward, new, old),
        step=_scaled(known.step, new, old),
    )


def _scaled(known: Peak | None, new: int, old: int) -> Peak | None:
    return known._replace(bytes=known.bytes * new // old) if known else None


def _main(weights: dict[str, int]) -> str:
    """The floating dtype that most of the bytes have."""
    floating = {k: v for k, v in weights.items() if "float" in k} or weights
    return max(floating, key=lambda dtype: (floating[dtype], dtype), default="float32")


def _batch(ops: Sequence[Op]) -> int:
    """The first dimension that most of the inputs share."""
    inputs = (t for op in ops for t in op.inputs if t.origin == "input" and t.source is None)
    given = {tensor.name: tensor.shape for tensor in inputs}
    sizes = Counter(shape[0] for shape in given.values() if shape and isinstance(shape[0], int))
    return max(sizes, key=lambda size: (sizes[size], size), default=1)


def _tokens(groups: Sequence[Group]) -> int | None:
    """The longest sequence that attends to itself; of a decoder its own."""
    own = [group for group in groups if not group.features.cross]
    own = [group for group in own if grows(group) or unmeasured(group)] or own
    lengths = [group.features.key_length for group in own]
    return max((length for length in lengths if isinstance(length, int)), default=None)
