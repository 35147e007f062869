"""Detectors of operators, dtypes and numerics, on op records made by hand."""

from collections.abc import Callable, Iterator

import pytest

from portlint.detectors import dtypes, limits, operators
from portlint.graph.view import GraphFound, View
from portlint.record import Op
from tests.graphs import op, tensor, view

Detector = Callable[[Op, View], Iterator[GraphFound]]
INTS, LONGS, FLOATS = tensor("int32"), tensor("int64"), tensor()
WEIGHT = tensor(origin="parameter")
IMAGE = tensor(shape=(1, 3, 8, 8))


def seen(detector: Detector, *ops: Op) -> list[str]:
    graph = view(*ops)
    return [found.value for one in ops for found in detector(one, graph)]


HITS: list[tuple[Detector, Op, str]] = [
    (operators.falls_back, op("aten.histc.default", FLOATS), "aten.histc"),
    (operators.raises, op("aten.mm.dtype", FLOATS), "aten.mm.dtype"),
    (
        operators.falls_back_by_arguments,
        op("aten._adaptive_avg_pool2d.default", IMAGE, output_size=[3, 3]),
        "8 is no multiple",
    ),
    (
        operators.falls_back_by_arguments,
        op("aten.scatter_reduce.two", FLOATS, reduce="mean"),
        'reduce is "mean"',
    ),
    (operators.falls_back_by_arguments, op("aten.addmm.default", FLOATS, alpha=2), "alpha"),
    (
        operators.falls_back_on_weight,
        op("aten.upsample_bicubic2d.vec", WEIGHT),
        "parameter weight",
    ),
    (operators.gradient_falls_back, op("aten.glu.default", FLOATS), "glu_backward"),
    (operators.fft, op("aten.fft_rfft.default", FLOATS), "aten.fft_rfft"),
    (operators.linear_algebra, op("aten.linalg_det.default", FLOATS), "aten.linalg_det"),
    (dtypes.complex64, op("aten.polar.default", FLOATS, gives=tensor("complex64")), "complex64"),
    (dtypes.float64, op("aten.to.dtype", FLOATS, gives=tensor("float64")), "float64 by aten.to"),
    (dtypes.e4m3fn, op("aten.to.dtype", tensor("float8_e4m3fn"), gives=FLOATS), "float8_e4m3fn"),
    (dtypes.fnuz, op("aten.to.dtype", FLOATS, gives=tensor("float8_e5m2fnuz")), "float8_e5m2fnuz"),
    (dtypes.float4, op("aten.view.dtype", tensor("float4_e2m1fn_x2"), gives=FLOATS), "float4"),
    (limits.integer_matmul, op("aten.einsum.default", LONGS, LONGS), "int64"),
    (limits.integer_scatter_add, op("aten.index_add.default", INTS), "int32"),
    (limits.integer_scatter_add, op("aten.index_put_.default", INTS, accumulate=True), "int32"),
    (limits.integer_scatter_reduce, op("aten.scatter_reduce.two", tensor("bool")), "bool"),
    (limits.int64_power, op("aten.pow.Tensor_Scalar", LONGS, exponent=2), "int64"),
    (limits.integer_topk, op("aten.topk.default", INTS, k=2), "int32"),
    (limits.wide_topk, op("aten.topk.default", FLOATS, k=20_000), "k = 20000"),
    (limits.narrow_shift, op("aten.bitwise_right_shift.Tensor", tensor("int8")), "int8"),
    (limits.signed_shift, op("aten.__rshift__.Scalar", INTS, other=4), "int32"),
    (limits.wide_integer, op("aten.mul.Tensor", LONGS, other=2654435761), "2654435761"),
    (limits.wide_integer, op("aten.div.Tensor_mode", LONGS, other=10**9), "1000000000"),
    (limits.dilated_pool, op("aten.max_pool2d.default", IMAGE, dilation=[2, 2]), "max_pool2d"),
    (
        limits.transposed_dilated,
        op("aten.conv_transpose2d.input", IMAGE, stride=[2, 2], dilation=[2, 2]),
        "stride 2 and dilation 2",
    ),
    (
        limits.gradient_dilated,
        op("aten.conv2d.default", IMAGE, stride=[2, 2], dilation=[2, 2]),
        "stride 2",
    ),
    (limits.split_columns, op("aten.chunk.default", FLOATS, FLOATS, chunks=2, dim=1), "chunk"),
]


@pytest.mark.parametrize(
    ("detector", "one", "value"), HITS, ids=[f"{d.__name__}-{o.name}" for d, o, _ in HITS]
)
def test_a_detector_sees_its_construct(detector: Detector, one: Op, value: str) -> None:
    (found,) = seen(detector, one)
    assert value in found


