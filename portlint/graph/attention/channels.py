"""How much of each axis a projection made: heads and head_dim are channels, tokens are not."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.graph.attention.names import CONVOLVING, MULTIPLYING, PROJECTING
from portlint.graph.attention.product import Product, product
from portlint.graph.attention.reshapes import Factors, Shape, through, whole
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor


class Channels:
    """Follows channels from projections through reshapes; each op is looked at once."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.known: dict[int, Factors] = {}

    def of(self, tensor: Tensor) -> Factors:
        """The channels in each axis of a tensor."""
        op = self.trail.maker(tensor)
        if op is None:
            return _given(tensor)
        for pending in self._unknown(op):
            found = self._made(pending)
            self.known[pending.id] = found
        return _of_part(self.known[op.id], op, tensor)

    def _unknown(self, op: Op) -> list[Op]:
        """The ops that have to be looked at first, makers before users; no recursion: depth."""
        order, waiting = [], [op]
        while waiting:
            current = waiting.pop()
            if current.id in self.known:
                continue
            order.append(current)
            self.known[current.id] = ()
            if not self._resets(current):
                makers = [self.trail.maker(tensor) for tensor in current.inputs[:3]]
                waiting += [maker for maker in makers if maker is not None]
        return sorted(order, key=lambda made: self.trail.order[made.id])

    def _resets(self, op: Op) -> bool:
        return self.trail.base(op) in PROJECTING | CONVOLVING

    def _factors(self, tensor: Tensor) -> Factors:
        op = self.trail.maker(tensor)
        known = self.known.get(op.id) if op is not None else None
        if known is None or (not known and tensor.shape):
            return self._kept(tensor) or _given(tensor)
        assert op is not None
        return _of_part(known, op, tensor)

    def _kept(self, tensor: Tensor) -> Factors:
        """A cache is laid out as what is written into it."""
        written = self.trail.written.get(tensor.name) if tensor.origin == "buffer" else None
        if written is None or len(written.shape) != len(tensor.shape) or tensor.source is not None:
            return ()
        maker = self.trail.maker(written)
        if maker is None:
            return ()
        return self._factors(written) if maker.id in self.known else self.of(written)

    def _made(self, op: Op) -> Factors:
        if not op.outputs:
            return ()
        shape = op.outputs[0].shape
        name = self.trail.base(op)
        if name in PROJECTING or name == "embedding":
            return _last(shape)
        if name in CONVOLVING:
            return tuple(whole(s) if n == 1 else 1 for n, s in enumerate(shape))
        if not op.inputs:
            return (1,) * len(shape)
        if name in MULTIPLYING:
            return self._multiplied(op)
        if name in _JOINING:
            return self._joined(op, shape)
        first = op.inputs[0]
        return through(name, op, self._factors(first), first.shape, shape)

    def _joined(self, op: Op, shape: Shape) -> Factors:
        """Operands of one shape, or broadcast: for each axis the most channels that one brings."""
        alike = [t for t in op.inputs[:3] if len(t.shape) == len(shape)]
        if alike:
            known = [(self._factors(t), t.shape, self.trail.flows(t)) for t in alike]
            return tuple(_most(known, axis) for axis in range(len(shape)))
        first = max(op.inputs, key=lambda t: len(t.shape))
        return through(self.trail.base(op), op, self._factors(first), first.shape, shape)

    def _multiplied(self, op: Op) -> Factors:
        """Axes that come from weights are channels; free axes of activations stay what they are."""
        shape = op.outputs[0].shape
        found = product(self.trail, op)
        if found is None:
            return (1,) * len(shape)
        factors = [1] * len(shape)
        for side, free, out in (
            (found.left, found.left_free, found.left_out),
            (found.right, found.right_free, found.right_out),
        ):
            own = self._side(side, found)
            for axis, to in zip(free, out, strict=False):
                factors[to] = own[axis]
            if len(side.shape) == len(shape) and op.name != "aten.einsum.default":
                for axis in range(len(shape) - 2):
                    if side.shape[axis] == shape[axis] or not self.trail.flows(side):
                        factors[axis] = max(factors[axis], min(own[axis], whole(shape[axis])))
        if op.name == "aten.einsum.default":
            sides = (found.left, found.right)
            _einsum(op, [self._side(side, found) for side in sides], factors)
        return tuple(factors)

    def _side(self, side: Tensor, found: Product) -> Factors:
        """The factors of an operand: weights make channels of channels, and tokens of tokens."""
        if self.trail.flows(side):
            return self._factors(side)
        left = found.left is not side
        other, summed = (found.left, found.summed) if left else (found.right, found.right_summed)
        factors = self._factors(other)
        tokens = self.trail.flows(other) and all(factors[axis] == 1 for axis in summed)
        return (1,) * len(side.shape) if tokens else tuple(whole(s) for s in side.shape)


_JOINING = frozenset("add sub mul div where cat stack".split())


def _most(known: Sequence[tuple[Factors, Shape, bool]], axis: int) -> int:
    """The channels in an axis as activations have them; weights tell where none spans it."""
    spanning = [own[axis] for own, shape, flows in known if flows and shape[axis] != 1]
    return max(spanning or [own[axis] for own, _, _ in known])


def _einsum(op: Op, own: list[Factors], factors: list[int]) -> None:
    equation = str(op.literals.get("equation", "")).replace(" ", "")
    inputs, _, output = equation.partition("->")
    if "." in equation:
        return
    for labels, known in zip(inputs.split(","), own, strict=False):
        for axis, label in enumerate(labels):
            if label in output and axis < len(known):
                to = output.index(label)
                factors[to] = max(factors[to], known[axis])


def _given(tensor: Tensor) -> Factors:
    """What comes as it is: weights are channels, inputs have them last, but tokens have none."""
    shape = tensor.shape
    if tensor.origin == "input" and tensor.dtype.startswith(("int", "uint", "bool")):
        return (1,) * len(shape)
    if tensor.origin == "activation" and len(shape) == 4:
        return (1, whole(shape[1]), 1, whole(shape[3]))  # queries from an earlier graph
    if tensor.origin in ("parameter", "buffer", "constant"):
        return tuple(whole(s) for s in shape) if len(shape) <= 2 else (1, *map(whole, shape[1:]))
    return _last(shape)


def _last(shape: Shape) -> Factors:
    return (*([1] * (len(shape) - 1)), *(whole(s) for s in shape[-1:]))


def _of_part(known: Factors, op: Op, tensor: Tensor) -> Factors:
    """The factors of one of an op's results, by those of the first: parts differ in one axis."""
    shape = tensor.shape
    if len(known) != len(shape):
        return _fitted(known, shape)
    first = op.outputs[0].shape
    if not tensor.part or first == shape or len(first) != len(shape):
        return known
    rows = zip(known, first, shape, strict=True)
    return tuple(whole(own) if factor == one != own else factor for factor, one, own in rows)


def _fitted(known: Factors, shape: Shape) -> Factors:
    """One part of an op with several results of other rank: what is left, from the right."""
    missing = len(shape) - len(known)
    return known[-len(shape) :] if missing <= 0 and shape else (1,) * missing + known
