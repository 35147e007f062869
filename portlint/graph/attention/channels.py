"""How much of each axis a projection made: heads and head_dim are channels, tokens are not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from portlint.graph.attention.names import CONVOLVING, MULTIPLYING, PROJECTING
from portlint.graph.attention.product import product
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor

Factors = tuple[int, ...]
"""For each axis the number of channels in it: 1 where it only counts rows, batches or tokens."""
Shape = Sequence[int | str]


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
        return (
            self.of(written)
            if maker is not None and maker.id not in self.known
            else (self._factors(written) if maker is not None else ())
        )

    def _made(self, op: Op) -> Factors:
        if not op.outputs:
            return ()
        shape = op.outputs[0].shape
        name = self.trail.base(op)
        if name in PROJECTING or name == "embedding":
            return _last(shape)
        if name in CONVOLVING:
            return tuple(_int(s) if n == 1 else 1 for n, s in enumerate(shape))
        if not op.inputs:
            return (1,) * len(shape)
        if name in MULTIPLYING:
            return self._multiplied(op)
        if name in _JOINING:
            return self._joined(op, shape)
        first = op.inputs[0]
        return _through(name, op, self._factors(first), first.shape, shape)

    def _joined(self, op: Op, shape: Shape) -> Factors:
        """Operands of one shape, or broadcast: for each axis the most channels that one brings."""
        whole = [t for t in op.inputs[:3] if len(t.shape) == len(shape)]
        if whole:
            known = [(self._factors(t), t.shape, self.trail.flows(t)) for t in whole]
            return tuple(_most(known, axis) for axis in range(len(shape)))
        first = max(op.inputs, key=lambda t: len(t.shape))
        return _through(self.trail.base(op), op, self._factors(first), first.shape, shape)

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
            own = (
                self._factors(side)
                if self.trail.flows(side)
                else tuple(_int(s) for s in side.shape)
            )
            for axis, to in zip(free, out, strict=False):
                factors[to] = own[axis]
            if len(side.shape) == len(shape) and op.name != "aten.einsum.default":
                for axis in range(len(shape) - 2):
                    if side.shape[axis] == shape[axis] or not self.trail.flows(side):
                        factors[axis] = max(factors[axis], min(own[axis], _int(shape[axis])))
        if op.name == "aten.einsum.default":
            _einsum(self.trail, op, [self._factors(t) for t in op.inputs], factors)
        return tuple(factors)


_JOINING = frozenset("add sub mul div where cat stack".split())


def _most(known: Sequence[tuple[Factors, Shape, bool]], axis: int) -> int:
    """The channels in an axis as activations have them; weights tell where none spans it."""
    spanning = [own[axis] for own, shape, flows in known if flows and shape[axis] != 1]
    return max(spanning or [own[axis] for own, _, _ in known])


def _einsum(trail: Trail, op: Op, own: list[Factors], factors: list[int]) -> None:
    equation = str(op.literals.get("equation", "")).replace(" ", "")
    inputs, _, output = equation.partition("->")
    if "." in equation:
        return
    for labels, tensor, known in zip(inputs.split(","), op.inputs, own, strict=False):
        for axis, label in enumerate(labels):
            if label in output and axis < len(known):
                to = output.index(label)
                weight = not trail.flows(tensor)
                found = _int(tensor.shape[axis]) if weight else known[axis]
                factors[to] = max(factors[to], found)


def _given(tensor: Tensor) -> Factors:
    """What comes as it is: weights are channels, inputs have them last, but tokens have none."""
    shape = tensor.shape
    if tensor.origin == "input" and tensor.dtype.startswith(("int", "uint", "bool")):
        return (1,) * len(shape)
    if tensor.origin == "activation" and len(shape) == 4:
        return (1, _int(shape[1]), 1, _int(shape[3]))  # queries from an earlier graph
    if tensor.origin in ("parameter", "buffer", "constant"):
        return tuple(_int(s) for s in shape) if len(shape) <= 2 else (1, *map(_int, shape[1:]))
    return _last(shape)


def _last(shape: Shape) -> Factors:
    return (*([1] * (len(shape) - 1)), *(_int(s) for s in shape[-1:]))


def _int(size: int | str) -> int:
    return size if isinstance(size, int) else 1


def _of_part(known: Factors, op: Op, tensor: Tensor) -> Factors:
    """The factors of one of an op's results, by those of the first: parts differ in one axis."""
    shape = tensor.shape
    if len(known) != len(shape):
        return _fitted(known, shape)
    first = op.outputs[0].shape
    if not tensor.part or first == shape or len(first) != len(shape):
        return known
    rows = zip(known, first, shape, strict=True)
    return tuple(_int(own) if factor == one != own else factor for factor, one, own in rows)


