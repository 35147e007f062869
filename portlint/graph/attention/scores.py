"""From a softmax back to the products it weighs: scale, mask, bias, soft-cap, sinks."""

from __future__ import annotations

import dataclasses

from portlint.graph.attention.names import (
    ADDING,
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

STEPS = 48
"""Ops between a softmax and its scores; eager attention of libraries has up to a dozen."""
MASKS = 6


@dataclasses.dataclass
class Chain:
    """What lies between the softmax and the products.

    `terms` are what is added, subtracted or multiplied, with the op that does it; `masks` are what
    hides, with whether the true places stay; `extra` are what a `cat` puts beside the scores.
    """

    products: list[Product] = dataclasses.field(default_factory=list)
    terms: list[tuple[Op, Tensor]] = dataclasses.field(default_factory=list)
    masks: list[tuple[Tensor, bool]] = dataclasses.field(default_factory=list)
    extra: list[Tensor] = dataclasses.field(default_factory=list)
    scale: float = 1.0
    scaled_by_tensor: bool = False
    softcap: float | None = None
    mixes_heads: bool = False
    gathers: bool = False
    shifts: bool = False
    triangular: bool = False
    beside: list[Tensor] = dataclasses.field(default_factory=list)
    ops: list[Op] = dataclasses.field(default_factory=list)


class Scores:
    """Walks back from scores; what leads to no product is a term."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.reaches: dict[int, bool] = {}

    def before(self, tensor: Tensor) -> Chain:
        """The chain that ends in a tensor of scores."""
        chain = Chain()
        self._walk(tensor, chain, STEPS)
        scale = chain.scale
        for other in chain.beside:
            self._walk(other, chain, STEPS // 2)
        chain.scale = scale
        return chain

    def _walk(self, tensor: Tensor, chain: Chain, steps: int) -> None:
        while steps > 0:
            op = self.trail.maker(tensor)
            if op is None:
                return
            steps -= 1
            chain.ops.append(op)
            if found := self._scores(op):
                chain.products.append(found)
                if self.trail.base(op) == "baddbmm":
                    chain.scale *= _number(op, "alpha")
                    if op.literals.get("beta", 1) != 0:
                        chain.terms.append((op, op.inputs[0]))
                return
            following = self._through(op, chain)
            if following is None:
                return
            tensor = following

    def _scores(self, op: Op) -> Product | None:
        """A product of two operands that both depend on the input, or are projected."""
        found = product(self.trail, op)
        if found is None or not found.summed:
            return None
        if not found.left_out and not found.right_out:
            return None
        sides = (found.left, found.right)
        return found if all(self.trail.flows(t) or self._projected(t) for t in sides) else None

    def _projected(self, tensor: Tensor) -> bool:
        """Whether an operand made of weights is a projection of them: learned queries."""
        return any(
            self.trail.base(op) in PROJECTING or op.name == "aten.matmul.default"
            for op in self.trail.back(tensor, 12)
        )

    def _through(self, op: Op, chain: Chain) -> Tensor | None:
        """The operand that leads on to the scores; notes what the op does with it."""
        name = self.trail.base(op)
        if op.id in self.trail.filled:
            return next((t for t in self.trail.filled[op.id] if self.leads(t)), None)
        if not op.inputs:
            return None
        if name in VIEWS or name in BOUNDING or name in DROPPING:
            chain.shifts |= name in ("as_strided", "pad", "constant_pad_nd")
            return op.inputs[0]
        if name == "tanh":
            chain.softcap = chain.scale
            return op.inputs[0]
        if name in SCALING or self._elementwise(op):
            return self._scaled(op, chain, name)
        if name in HIDING:
            return self._hidden(op, chain, name)
        if name in ADDING:
            return self._added(op, chain)
        if name in ("cat", "stack"):
            return self._joined(op, chain)
        if name in ("gather", "index", "take_along_dim"):
            chain.gathers = True
            return op.inputs[0]
        return self._mixed(op, chain, name)

    def _elementwise(self, op: Op) -> bool:
        """An einsum that sums over nothing."""
        found = product(self.trail, op) if self.trail.base(op) == "einsum" else None
        return found is not None and not found.summed

    def _scaled(self, op: Op, chain: Chain, name: str) -> Tensor | None:
        if len(op.inputs) == 1:
            factor = _number(op, "other")
            chain.scale *= factor if name in ("mul", "__imul__") else 1 / (factor or 1.0)
            return op.inputs[0]
        scores, other = self._sides(op)
        if scores is None:
            return None
        if self.trail.flows(other) and self.leads(other):
            return None
        chain.terms.append((op, other))
        chain.scaled_by_tensor = True
        return scores

    def _hidden(self, op: Op, chain: Chain, name: str) -> Tensor | None:
        if name in ("tril", "triu"):
            chain.triangular = True
            return op.inputs[0]
        if name == "where":
            if len(op.inputs) < 2:
                return None
            kept = self.leads(op.inputs[1]) and not op.name.endswith("ScalarSelf")
            chain.masks.append((op.inputs[0], kept))
            return op.inputs[1] if kept else op.inputs[-1]
        for mask in op.inputs[1:2]:
            chain.masks.append((mask, False))
        return op.inputs[0]

    def _added(self, op: Op, chain: Chain) -> Tensor | None:
        if len(op.inputs) == 1:
            return op.inputs[0]
        scores, other = self._sides(op)
        if scores is None:
            return None
        if self.leads(other) and not _reduced(self.trail, other):
            chain.beside.append(other)
        elif not _reduced(self.trail, other):
            chain.terms.append((op, other))
        return scores

    def _joined(self, op: Op, chain: Chain) -> Tensor | None:
        leading = [t for t in op.inputs if self.leads(t)]
        chain.extra += [t for t in op.inputs if t not in leading]
        for other in leading[1:MASKS]:
            if not same(other, leading[0]):
                chain.beside.append(other)
        return leading[0] if leading else None

    def _mixed(self, op: Op, chain: Chain, name: str) -> Tensor | None:
        """Weights that mix the scores of several heads."""
        weights = len(op.inputs) > 1 and not self.trail.flows(op.inputs[1])
        whole = len(op.outputs[0].shape) >= 4 if op.outputs else False
        found = product(self.trail, op)
        mixing = name in PROJECTING | CONVOLVING or (found is not None and weights)
        if not mixing or not weights or not whole or not self.leads(op.inputs[0]):
            return None
        chain.mixes_heads = True
        return op.inputs[0]

    def _sides(self, op: Op) -> tuple[Tensor | None, Tensor]:
        """Of two operands the one that leads to a product, and the other."""
        one, other = op.inputs[:2]
        if self.leads(one):
            return one, other
        return (other, one) if self.leads(other) else (None, one)

    def leads(self, tensor: Tensor, steps: int = STEPS) -> bool:
        """Whether a product of activations lies behind a tensor, before any projection."""
        op = self.trail.maker(tensor)
        if op is None or steps == 0:
            return False
        if op.id not in self.reaches:
            self.reaches[op.id] = self._leads(op, steps - 1)
        return self.reaches[op.id]

    def _leads(self, op: Op, steps: int) -> bool:
        if self._scores(op):
            return True
        name = self.trail.base(op)
        if op.id in self.trail.filled:
            return any(self.leads(tensor, steps) for tensor in self.trail.filled[op.id])
        if name in _PASSED or name in VIEWS or self._elementwise(op):
            return any(self.leads(tensor, steps) for tensor in op.inputs)
        mixing = name in PROJECTING | CONVOLVING or name in ("matmul", "einsum")
        whole = bool(op.outputs) and len(op.outputs[0].shape) >= 4 and len(op.inputs) > 1
        return (
            mixing
            and whole
            and not self.trail.flows(op.inputs[1])
            and self.leads(op.inputs[0], steps)
        )


_PASSED = (
    SCALING
    | ADDING
    | HIDING
    | BOUNDING
    | DROPPING
    | {"tanh", "cat", "stack", "gather", "index", "take_along_dim"}
)


def _reduced(trail: Trail, tensor: Tensor) -> bool:
    """Whether a tensor is the largest score, taken away for stability."""
    return any(trail.base(op) in ("amax", "max", "logsumexp") for op in trail.back(tensor, 3))


def _number(op: Op, name: str) -> float:
    value = op.literals.get(name)
    return float(value) if isinstance(value, int | float) else 1.0
