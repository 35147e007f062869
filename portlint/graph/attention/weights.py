"""From a softmax on to the product that sums up values."""

from __future__ import annotations

import dataclasses

from portlint.graph.attention.names import (
    BOUNDING,
    CONVOLVING,
    DROPPING,
    HIDING,
    PROJECTING,
    SCALING,
    VIEWS,
)
from portlint.graph.attention.product import Product, product
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor

REACH = 24
"""Ops between a softmax and its values that are looked at."""


@dataclasses.dataclass
class Use:
    """How weights are used: `values` is the operand beside them; `minus` is another softmax's.

    `terms` are what the weights are multiplied with before.
    """

    product: Product | None = None
    values: Tensor | None = None
    dropout: float = 0.0
    mixes_heads: bool = False
    minus: bool = False
    splits: bool = False
    samples: bool = False
    terms: list[tuple[Op, Tensor]] = dataclasses.field(default_factory=list)


def use(trail: Trail, softmax: Op) -> Use:
    """The nearest product that the weights of a softmax enter."""
    found = Use()
    waiting: list[tuple[Op, Tensor]] = [(softmax, softmax.outputs[0])]
    seen = {softmax.id}
    for op, _ in waiting:
        for user in trail.users(op):
            if user.id in seen or len(seen) > REACH:
                continue
            seen.add(user.id)
            if _ends(trail, seen, user, found):
                return found
            if _passes(trail, op, user, found):
                waiting.append((user, user.outputs[0]))
    return found


def _ends(trail: Trail, weights: set[int], user: Op, found: Use) -> bool:
    """Whether this is the product with values."""
    made = product(trail, user)
    if made is None or not made.summed:
        return False
    for side in (made, made.mirrored()):
        if side.left.source in weights and not same(side.left, side.right):
            found.samples |= _sampled(trail, side.right)
            if trail.flows(side.right) or _projected(trail, side.right):
                found.product, found.values = side, side.right
                return True
    return False


def _passes(trail: Trail, op: Op, user: Op, found: Use) -> bool:
    """Whether the weights are still weights behind this op; notes what it does."""
    name = trail.base(user)
    if not user.outputs:
        return False
    if name in DROPPING:
        rate = user.literals.get("p", 0.0)
        if user.literals.get("train", True):
            found.dropout = float(rate) if isinstance(rate, int | float) else 0.0
        return name != "bernoulli"
    if (
        name in VIEWS
        or name in BOUNDING
        or name in HIDING
        or name in ("cat", "stack", "log", "exp")
    ):
        return True
    if name in SCALING:
        others = [t for t in user.inputs if t.source != op.id]
        found.samples |= any(_sampled(trail, t) for t in others)
        found.terms += [(user, t) for t in others]
        return True
    if name in ("sub", "rsub", "add"):
        found.minus |= (
            name != "add" and len(user.inputs) > 1 and all(trail.flows(t) for t in user.inputs)
        )
        return True
    mixing = name in PROJECTING | CONVOLVING or product(trail, user) is not None
    weights = len(user.inputs) > 1 and not trail.flows(user.inputs[1])
    if mixing and weights and len(user.outputs[0].shape) >= 4:
        found.mixes_heads = True
        return True
    return False


def _sampled(trail: Trail, tensor: Tensor) -> bool:
    """Whether values are read at places between the pixels of a map."""
    return any(trail.base(op).startswith("grid_sampler") for op in trail.back(tensor, 12))


def _projected(trail: Trail, tensor: Tensor) -> bool:
    return any(trail.base(op) in PROJECTING for op in trail.back(tensor, 12))