def _fitted(known: Factors, shape: Shape) -> Factors:
    """One part of an op with several results of other rank: what is left, from the right."""
    missing = len(shape) - len(known)
    return known[-len(shape) :] if missing <= 0 and shape else (1,) * missing + known


def _through(name: str, op: Op, own: Factors, before: Shape, after: Shape) -> Factors:
    """The factors behind an op that moves axes, cuts them, or leaves them where they are."""
    literals = op.literals
    if name in ("transpose", "swapaxes", "swapdims"):
        order = list(range(len(own)))
        one, other = (
            literals.get("dim0", literals.get("axis0", 0)),
            literals.get("dim1", literals.get("axis1", 1)),
        )
        order[one], order[other] = order[other], order[one]
        return tuple(own[i] for i in order)
    if name in ("t", "numpy_T", "mT", "adjoint"):
        return (*own[:-2], *own[-2:][::-1]) if name != "numpy_T" else own[::-1]
    if name == "permute":
        return tuple(own[int(i)] for i in literals.get("dims", ()))
    if name in ("movedim", "moveaxis"):
        return _moved(literals, own)
    if name == "unsqueeze":
        at = int(literals.get("dim", 0)) % (len(own) + 1)
        return (*own[:at], 1, *own[at:])
    if name == "select" or name == "unbind":
        at = int(literals.get("dim", 0)) % max(1, len(own))
        return (*own[:at], *own[at + 1 :])
    if name == "stack":
        at = int(literals.get("dim", 0)) % (len(own) + 1)
        return (*own[:at], _int(after[at]), *own[at:])
    if len(before) == len(after) and name not in ("view", "reshape", "flatten"):
        return tuple(_cut(f, b, a) for f, b, a in zip(own, before, after, strict=True))
    return reshaped(own, before, after)


def _moved(literals: dict[str, object], own: Factors) -> Factors:
    source, target = literals.get("source"), literals.get("destination")
    if not isinstance(source, list) or not isinstance(target, list):
        return own
    rank = len(own)
    places = {int(t) % rank: int(s) % rank for s, t in zip(source, target, strict=True)}
    rest = iter(i for i in range(rank) if i not in places.values())
    return tuple(own[places[i]] if i in places else own[next(rest)] for i in range(rank))


def _cut(factor: int, before: int | str, after: int | str) -> int:
    """An axis that keeps its place: a part of it has a part of its channels."""
    if not isinstance(before, int) or not isinstance(after, int) or after >= before:
        return factor  # what is repeated has no more channels than before
    return after if factor == before else min(factor, after)


def reshaped(own: Factors, before: Shape, after: Shape) -> Factors:
    """Factors behind a reshape: axes that are split or merged share or multiply them."""
    if not all(isinstance(s, int) for s in (*before, *after)):
        return _symbolic(own, before, after)
    result: list[int] = []
    i = j = 0
    while i < len(before) or j < len(after):
        left, right = [i], [j]
        m = before[i] if i < len(before) else 1
        n = after[j] if j < len(after) else 1
        i, j = i + 1, j + 1
        while m != n:
            if m < n and i < len(before):  # type: ignore[operator]
                m *= before[i]  # type: ignore[operator]
                left.append(i)
                i += 1
            elif j < len(after):
                n *= after[j]  # type: ignore[operator]
                right.append(j)
                j += 1
            else:
                break
        channels = math.prod(own[k] for k in left if k < len(own))
        sizes = [_int(after[k]) for k in right if k < len(after)]
        result += _shared(channels, sizes)
    return tuple(result[: len(after)]) + (1,) * (len(after) - len(result))


def _shared(channels: int, sizes: list[int]) -> list[int]:
    """Channels given to axes from the right, as a reshape lays them out."""
    found = []
    for size in reversed(sizes):
        part = math.gcd(channels, size) if channels % size else size
        part = part if channels > 1 else 1
        found.append(part)
        channels //= part
    if channels > 1 and found:
        found[-1] = found[-1] * channels if len(found) == 1 else found[-1]
    return found[::-1]


def _symbolic(own: Factors, before: Shape, after: Shape) -> Factors:
    """With symbols among the sizes: equal axes from both ends keep theirs, the rest is shared."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    limit = min(len(before), len(after)) - head
    while tail < limit and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = own[head : len(own) - tail]
    sizes = [_int(s) for s in after[head : len(after) - tail]]
    end = own[len(own) - tail :] if tail else ()
    return (*own[:head], *_shared(math.prod(middle), sizes), *end)