SILENT: list[tuple[Detector, Op]] = [
    (operators.falls_back, op("aten.gelu.default", FLOATS)),
    (operators.falls_back, op("aten.upsample_nearest2d.vec", IMAGE)),
    (operators.falls_back, op("aten.upsample_bicubic2d.vec", WEIGHT)),
    (operators.falls_back, op("aten._fft_r2c.default", FLOATS)),
    (operators.falls_back, op("aten.nonzero.default", FLOATS)),
    (operators.falls_back_on_weight, op("aten.mm.default", FLOATS, WEIGHT)),
    (operators.falls_back_by_arguments, op("aten.addmm.default", FLOATS, alpha=1, beta=1)),
    (operators.falls_back_by_arguments, op("aten._weight_norm.default", IMAGE, dim=1)),
    (operators.gradient_falls_back, op("aten.glu.default", tensor(origin="input"))),
    (dtypes.float64, op("aten.mul.Tensor", tensor("float64", source=7))),
    (limits.integer_matmul, op("aten.mm.default", FLOATS)),
    (limits.integer_scatter_add, op("aten.index_put.default", INTS, accumulate=False)),
    (limits.integer_scatter_add, op("aten.scatter_add.default", FLOATS)),
    (limits.int64_power, op("aten.pow.Tensor_Scalar", INTS, exponent=2)),
    (limits.wide_topk, op("aten.topk.default", FLOATS, k=50)),
    (limits.narrow_shift, op("aten.bitwise_right_shift.Tensor", INTS)),
    (limits.signed_shift, op("aten.__rshift__.Scalar", tensor("uint8"), other=4)),
    (limits.wide_integer, op("aten.slice.Tensor", LONGS, start=0, end=2**63 - 1)),
    (limits.wide_integer, op("aten.floor_divide.default", LONGS, other=64)),
    (limits.dilated_pool, op("aten.max_pool2d.default", IMAGE, dilation=[1, 1])),
    (
        limits.transposed_dilated,
        op("aten.conv_transpose2d.input", IMAGE, stride=[2, 2], dilation=[1, 1]),
    ),
    (
        limits.transposed_dilated,
        op("aten.conv2d.default", IMAGE, stride=[2, 2], dilation=[2, 2]),
    ),
    (limits.split_columns, op("aten.split.Tensor", FLOATS, dim=0)),
    (limits.split_columns, op("aten.split.Tensor", IMAGE, dim=1)),
]


@pytest.mark.parametrize(
    ("detector", "one"), SILENT, ids=[f"{d.__name__}-{o.name}" for d, o in SILENT]
)
def test_a_near_miss_is_silent(detector: Detector, one: Op) -> None:
    assert seen(detector, one) == []


def test_a_weight_is_known_through_views() -> None:
    flat = op("aten.view.default", WEIGHT, gives=tensor(source=0), id=0)
    resized = op("aten.upsample_bicubic2d.vec", tensor(source=0), id=1)
    assert seen(operators.falls_back_on_weight, flat, resized)
    assert not seen(operators.falls_back, flat, resized)


def test_a_fallback_inside_a_composite_names_both() -> None:
    whole = op("aten.linear.default", FLOATS)
    part = op("aten.histc.default", FLOATS, level="core", semantic=whole.name, id=1)
    assert seen(operators.falls_back, whole, part) == ["aten.histc (in aten.linear)"]


def test_one_finding_for_an_op_seen_at_two_levels() -> None:
    whole = op("aten.matmul.default", LONGS, LONGS)
    part = op("aten.mm.default", LONGS, LONGS, level="core", semantic=whole.name, id=1)
    assert seen(limits.integer_matmul, whole, part) == ["int64"]


def test_a_type_is_reported_where_it_enters() -> None:
    cast = op("aten.to.dtype", FLOATS, gives=tensor("float64", source=0), id=0)
    used = op("aten.mul.Tensor", tensor("float64", source=0), id=1)
    assert seen(dtypes.float64, cast, used) == ["float64 by aten.to"]


def test_a_sort_cut_short_is_a_wide_topk() -> None:
    wide = tensor(shape=(1, 32_000))
    whole = op("aten.sort.default", wide, gives=tensor(shape=(1, 32_000), source=0), id=0)
    cut = op("aten.slice.Tensor", tensor(shape=(1, 32_000), source=0), id=1)
    assert seen(limits.wide_topk, whole, cut) == ["a slice of 32000 sorted values"]
    assert not seen(limits.wide_topk, whole)
