"""Terms of a program -> attentions with a softmax: their kinds and features."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from portlint.attention.features import Bias, Features, Source
from portlint.source.attention import projections as shape
from portlint.source.attention import rotary, sizes, ways
from portlint.source.attention.choosing import chosen, of_blocks
from portlint.source.attention.found import Instance, Product
from portlint.source.attention.masks import ALL, Seen, added, far, seen, unseen
from portlint.source.attention.naming import kind
from portlint.source.attention.positions import bias_of
from portlint.source.attention.products import Mod, Scores, Search, factors, learned, value_of
from portlint.source.attention.program import Context
from portlint.source.attention.scaling import _scale
from portlint.source.attention.terms import Term, below, has, known, number, whole


def read(made: Sequence[tuple[Term, Context]]) -> Iterator[tuple[Product, Context]]:
    """Every attention by hand, and every call of SDPA."""
    search = Search()
    done: dict[int, None] = {}
    differences = _differences(made)
    for term, context in made:
        if term.op == "scaled_dot_product_attention" and term.node is not None:
            query, key, value = (term.given(n, i) for i, n in enumerate(("query", "key", "value")))
            if query is not None and key is not None and value is not None:
                mask = term.given("attn_mask", 3)
                after = differences.get(id(term), ())
                if after is not None:
                    yield (
                        Product(query, key, value, (), after, term.node, None, mask, term),
                        context,
                    )
            continue
        if term.op == "flex_attention" and len(term.args) > 2 and term.node is not None:
            scored = search.scores(term.kw["scored"]) if "scored" in term.kw else []
            mods = scored[0].mods if scored else ()
            query, key, value = term.args[:3]
            yield Product(query, key, value, mods, (), term.node, flex=term), context
            continue
        for found in _by_hand(term, search):
            if found.softmax is not None and id(found.softmax) not in done:
                done[id(found.softmax)] = None
                yield found, context


def _differences(made: Sequence[tuple[Term, Context]]) -> dict[int, tuple[Mod, ...] | None]:
    """Calls of SDPA that are taken off one another; the second of a pair is no attention apart."""
    found: dict[int, tuple[Mod, ...] | None] = {}
    for term, _ in made:
        if term.op == "sub" and len(term.args) > 1:
            left, right = _called(term.args[0]), _called(term.args[1])
            if left is not None and right is not None and left is not right:
                found[id(left)] = (Mod("differential", term, False, term.node),)
                found[id(right)] = None
    return found


def _called(term: Term) -> Term | None:
    while term.args and term.op in ("mul", "transpose", "reshape", "view", "norm", "permute"):
        inner = [a for a in term.args[:2] if a.op == "scaled_dot_product_attention"]
        term = inner[0] if inner else term.args[0]
    return term if term.op == "scaled_dot_product_attention" else None


def _by_hand(term: Term, search: Search) -> Iterator[Product]:
    pair = factors(term)
    if pair is None or term.node is None:
        return
    for weights, value in (pair, pair[::-1]):
        for softmax, after in search.weights(weights):
            for scores in search.scores(softmax.args[0]):
                query, key = _sides(scores, value)
                if not _attends(query, key, value):
                    continue
                yield Product(query, key, value, scores.mods, after, term.node, softmax)
                return


def _sides(scores: Scores, value: Term) -> tuple[Term, Term]:
    """Which factor is the query: the left one, unless only the right one is laid out as one."""
    pair = factors(scores.product)
    assert pair is not None
    left, right = pair
    if left.op == "transpose" and right.op != "transpose" and scores.product.op == "matmul":
        return right, left
    return left, right


def _attends(query: Term, key: Term, value: Term) -> bool:
    """Whether it is attention: a router or a pooling scores against a parameter."""
    if learned(key):
        return learned(value)
    if learned(query):
        keys, values = ways.linears(key), ways.linears(value)
        return bool(keys and values) and {id(k) for k in keys} != {id(v) for v in values}
    return "const" not in (query.op, key.op, value.op)


def instance(found: Product, context: Context, root: str, given: set[int]) -> Instance:
    """Kind and features of an attention; `given` are softmaxes that the program returns."""
    names: set[str] = set()
    features = _features(found, names)
    if found.softmax is not None and id(found.softmax.node) in given:
        features = msgspec.structs.replace(features, weights_returned=True)
    marks = [(mod.kind, mod.node) for mod in found.mods if mod.node is not None and not mod.maybe]
    return Instance(
        kind(names, features),
        features,
        getattr(found.node, "lineno", 0),
        context.function,
        root,
        found.node,
        tuple(marks),
    )


def _features(found: Product, names: set[str]) -> Features:
    query, key, value = found.query, found.key, found.value
    queries, keys, values = sizes.size(query), sizes.size(key), sizes.size(value)
    heads, kv_heads = _heads(found, queries, keys)
    width = queries.width or keys.width
    call = found.call
    mask = _mask(found)
    bias, source = _bias(found, mask)
    causal = mask.low > -1 if mask.banded else None if _open(found) else False
    if math.isnan(mask.low):
        causal = None
    window, symmetric = _window(mask)
    chunk = mask.chunk or shape_chunk(query)
    if symmetric:
        causal = False
    names |= set(_names(found, mask, bias, symmetric)) | set(chosen(query, key, value, mask))
    for mod in found.mods:
        if mod.kind == "joined" and (pair := factors(mod.term)) is not None:
            names |= set(chosen(query, pair[1], value, mask))
    flag = call or found.flex
    if flag is not None and known(flag.kw.get("enable_gqa")) is True:
        names.add("gqa")
    times = shape.repeated(key, query)
    single = sizes.single(key) and not sizes.single(query)
    if (times == 0 and heads is None) or single:
        names.add("gqa")
    kv_heads = 1 if single else kv_heads
    if chunk is None and "chunk" in mask.forms:
        names.add("chunked-local")
    unit = shape.unit(query) and shape.unit(key)
    if unit:
        names.add("cosine")
    if shape.latent(query, key, value) or shape.absorbed(query, key):
        names.add("mla")
    cap = _cap(found.mods, names)
    return Features(
        heads=heads,
        kv_heads=kv_heads,
        head_dim=width,
        value_dim=_apart(sizes.part_width(value) or values.width, width),
        causal=causal,
        window=window,
        chunk=chunk,
        bias=bias,
        softcap=cap,
        sink=any(m.kind == "sink" and not m.maybe for m in (*found.mods, *found.after)),
        dropout=_dropout(found),
        cross=shape.crossed(query, key, value),
        mask_source=source,
        softmax_dtype=_dtype(found),
        cache=shape.cache(key),
        rope=rotary.rope(query),
        qk_norm=shape.normed(query) and shape.normed(key) and not unit,
        scale=_scale(found, width),
    )


def _apart(width: int | None, other: int | None) -> int | None:
    return width if width != other else None


def _open(found: Product) -> bool:
    """Whether a mask may be there that is not known."""
    mask = found.mask
    return mask is not None and mask.op in ("phi", "call", "unknown")


def _heads(found: Product, query: sizes.Size, key: sizes.Size) -> tuple[int | None, int | None]:
    heads, kv_heads = query.heads, key.heads
    times = shape.repeated(found.key, found.query)
    if kv_heads is not None and heads is None and times:
        heads = kv_heads * times
    return heads, kv_heads


def _mask(found: Product) -> Seen:
    """Which keys a query sees."""
    call, result = found.call, ALL
    if call is not None:
        flag = known(call.given("is_causal", 5))
        if flag is True:
            result = result.join(Seen(low=0, source=None, forms=frozenset(["flag"])))
        if found.mask is not None and found.mask.op != "const":
            result = result.join(_either(found.mask))
        return result
    if "seen" in (block := _block(found)).kw:
        result = result.join(seen(block.kw["seen"]))
    for mod in (*found.mods, *(m for m in found.after if m.kind == "keep")):
        if mod.maybe:
            continue
        if mod.kind == "fill":
            result = result.join(unseen(mod.term))
        elif mod.kind in ("keep", "triangle"):
            result = result.join(seen(mod.term))
        elif mod.kind in ("add", "sub") and _is_mask(mod.term):
            result = result.join(added(mod.term))
        elif mod.kind == "set":
            result = result.join(Seen(forms=frozenset(["dense"]), source="computed"))
    return result


def _block(found: Product) -> Term:
    """The block mask of a call of flex_attention."""
    mask = found.flex.kw.get("block_mask") if found.flex is not None else None
    return mask if mask is not None else Term("unknown")


def _either(mask: Term) -> Seen:
    """A mask of SDPA: truths, or numbers that are added."""
    if far(mask) or bias_of(mask) is not None:
        return added(mask)
    return seen(mask)


def _is_mask(term: Term) -> bool:
    return far(term) or bias_of(term) is None or has(term, "tril", "triu", "masked_fill")


def _bias(found: Product, mask: Seen) -> tuple[Bias | None, Source | None]:
    terms = [m.term for m in found.mods if m.kind in ("add", "bias") and not m.maybe]
    if found.mask is not None:
        terms.append(found.mask)
    bias = next((b for term in terms if (b := bias_of(term)) is not None), None)
    source = mask.source
    if source is None and "flag" in mask.forms:
        source = "is_causal"
    return bias, source


def _window(mask: Seen) -> tuple[int | None, bool]:
    """Keys that a query sees at most, and whether it looks to both sides."""
    if math.isinf(mask.high):
        return None, False
    symmetric = math.isinf(mask.low) or mask.low < 0
    if math.isinf(mask.low) or math.isnan(mask.high) or math.isnan(mask.low):
        return None, symmetric and not math.isinf(mask.low)
    return int(mask.high - mask.low) + 1, symmetric


def _names(found: Product, mask: Seen, bias: Bias | None, symmetric: bool) -> Iterator[str]:
    if symmetric:
        yield "symmetric-window"
    elif mask.low == 0 and not math.isinf(mask.high):
        yield "sliding-window"
    forms = mask.forms
    if "dense" in forms and not mask.banded and bias is None:
        yield "dense-mask"
    if "packed" in forms:
        yield "varlen"
    if mask.banded and forms & {"column", "row"}:
        yield "prefix-mask"
    if "tree" in forms:
        yield "tree-mask"
    if "block" in forms:
        yield "block-sparse"
    if any(m.kind == "mix" for m in found.mods) or any(m.kind == "mixed" for m in found.after):
        yield "talking-heads"
    if any(m.kind == "differential" for m in found.after):
        yield "differential"
    if any(_disentangled(m) for m in found.mods):
        yield "disentangled"
    if found.flex is not None:
        yield "flex"
    if "sparse" in forms:
        yield "topk-sparse"
        terms = [m.term for m in found.mods] + ([found.mask] if found.mask is not None else [])
        if any(of_blocks(term) for term in terms):
            yield "block-topk-sparse"
    if any(m.kind == "topk" for m in found.mods):
        yield "topk-sparse"


def _disentangled(mod: Mod) -> bool:
    """Products with positions, gathered by distance and added."""
    return mod.kind in ("bias", "add") and any(
        item.op in ("gather", "take_along_dim") and has(item.args[0], "matmul", "einsum")
        for item in below(mod.term)
    )


def shape_chunk(query: Term) -> int | None:
    """The length of chunks that lie in a dimension of their own: `unflatten(2, (n, 4))`."""
    for item in ways.way(query):
        if item.op == "unflatten" and whole(item.given("dim", 1)) in (2, -2):
            parts = item.args[2].args if len(item.args) > 2 else ()
            if len(parts) == 2:
                return whole(parts[1])
    return None


def _cap(mods: tuple[Mod, ...], names: set[str]) -> float | None:
    """The value of `cap * tanh(scores / cap)`."""
    places = [i for i, mod in enumerate(mods) if mod.kind == "tanh" and not mod.maybe]
    if not places:
        return None
    names.add("softcap")
    later = [m for m in mods[places[0] + 1 :] if m.kind == "mul"]
    return number(later[0].term) if later else None


def _dropout(found: Product) -> float:
    if found.call is not None:
        return value_of(found.call.given("dropout_p", 4)) or 0.0
    rates = [value_of(m.term.given("p", 1)) for m in found.after if m.kind == "dropout"]
    return max((rate for rate in rates if rate is not None), default=0.0)


def _dtype(found: Product) -> str | None:
    """The type that the softmax is told to compute in."""
    if found.softmax is None:
        return None
    given = found.softmax.kw.get("dtype")
    if given is not None and given.path.startswith("torch."):
        return given.path.rpartition(".")[2]
    inner = found.softmax.args[0]
    return "float32" if inner.op in ("float", "float32") else None
