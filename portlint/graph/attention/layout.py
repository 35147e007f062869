"""How tokens are laid out for attention: windows of a grid, one axis at a time, chunks, choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from portlint.graph.attention.channels import Channels
from portlint.graph.attention.names import ADDING, DROPPING, NORMS, SCALING, VIEWS
from portlint.graph.attention.operand import FETCHING, Operand
from portlint.graph.attention.product import Product
from portlint.graph.attention.trail import Trail
from portlint.record import Op

NEAR = 16
"""Ops before a projection in which tokens are still laid out for it."""
RESHAPING = frozenset("view reshape _reshape_alias unflatten flatten".split())


class Layout(NamedTuple):
    """A kind that the layout tells of, and the length of its pieces."""

    kind: str
    chunk: int | None = None


def layout(
    trail: Trail, channels: Channels, score: Product, queries: Operand, length: int | str
) -> Layout | None:
    """Windows, axes and chunks, by the reshapes before the queries."""
    ops = [*queries.ops]
    for projection in queries.projections[:2]:
        if projection.inputs:
            ops += _laid_out(trail, projection)
    if any(_windows(trail, op, length) for op in ops):
        return Layout("swin-window")
    found = Layout("axial") if _grid(channels, score) else None
    for op in ops:
        if trail.base(op) in RESHAPING and op.inputs and op.outputs:
            before, after = op.inputs[0].shape, op.outputs[0].shape
            factors = channels.of(op.inputs[0])
            if _merges(before, after, factors, length):
                found = Layout("axial")
            elif _splits(before, after, factors, length):
                return Layout("chunked-local", length if isinstance(length, int) else None)
    return found


def _grid(channels: Channels, score: Product) -> bool:
    """Whether another axis of tokens lies beside the batch."""
    shape, factors = score.left.shape, channels.of(score.left)
    own = (*score.summed, *score.left_free, 0)
    rest = [a for a in range(len(shape)) if a not in own and factors[a] == 1 and shape[a] != 1]
    return bool(rest) and bool(score.left_free)


def _laid_out(trail: Trail, projection: Op) -> Iterator[Op]:
    """The ops before a projection that move tokens about; other layers are not looked into."""
    tensor = projection.inputs[0]
    for _ in range(NEAR):
        op = trail.maker(tensor)
        if op is None or not op.inputs:
            return
        if trail.base(op) not in VIEWS | NORMS | SCALING | ADDING | DROPPING:
            return
        yield op
        tensor = max(op.inputs, key=lambda t: (len(t.shape), t.source is not None))


def _windows(trail: Trail, op: Op, length: int | str) -> bool:
    """Whether axes are exchanged so that the two sides of a window are beside each other."""
    shape = op.outputs[0].shape if op.outputs else ()
    if trail.base(op) not in ("permute", "transpose") or len(shape) != 6:
        return False
    pairs = (shape[3:5], shape[4:6])
    return any(
        isinstance(one, int) and isinstance(two, int) and one * two == length for one, two in pairs
    )


def _merges(
    before: tuple[int | str, ...],
    after: tuple[int | str, ...],
    factors: tuple[int, ...],
    length: int | str,
) -> bool:
    """Whether an axis of tokens joins the batch and another one stays as the sequence."""
    if len(before) < 4 or len(after) != len(before) - 1 or length not in after[1:]:
        return False
    rows = before[1]
    joined = isinstance(before[0], int) and isinstance(rows, int) and after[0] == before[0] * rows
    return joined and rows != 1 and len(factors) > 1 and factors[1] == 1 and before[2] == length


def _splits(
    before: tuple[int | str, ...],
    after: tuple[int | str, ...],
    factors: tuple[int, ...],
    length: int | str,
) -> bool:
    """Whether the axis of tokens is cut into pieces as long as the sequence that attends."""
    if len(after) != len(before) + 1:
        return False
    for axis in range(1, len(before)):
        if before[:axis] != after[:axis] or before[axis] == after[axis]:
            continue
        pieces, piece = after[axis], after[axis + 1]
        whole = isinstance(pieces, int) and isinstance(piece, int) and pieces > 1
        return bool(whole and piece == length and axis < len(factors) and factors[axis] == 1)
    return False


def chosen(trail: Trail, channels: Channels, score: Product, keys: Operand) -> str | None:
    """A kind of which each query, or each block of them, has keys of its own."""
    names = keys.names
    fetched = names & FETCHING
    places = {trail.base(op) for op in keys.picked}
    if fetched and places & {"argsort", "sort"}:
        return "lsh"
    blocks = _has_blocks(channels, score)
    if fetched and "topk" in places:
        return "block-topk-sparse" if blocks or _wide(keys, score) else "topk-sparse"
    if "as_strided" in names or ("unfold" in names and blocks):
        return "longformer"
    if fetched and blocks:
        return "block-sparse"
    own = _keys_per_query(channels, score)
    unfolds = sum(trail.base(op) == "unfold" for op in keys.ops)
    if own and ("im2col" in names or unfolds > 1):
        return "neighbourhood"
    if own and (unfolds == 1 or fetched or names & {"stack", "cat", "roll"}):
        return "neighbourhood" if fetched or "roll" in names else "symmetric-window"
    return _blocks(trail, keys)


def _wide(keys: Operand, score: Product) -> bool:
    """Whether more keys are met than were chosen: each choice is a block of them."""
    count = score.right.shape[score.right_free[0]] if len(score.right_free) == 1 else None
    chosen = [op.literals.get("k") for op in keys.picked if op.name.startswith("aten.topk")]
    return any(isinstance(k, int) and isinstance(count, int) and count > k for k in chosen)


def _has_blocks(channels: Channels, score: Product) -> bool:
    """Whether queries lie in blocks: an axis of tokens beside the one that is free."""
    shape, factors = score.left.shape, channels.of(score.left)
    free = [shape[axis] for axis in score.left_free]
    own = (*score.summed, *score.left_free, 0)
    rest = [a for a in range(len(shape)) if a not in own and factors[a] == 1 and shape[a] != 1]
    return bool(rest) and any(size != 1 for size in free)


def _keys_per_query(channels: Channels, score: Product) -> bool:
    """Whether the axis of queries is shared with the keys, and not free."""
    shape = score.left.shape
    queries = [shape[axis] for axis in score.left_free]
    if any(size != 1 for size in queries):
        return False
    factors = channels.of(score.left)
    batch = [a for a in range(1, len(shape)) if a not in (*score.summed, *score.left_free)]
    return any(factors[a] == 1 and shape[a] not in (1,) for a in batch)


def _blocks(trail: Trail, keys: Operand) -> str | None:
    """Blocks of keys beside their neighbours, or beside chosen others."""
    for op in keys.ops:
        if trail.base(op) != "cat" or len(op.inputs) < 2 or len(op.outputs[0].shape) < 4:
            continue
        last = op.literals.get("dim") in (-1, len(op.outputs[0].shape) - 1)
        parts = {trail.base(m) for t in op.inputs if (m := trail.maker(t)) is not None}
        if last or not parts & {"slice", "roll", "pad", "constant_pad_nd", "gather", "index"}:
            continue
        fetched = parts & {"gather", "index"} or len(op.inputs) > 3
        return "block-sparse" if fetched else "symmetric-window"
    return None
