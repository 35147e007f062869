"""What the compiler does not take, by dtype, shape and arguments of one op: a word, or nothing."""

from __future__ import annotations

from collections.abc import Callable

from portlint.graph.arguments import (
    COMPLEX,
    INTEGERS,
    SIGNED,
    VIEWS,
    base,
    first_dtype,
    number,
    numbers,
)
from portlint.graph.view import View
from portlint.record import Op, Tensor

DOTS = frozenset(
    "mm bmm addmm baddbmm addbmm matmul linear einsum mv addmv dot vdot inner tensordot"
    " addmm_ baddbmm_".split()
)
SCATTER_ADDS = frozenset("scatter_add scatter_add_ index_add index_add_".split())
PUTS = frozenset("index_put index_put_ _index_put_impl_ _unsafe_index_put".split())
ARITHMETIC = frozenset(
    "add sub mul div floor_divide remainder fmod full fill full_like new_full eq ne lt le gt ge"
    " bitwise_and bitwise_or bitwise_xor __and__ __or__ __xor__ rsub pow".split()
)
LOOKUPS = frozenset("embedding index_select gather index_copy index_add scatter".split())
"""Ops that take a tensor and positions along one of its dimensions."""
SAME_VALUES = VIEWS - {"slice", "select"}
"""Views and casts that leave no value out."""
TOPK_LIMIT = 16_384
INT32 = 2**31
NARROW = frozenset({"int8", "uint8"})


def int_dot(op: Op, view: View) -> str:
    """A matrix product of whole numbers: the dtype."""
    if base(op) not in DOTS:
        return ""
    dtype = first_dtype(op)
    return dtype if dtype in {"int32", "int64"} else ""


def int_scatter(op: Op, view: View) -> str:
    """Adding whole numbers at positions: the dtype."""
    name = base(op)
    adds = name in SCATTER_ADDS or (name in PUTS and op.literals.get("accumulate") is True)
    dtype = first_dtype(op)
    return dtype if adds and dtype in INTEGERS else ""


def int_reduce(op: Op, view: View) -> str:
    """scatter_reduce on whole numbers or flags: the dtype."""
    dtype = first_dtype(op)
    hit = base(op) in {"scatter_reduce", "scatter_reduce_"}
    return dtype if hit and dtype in INTEGERS | {"bool"} else ""


def int64_pow(op: Op, view: View) -> str:
    """A power of an int64 tensor, not one with a float exponent."""
    hit = base(op) in {"pow", "pow_"} and bool(op.outputs)
    return "int64" if hit and op.outputs[0].dtype == "int64" else ""


def int_topk(op: Op, view: View) -> str:
    """topk or kthvalue of whole numbers: the dtype."""
    dtype = first_dtype(op)
    hit = base(op) in {"topk", "kthvalue"}
    return dtype if hit and dtype in {"int32", "int64"} else ""


def wide_topk(op: Op, view: View) -> str:
    """More top values than the compiler's TopK takes, asked for or cut from a whole sort."""
    if base(op) == "topk" and number(op, "k", 0) > TOPK_LIMIT:
        return f"topk with k = {number(op, 'k', 0)}"
    if base(op) in {"sort", "argsort"} and op.inputs and op.inputs[0].shape:
        shape = op.inputs[0].shape
        size = shape[number(op, "dim", -1)]
        cut = any(base(user) == "slice" for user in view.users(op))
        if cut and isinstance(size, int) and size > TOPK_LIMIT:
            return f"a slice of {size} sorted values"
    return ""


def narrow_shift(op: Op, view: View) -> str:
    """bitwise_right_shift of a type that reaches the compiler with fewer or more than 32 bits."""
    dtype = first_dtype(op)
    hit = base(op) in {"bitwise_right_shift", "bitwise_right_shift_"}
    return dtype if hit and dtype in NARROW | {"int64"} else ""


def signed_shift(op: Op, view: View) -> str:
    """`>>` on a signed type, which XLA divides towards zero."""
    dtype = first_dtype(op)
    return dtype if base(op) in {"__rshift__", "__irshift__"} and dtype in SIGNED else ""


def both_dilations(op: Op, view: View) -> str:
    """A transposed convolution with a stride and a dilation."""
    name = base(op)
    if not (name.startswith("conv_transpose") or op.literals.get("transposed") is True):
        return ""
    return _strided_and_dilated(op)


