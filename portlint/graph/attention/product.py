"""A product of two operands: which axes are summed over, shared and free."""

from __future__ import annotations

from typing import NamedTuple

from portlint.graph.attention.names import MULTIPLYING
from portlint.graph.attention.trail import Trail
from portlint.record import Op, Tensor

Size = int | str


class Product(NamedTuple):
    """`left` times `right`, by the axes of each.

    `summed`, `left_free` and `right_free` are axes (of left, left and right; `right_summed` of
    right); of the result `left_out` and `right_out` are where the free axes went.
    """

    op: Op
    left: Tensor
    right: Tensor
    out: Tensor
    summed: tuple[int, ...]
    right_summed: tuple[int, ...]
    left_free: tuple[int, ...]
    right_free: tuple[int, ...]
    left_out: tuple[int, ...]
    right_out: tuple[int, ...]

    @property
    def depth(self) -> Size | None:
        """How many terms each sum has, where one axis is summed over."""
        return self.left.shape[self.summed[0]] if len(self.summed) == 1 else None

    def mirrored(self) -> Product:
        """The same with the operands exchanged."""
        return Product(
            self.op,
            self.right,
            self.left,
            self.out,
            self.right_summed,
            self.summed,
            self.right_free,
            self.left_free,
            self.right_out,
            self.left_out,
        )


def product(trail: Trail, op: Op) -> Product | None:
    """An op as a product of two tensors, whatever they are made of."""
    name = trail.base(op)
    if name == "sum":
        return _summed(trail, op)
    if name not in MULTIPLYING or not op.outputs:
        return None
    if name == "einsum":
        return _einsum(op)
    operands = op.inputs[1:] if name == "baddbmm" else op.inputs
    if len(operands) != 2 or any(len(t.shape) < 1 for t in operands):
        return None
    return _matmul(op, *operands)


def _matmul(op: Op, left: Tensor, right: Tensor) -> Product | None:
    rows, columns = len(left.shape) > 1, len(right.shape) > 1
    rank = len(op.outputs[0].shape)
    return Product(
        op,
        left,
        right,
        op.outputs[0],
        summed=(len(left.shape) - 1,),
        right_summed=(len(right.shape) - 2 if columns else 0,),
        left_free=(len(left.shape) - 2,) if rows else (),
        right_free=(len(right.shape) - 1,) if columns else (),
        left_out=(rank - 1 - columns,) if rows else (),
        right_out=(rank - 1,) if columns else (),
    )


def _einsum(op: Op) -> Product | None:
    equation = str(op.literals.get("equation", "")).replace(" ", "")
    inputs, arrow, output = equation.partition("->")
    labels = inputs.split(",")
    if len(labels) != 2 or len(op.inputs) != 2 or not arrow:
        return None
    rank = len(op.outputs[0].shape)
    left, right = (_spread(text, len(t.shape)) for text, t in zip(labels, op.inputs, strict=True))
    out = _spread(output, rank)
    if len(out) != rank or len(left) != len(op.inputs[0].shape):
        return None
    summed = [c for c in left if c in right and c not in out]
    return Product(
        op,
        op.inputs[0],
        op.inputs[1],
        op.outputs[0],
        summed=tuple(left.index(c) for c in summed),
        right_summed=tuple(right.index(c) for c in summed),
        left_free=tuple(i for i, c in enumerate(left) if c in out and c not in right),
        right_free=tuple(i for i, c in enumerate(right) if c in out and c not in left),
        left_out=tuple(i for i, c in enumerate(out) if c in left and c not in right),
        right_out=tuple(i for i, c in enumerate(out) if c in right and c not in left),
    )


def _spread(labels: str, rank: int) -> str:
    """Labels with the ellipsis written out, counted from the right."""
    if "..." not in labels:
        return labels
    count = rank - (len(labels) - 3)
    return labels.replace("...", "".join(chr(0x2080 + n) for n in range(count))[-count:])


def _summed(trail: Trail, op: Op) -> Product | None:
    """`(left * right).sum(axis)`, where each operand has an axis of length one for the other's."""
    made = trail.maker(op.inputs[0]) if op.inputs else None
    dims = op.literals.get("dim")
    if made is None or trail.base(made) != "mul" or len(made.inputs) != 2 or not dims:
        return None
    if not isinstance(dims, list) or len(dims) != 1 or not isinstance(dims[0], int):
        return None
    left, right = made.inputs
    shape = made.outputs[0].shape
    if len(left.shape) != len(shape) or len(right.shape) != len(shape):
        return None
    axis = dims[0] % len(shape)
    kept = bool(op.literals.get("keepdim"))
    if shape[axis] in (left.shape[axis], right.shape[axis]) and shape[axis] == 1:
        return None
    left_free = tuple(i for i in range(len(shape)) if right.shape[i] == 1 != left.shape[i])
    right_free = tuple(i for i in range(len(shape)) if left.shape[i] == 1 != right.shape[i])

    def out(axes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(i - (i > axis and not kept) for i in axes if i != axis)

    return Product(
        op,
        left,
        right,
        op.outputs[0],
        summed=(axis,),
        right_summed=(axis,),
        left_free=tuple(i for i in left_free if i != axis),
        right_free=tuple(i for i in right_free if i != axis),
        left_out=out(left_free),
        right_out=out(right_free),
    )
