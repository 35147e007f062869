"""Keys and values that are summed up, at once or as a running sum -> what they are."""

from __future__ import annotations

from portlint.attention.features import Features
from portlint.graph.attention.instance import Instance, Reader
from portlint.graph.attention.names import BOUNDING, SCALING, VIEWS
from portlint.graph.attention.product import Product, product
from portlint.record import Op, Tensor


def summed_first(reader: Reader, side: Product) -> Instance | None:
    """Queries times what keys and values sum up to."""
    trail, channels = reader.trail, reader.channels
    if not trail.flows(side.left) or len(side.summed) != 1:
        return None
    first = _sum_behind(reader, side.right)
    if first is None or channels.of(side.left)[side.summed[0]] == 1:
        return None
    width = first.right.shape[first.right_free[0]] if len(first.right_free) == 1 else None
    heads = reader.sizes.beside(side.left, side.summed)
    features = Features(
        heads=heads,
        kv_heads=heads,
        head_dim=width if isinstance(width, int) else None,
        causal=False,
        dtype=side.left.dtype,
    )
    return Instance(side.op, frozenset(["linear"]), features)


def _sum_behind(reader: Reader, tensor: Tensor) -> Product | None:
    """Keys times values, summed over the tokens."""
    trail, channels = reader.trail, reader.channels
    for _ in range(6):
        op = trail.maker(tensor)
        if op is None or not op.inputs:
            return None
        made = product(trail, op)
        if made is not None and made.summed:
            if len(made.summed) != 1 or not all(trail.flows(t) for t in (made.left, made.right)):
                return None
            left, right = channels.of(made.left), channels.of(made.right)
            tokens = left[made.summed[0]] == 1 == right[made.right_summed[0]] and made.depth != 1
            wide = all(left[a] > 1 for a in made.left_free) and all(
                right[a] > 1 for a in made.right_free
            )
            return made if tokens and wide and made.left_free and made.right_free else None
        name = trail.base(op)
        if name not in VIEWS | BOUNDING and not (name in SCALING and len(op.inputs) == 1):
            return None
        tensor = op.inputs[0]
    return None


def cumulative(reader: Reader, op: Op) -> Instance | None:
    """A running sum of outer products, or of terms that a decay has been taken out of."""
    trail = reader.trail
    made = trail.maker(op.inputs[0])
    read = [u for u in _behind(reader, op, 6) if (p := product(trail, u)) and p.summed]
    if made is None or not trail.flows(op.inputs[0]):
        return None
    outer = product(trail, made)
    both = outer is not None and all(trail.flows(t) for t in (outer.left, outer.right))
    if (
        outer is not None
        and both
        and not outer.summed
        and outer.left_free
        and outer.right_free
        and read
    ):
        shape = op.outputs[0].shape
        channels = reader.channels.of(outer.left)
        heads = reader.sizes.beside(outer.left, outer.left_free)
        width = shape[-1]
        features = Features(
            heads=heads,
            kv_heads=heads,
            head_dim=width if isinstance(width, int) and channels else None,
            causal=True,
            dtype=op.inputs[0].dtype,
        )
        return Instance(op, frozenset(["linear"]), features)
    if trail.base(made) not in SCALING or len(made.inputs) != 2:
        return None
    if not any(_is_exponential(reader, t) for t in made.inputs):
        return None
    name = "ssm-selective-scan" if read and len(op.outputs[0].shape) > 3 else "linear-recurrence"
    return Instance(op, frozenset([name]), Features(causal=True, dtype=op.inputs[0].dtype))


def _is_exponential(reader: Reader, tensor: Tensor) -> bool:
    names = [reader.trail.base(op) for op in reader.trail.back(tensor, 3)]
    return "exp" in names


def _behind(reader: Reader, op: Op, limit: int) -> list[Op]:
    """The ops that use what an op gives, near ones first."""
    waiting, seen = [op], {op.id}
    for current in waiting:
        for user in reader.trail.users(current):
            if user.id not in seen and len(seen) <= limit:
                seen.add(user.id)
                waiting.append(user)
    return waiting[1:]
