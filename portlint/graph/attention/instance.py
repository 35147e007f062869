"""One anchor -> one attention: its features, and every kind that fits it."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from portlint.attention.features import Features
from portlint.attention.kinds import most_specific
from portlint.graph.attention.caches import cache
from portlint.graph.attention.channels import Channels
from portlint.graph.attention.fate import dropped, returned, split
from portlint.graph.attention.fitting import fitting
from portlint.graph.attention.latent import latent
from portlint.graph.attention.layout import chosen, layout
from portlint.graph.attention.masks import mask_of, seen
from portlint.graph.attention.operand import Operand, normed, operand, unit
from portlint.graph.attention.product import Product
from portlint.graph.attention.rotation import rope
from portlint.graph.attention.scores import Chain, Scores
from portlint.graph.attention.sight import Seen
from portlint.graph.attention.sizes import Sizes
from portlint.graph.attention.streams import crosses
from portlint.graph.attention.trail import Trail
from portlint.graph.attention.weights import Use, use
from portlint.record import Op, Tensor, Visible

PARTS = 4
"""Products of one softmax that are looked at: parts of a sequence, or of a head."""


class Instance(NamedTuple):
    """One attention: the op it was found at, those that enter it, and what it is."""

    op: Op
    kinds: frozenset[str]
    features: Features
    begins: tuple[Tensor, ...] = ()

    @property
    def kind(self) -> str:
        """The most specific kind."""
        return most_specific(self.kinds)


class Ways(NamedTuple):
    """Queries, keys and values, each back to its projections."""

    queries: Operand
    keys: Operand
    values: Operand


class Reader:
    """Looks at anchors of one trail."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.scores = Scores(trail)
        self.channels = Channels(trail)
        self.sizes = Sizes(trail, self.channels)

    def fused(self, op: Op) -> Instance | None:
        """Attention as one operator."""
        if len(op.inputs) < 3:
            return None
        query, key, value, *rest = op.inputs
        rank = len(query.shape)
        score = Product(
            op, query, key, op.outputs[0], (rank - 1,), (rank - 1,), (rank - 2,), (rank - 2,),
            (rank - 2,), (rank - 2,),
        )  # fmt: skip
        found = Seen()
        if op.literals.get("is_causal"):
            found.sources.add("is_causal")
            found.forms.append(Visible(form="causal", causal=True))
        for mask in () if op.name.startswith("higher_order") else rest[:1]:
            found.length = key.shape[-2]
            mask_of(self.trail, mask, True, found)
        scale = op.literals.get("scale")
        width = query.shape[-1]
        if not isinstance(scale, int | float) and isinstance(width, int):
            scale = width**-0.5
        chain = Chain(products=[score], scale=float(scale) if scale is not None else 1.0)
        dropout = op.literals.get("dropout_p", 0.0)
        used = Use(values=value, dropout=dropout if isinstance(dropout, int | float) else 0.0)
        return self._instance(op, chain, found, used, None)

    def flexible(self, op: Op) -> Instance | None:
        """Attention whose scores and mask are functions, by what calling them showed."""
        found = self.fused(op)
        known = self.trail.patterns.get(op.id)
        if found is None:
            return None
        features = found.features
        if known is not None:
            form = known.shown
            windowed = form.form in ("window", "symmetric")
            features = msgspec.structs.replace(
                features,
                causal=form.causal,
                window=form.size if windowed else None,
                chunk=form.size if form.form == "chunk" else None,
                bias=known.bias,
                softcap=known.cap,
                mask_source="computed" if form.form != "full" else None,
            )
        return found._replace(features=features, kinds=frozenset({"flex"}))

    def exponential(self, op: Op, total: Op) -> Instance | None:
        """Attention around exponentials that are divided by their sum."""
        dims = total.literals.get("dim")
        axis = dims[0] if isinstance(dims, list) else -1
        found = self.softmax(msgspec.structs.replace(op, literals={"dim": axis}))
        more = [u for u in self.trail.users(total) if self.trail.base(u) == "add"]
        if found and any(self._weighs(t) for u in more for t in u.inputs):
            features = msgspec.structs.replace(found.features, sink=True)
            found = found._replace(features=features, kinds=found.kinds | {"sink"})
        return found

    def _weighs(self, tensor: Tensor) -> bool:
        """Whether a part of the sum is an exponential of weights, or a number."""
        made = list(self.trail.back(tensor, 4))
        names = [self.trail.base(op) for op in made]
        learned = any(not self.trail.flows(t) and t.shape for op in made for t in op.inputs)
        return "sum" not in names and (not made or ("exp" in names and learned))

    def softmax(self, op: Op) -> Instance | None:
        """Attention around a softmax, however it is written."""
        used = use(self.trail, op)
        chain = self.scores.before(op.inputs[0])
        if not chain.products and used.samples:
            return Instance(op, frozenset({"deformable"}), Features(heads=_heads_of(op)), op.inputs)
        if not chain.products or used.values is None:
            return None
        literal = op.literals.get("dim", -1)
        axis = literal if isinstance(literal, int) else -1
        chain.terms += used.terms
        score = _oriented(chain.products[0], op, axis)
        chain.products[0] = score
        if split(self.trail, op):
            used.splits = True
        masks = seen(self.trail, chain, self.sizes.length(score.right, score.right_free))
        return self._instance(op, chain, masks, used, op.outputs[0].dtype)

    def _instance(
        self, op: Op, chain: Chain, masks: Seen, used: Use, softmax: str | None
    ) -> Instance:
        score = chain.products[0]
        assert used.values is not None
        ways = Ways(*(operand(self.trail, t) for t in (score.left, score.right, used.values)))
        features = self._features(op, chain, masks, used, ways, softmax)
        shape = layout(self.trail, self.channels, score, ways.queries, features.query_length or 0)
        if shape and shape.chunk:
            features = msgspec.structs.replace(features, chunk=shape.chunk)
        kinds = {*fitting(features, masks, chain, used)}
        kinds |= {shape.kind} if shape else set()
        kinds |= self._chosen(chain, ways) | self._made(chain, ways)
        if {"neighbourhood", "longformer"} & kinds:
            kinds -= {"chunked-local", "axial"}
            features = msgspec.structs.replace(features, chunk=None)
        if "mla" in kinds:
            kinds -= {"cross", "gqa"}
            features = msgspec.structs.replace(features, cross=False)
        begins = (score.left, score.right, used.values)
        return Instance(op, frozenset(kinds), features, begins)

    def _features(
        self, op: Op, chain: Chain, masks: Seen, used: Use, ways: Ways, softmax: str | None
    ) -> Features:
        score = chain.products[0]
        queries, keys, _ = ways
        heads, kv_heads = self.sizes.heads(score)
        lengths = (
            self.sizes.length(score.left, score.left_free),
            self.sizes.length(score.right, score.right_free),
        )
        window = masks.form("window") or masks.form("symmetric")
        return Features(
            heads=heads,
            kv_heads=kv_heads,
            head_dim=_int(score.depth),
            value_dim=_value_dim(used, score.depth),
            causal=masks.causal,
            window=window.size if window else None,
            chunk=masks.chunk,
            bias=masks.bias,
            softcap=chain.softcap,
            sink=self._sinks(chain),
            dropout=float(used.dropout) or dropped(self.trail, op, lengths),
            cross=crosses(self.trail, queries, keys),
            mask_source=masks.source,
            softmax_dtype=softmax,
            cache=cache(self.trail, keys),
            rope=rope(self.trail, queries, score.depth),
            qk_norm=normed(queries) and normed(keys) and not unit(queries),
            scale=_scale(chain, queries, keys),
            dtype=score.left.dtype,
            query_length=lengths[0],
            key_length=lengths[1],
            weights_returned=returned(self.trail, op) if softmax else False,
            backward=self.trail.view.trace.training,
        )

    def _chosen(self, chain: Chain, ways: Ways) -> set[str]:
        """The kinds in which queries have keys of their own, over the parts of the scores."""
        score, *more = chain.products[:PARTS]
        parts = [(score, ways.keys), *((part, operand(self.trail, part.right)) for part in more)]
        kinds = (chosen(self.trail, self.channels, part, keys) for part, keys in parts)
        return {kind for kind in kinds if kind}

    def _made(self, chain: Chain, ways: Ways) -> set[str]:
        """The kinds that tell how queries, keys and scores are made."""
        fits = {
            "cosine": unit(ways.queries) and unit(ways.keys),
            "mla": latent(self.trail, *ways),
            "disentangled": len(chain.products) > 1 and chain.gathers,
        }
        return {name for name, holds in fits.items() if holds}

    def _sinks(self, chain: Chain) -> bool:
        """Whether weights stand beside the scores as one more key."""
        return any(not self.trail.flows(t) and t.shape and t.shape[-1] == 1 for t in chain.extra)


def _oriented(score: Product, softmax: Op, axis: int) -> Product:
    """The product with queries on the left: the softmax is over the keys."""
    rank = len(softmax.inputs[0].shape)
    over = axis % rank if rank else 0
    if len(score.out.shape) == rank and over in score.left_out and over not in score.right_out:
        return score.mirrored()
    return score


def _scale(chain: Chain, queries: Operand, keys: Operand) -> float | None:
    if chain.scaled_by_tensor:
        return None
    return round(chain.scale * queries.scale * keys.scale, 9)


def _value_dim(used: Use, depth: int | str | None) -> int | None:
    """The width of values, where it is another than that of the keys."""
    if used.values is None:
        return None
    axes = used.product.right_free if used.product else (len(used.values.shape) - 1,)
    width = math.prod(_int(used.values.shape[a]) or 1 for a in axes)
    return width if width != depth else None


def _int(size: int | str | None) -> int | None:
    return size if isinstance(size, int) else None


def _heads_of(op: Op) -> int | None:
    shape = op.outputs[0].shape
    return _int(shape[2]) if len(shape) == 4 else None
