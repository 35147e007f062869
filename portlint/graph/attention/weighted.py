"""Scores of all pairs that are weighted instead of a softmax -> what they are."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.attention.features import Features
from portlint.graph.attention.instance import Instance, Reader
from portlint.graph.attention.names import SCALING, VIEWS
from portlint.graph.attention.operand import elements
from portlint.graph.attention.product import Product, product
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor

SOLVING = frozenset(
    "linalg_solve_triangular linalg_solve triangular_solve linalg_inv inverse".split()
)
NEAR = 24


def paired(reader: Reader, side: Product, ops: Sequence[Op]) -> Instance | None:
    """Scores of all pairs, masked or weighted with a decay, times values."""
    trail, channels = reader.trail, reader.channels
    if side.left.source is None or len(side.summed) != 1 or not trail.flows(side.right):
        return None
    if channels.of(side.right)[side.right_summed[0]] != 1 or side.depth == 1:
        return None
    chain = reader.scores.before(side.left)
    if not chain.products or not chain.products[0].summed:
        return None
    score = chain.products[0]
    if not all(trail.flows(t) for t in (score.left, score.right)):
        return None
    if channels.of(score.left)[score.summed[0]] == 1:
        return None
    name = _by_weight(reader, [t for _, t in chain.terms], chain.triangular, ops)
    if name is None:
        return None
    return Instance(side.op, frozenset([name]), _of_score(reader, score, name, chain.scale))


def _by_weight(
    reader: Reader, factors: list[Tensor], triangular: bool, ops: Sequence[Op]
) -> str | None:
    """By what scores are multiplied with: a decay that is known, or one that data makes."""
    trail = reader.trail
    known = [p for t in factors if (p := trail.pattern(t))]
    if any(p.bias == "decay" for p in known):
        return "retention"
    made = {trail.base(op) for t in factors if trail.flows(t) for op in trail.back(t, NEAR)}
    if "exp" in made and made & {"cumsum", "sub", "segment_reduce"}:
        return "gated-delta" if any(_corrects(trail, op) for op in ops) else "ssd"
    causal = any((p.nonzero or p.shown).causal for p in known)
    return "linear" if triangular or causal else None


def _corrects(trail: Trail, op: Op) -> bool:
    """Whether what earlier keys foretold is taken away: a system is solved, or keys meet keys."""
    if trail.base(op) in SOLVING:
        return True
    made = product(trail, op)
    if made is None or not made.summed or made.left_free == () or made.right_free == ():
        return False
    return trail.flows(made.left) and same(
        _unscaled(trail, made.left), _unscaled(trail, made.right)
    )


def _unscaled(trail: Trail, tensor: Tensor) -> Tensor:
    """A tensor before it was scaled and moved about."""
    for _ in range(NEAR):
        op = trail.maker(tensor)
        if op is None or not op.inputs or trail.base(op) not in VIEWS | SCALING:
            return tensor
        if len(op.inputs) > 1:
            tensor = max(op.inputs, key=lambda t: (trail.flows(t), elements(t)))
        elif trail.base(op) in ("split", "split_with_sizes", "chunk", "unbind", "select", "slice"):
            return tensor
        else:
            tensor = op.inputs[0]
    return tensor


def _of_score(reader: Reader, score: Product, name: str, scale: float) -> Features:
    heads, kv_heads = reader.sizes.heads(score)
    width = score.depth
    return Features(
        heads=heads if name != "ssd" else None,
        kv_heads=kv_heads if name != "ssd" else None,
        head_dim=width if isinstance(width, int) and name != "ssd" else None,
        causal=True,
        bias="decay" if name == "retention" else None,
        dtype=score.left.dtype,
    )
