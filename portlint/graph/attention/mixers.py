"""Tokens that are mixed without a softmax over keys: sums, decays, states and long convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.attention.features import Features
from portlint.graph.attention.instance import Instance, Reader
from portlint.graph.attention.loops import Loop, kind, loops
from portlint.graph.attention.names import BOUNDING, SCALING, VIEWS
from portlint.graph.attention.operand import elements
from portlint.graph.attention.product import Product, product
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor

SOLVING = frozenset(
    "linalg_solve_triangular linalg_solve triangular_solve linalg_inv inverse".split()
)
LONG = 16
"""From this length on a kernel as long as its sequence is no short convolution."""
NEAR = 24


def mixers(reader: Reader, taken: set[str]) -> Iterator[Instance]:
    """One for each module that has no attention of its own."""
    modules: dict[str, list[Op]] = {}
    for op in reader.trail.ops:
        if op.module not in taken:
            modules.setdefault(op.module, []).append(op)
    for ops in modules.values():
        found = mixer(reader, ops)
        if found is not None:
            yield found


def mixer(reader: Reader, ops: Sequence[Op]) -> Instance | None:
    """What the ops of one module are, the surest sign first."""
    trail = reader.trail
    for found in loops(trail, ops):
        name = kind(trail, found)
        if name is not None:
            return Instance(found.before, frozenset([name]), _of_state(name, found))
    names = {trail.base(op) for op in ops}
    if names & {"fft_rfft", "_fft_r2c"} and (op := _convolves(reader, ops)):
        return Instance(op, frozenset(["long-conv"]), Features(dtype=op.inputs[0].dtype))
    scans = [op for op in ops if op.name.startswith("higher_order.associative_scan")]
    if scans or "logcumsumexp" in names:
        op = scans[0] if scans else next(o for o in ops if trail.base(o) == "logcumsumexp")
        return Instance(op, frozenset(["linear-recurrence"]), Features(causal=True))
    for op in ops:
        made = product(trail, op)
        if made is not None and made.summed:
            for side in (made, made.mirrored()):
                if item := _paired(reader, side, ops) or _summed_first(reader, side):
                    return item
        if trail.base(op) == "cumsum" and (item := _cumulative(reader, op)):
            return item
        if trail.base(op) in ("conv1d", "convolution") and _is_long(op):
            return Instance(op, frozenset(["long-conv"]), Features(dtype=op.inputs[0].dtype))
    return None


def _of_state(name: str, loop: Loop) -> Features:
    shape = loop.state.shape
    matrix = len(shape) == 4 and name != "ssd"
    heads, width = (shape[1], shape[-1]) if matrix else (None, None)
    return Features(
        heads=heads if isinstance(heads, int) else None,
        kv_heads=heads if isinstance(heads, int) else None,
        head_dim=width if isinstance(width, int) else None,
        causal=True,
        bias="decay" if name == "retention" else None,
        dtype=loop.state.dtype,
    )


def _convolves(reader: Reader, ops: Sequence[Op]) -> Op | None:
    """A product of two spectra along one axis, turned back."""
    trail = reader.trail
    for op in ops:
        if trail.base(op) not in ("fft_irfft", "_fft_c2r"):
            continue
        made = list(trail.back(op.inputs[0], 6))
        multiplied = [m for m in made if trail.base(m) == "mul" and len(m.inputs) == 2]
        forward = [m for m in made if trail.base(m) in ("fft_rfft", "_fft_r2c")]
        if multiplied and forward:
            return op
    return None


def _is_long(op: Op) -> bool:
    """Whether a kernel of each channel is as long as the sequence it is laid over."""
    if len(op.inputs) < 2 or len(op.inputs[1].shape) != 3 or op.inputs[1].shape[1] != 1:
        return False
    kernel, length = op.inputs[1].shape[-1], op.outputs[0].shape[-1]
    known = isinstance(kernel, int) and isinstance(length, int)
    return bool(known and kernel >= LONG and 2 * kernel > length)  # type: ignore[operator]


def _paired(reader: Reader, side: Product, ops: Sequence[Op]) -> Instance | None:
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
    heads, kv_heads = reader.heads(score)
    width = score.depth
    return Features(
        heads=heads if name != "ssd" else None,
        kv_heads=kv_heads if name != "ssd" else None,
        head_dim=width if isinstance(width, int) and name != "ssd" else None,
        causal=True,
        bias="decay" if name == "retention" else None,
        dtype=score.left.dtype,
    )


def _summed_first(reader: Reader, side: Product) -> Instance | None:
    """Queries times what keys and values sum up to."""
    trail, channels = reader.trail, reader.channels
    if not trail.flows(side.left) or len(side.summed) != 1:
        return None
    first = _sum_behind(reader, side.right)
    if first is None or channels.of(side.left)[side.summed[0]] == 1:
        return None
    width = first.right.shape[first.right_free[0]] if len(first.right_free) == 1 else None
    heads = reader.beside(side.left, side.summed)
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


def _cumulative(reader: Reader, op: Op) -> Instance | None:
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
        heads = reader.beside(outer.left, outer.left_free)
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