def gradient_dilations(op: Op, view: View) -> str:
    """A convolution whose input gradient has a stride and a dilation."""
    name = base(op)
    plain = name in {"conv1d", "conv2d", "conv3d"} or (
        name in {"convolution", "_convolution"} and op.literals.get("transposed") is not True
    )
    return _strided_and_dilated(op) if plain else ""


def _strided_and_dilated(op: Op) -> str:
    stride, dilation = numbers(op, "stride"), numbers(op, "dilation")
    if max(stride, default=1) > 1 and max(dilation, default=1) > 1:
        return f"stride {max(stride)} and dilation {max(dilation)}"
    return ""


def split_columns(op: Op, view: View) -> str:
    """split or chunk along the second dimension of a matrix."""
    if base(op) not in {"split", "split_with_sizes", "chunk"} or not op.inputs:
        return ""
    matrix = len(op.inputs[0].shape) == 2 and number(op, "dim", 0) in (1, -1)
    return base(op) if matrix else ""


def wide_int(op: Op, view: View) -> str:
    """An int64 computation with a number that only makes sense beyond 32 bits."""
    name = base(op).rstrip("_")
    if not any(t.dtype == "int64" for t in (*op.inputs[:1], *op.outputs[:1])):
        return ""
    values = [v for key in ("other", "value", "fill_value", "self") for v in numbers(op, key)]
    beyond = [v for v in values if not -INT32 <= v < INT32]
    if name in ARITHMETIC and beyond:
        return str(beyond[0])
    dividing = name in {"div", "floor_divide", "remainder", "fmod", "divide", "__floordiv__"}
    divisors = [v for v in values if abs(v) >= INT32 // 8]
    return f"a division by {divisors[0]}" if dividing and divisors else ""


def boolean_index(op: Op, view: View) -> str:
    """Reading or writing through a mask."""
    name = base(op)
    indices = op.inputs[1:-1] if name in PUTS else op.inputs[1:]
    hit = name in PUTS | {"index", "_unsafe_index"}
    return "mask" if hit and any(t.dtype == "bool" for t in indices) else ""


def beyond_table(op: Op, view: View) -> str:
    """Positions counted up to more than the table they are looked up in holds: both, in words."""
    name = base(op).rstrip("_")
    if name not in LOOKUPS or len(op.inputs) < 2 or not op.inputs[0].shape:
        return ""
    table, index = op.inputs[:2]
    dim = 0 if name == "embedding" else number(op, "dim", 0)
    size, last = table.shape[dim], _largest(index, view)
    if isinstance(size, int) and last is not None and last >= size:
        return f"position {last} of a table of {size}"
    return ""


def _largest(index: Tensor, view: View, depth: int = 8) -> int | None:
    """The largest of positions that an arange made, through views, casts and offsets."""
    maker = view.maker(index)
    if maker is None or not depth:
        return None
    name = base(maker)
    if name == "arange":
        start, step = number(maker, "start", 0), number(maker, "step", 1)
        length = maker.outputs[0].shape[0] if maker.outputs else None
        return start + (length - 1) * step if isinstance(length, int) and step > 0 else None
    if name == "add" and len(maker.inputs) == 1 and numbers(maker, "other"):
        inner = _largest(maker.inputs[0], view, depth - 1)
        return None if inner is None else inner + number(maker, "other", 0)
    if name in SAME_VALUES and len(maker.inputs) == 1:
        return _largest(maker.inputs[0], view, depth - 1)
    return None


def complex_type(op: Op, view: View) -> str:
    """Complex numbers: the dtype."""
    return next((t.dtype for t in (*op.inputs, *op.outputs) if t.dtype in COMPLEX), "")


FAMILIES: dict[str, tuple[Callable[[Op, View], str], ...]] = {
    "int-dot": (int_dot,),
    "int-scatter": (int_scatter, int_reduce),
    "index-put": (int_scatter, boolean_index),
    "bool-mask": (boolean_index,),
    "topk": (int_topk, wide_topk),
    "int64-pow": (int64_pow,),
    "shift": (narrow_shift, signed_shift),
    "conv": (both_dilations,),
    "split": (split_columns,),
    "complex": (complex_type,),
}
"""The checks of each family of ops that the table names."""


def limited(op: Op, view: View, family: str) -> bool:
    """Whether one of the family's limits is hit by this very op."""
    return any(check(op, view) for check in FAMILIES.get(family, ()))
