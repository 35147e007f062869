"""What is known of a model's operators, by target: the path decides, unknown stays unknown."""

import contextlib
import pathlib
import time

import pytest

from portlint.catalog import read_table
from portlint.graph.coverage import coverage
from portlint.graph.match import shown
from portlint.graph.tables import evidence, known
from portlint.model import Target, Workload
from portlint.record import Op, Place
from tests.graphs import op, tensor, view


def target(stack: str, workload: Workload = "inference", chip: str = "trn2") -> Target:
    return Target(chip=chip, stack=stack, sdk="2.33", workload=workload)


def verdict(one: Op, where: Target) -> str:
    (row,) = coverage(view(one), where).rows
    return row.verdict


INTS = tensor("int64")


@pytest.mark.parametrize(
    ("one", "stack", "workload", "expected"),
    [
        (op("aten.mul.Tensor", tensor()), "xla", "inference", "documented"),
        (op("aten.mul.Tensor", tensor()), "native-eager", "both", "likely"),
        (op("aten.mm.default", tensor()), "native-eager", "both", "documented"),
        (op("aten.mm.default", INTS), "native-eager", "both", "restricted"),
        (op("aten.mm.dtype", tensor()), "xla", "training", "unsupported"),
        (op("aten.histc.default", tensor()), "xla", "training", "falls_back"),
        (op("aten.histc.default", tensor()), "xla", "inference", "unsupported"),
        (op("aten.histc.default", tensor()), "native-eager", "both", "unknown"),
        (op("aten.mul.Tensor", tensor("float64")), "xla", "training", "restricted"),
        (op("aten.mul.Tensor", tensor("float8_e4m3fn")), "native-eager", "both", "unsupported"),
        (op("aten._fft_r2c.default", tensor()), "native-eager", "both", "falls_back"),
        (op("aten._fft_r2c.default", tensor()), "native-compile", "both", "unsupported"),
        (op("aten.nonzero.default", tensor()), "native-eager", "both", "restricted"),
        (op("aten.nonzero.default", tensor()), "native-compile", "both", "unsupported"),
        (op("aten._linalg_svd.default", tensor()), "native-compile", "both", "unknown"),
        (op("aten.max_pool2d.default", tensor(), dilation=[2, 2]), "xla", "training", "falls_back"),
        (op("mylib.rope.default", tensor()), "vllm", "inference", "unknown"),
    ],
    ids=lambda value: value.name if isinstance(value, Op) else str(value),
)
def test_an_op_has_the_verdict_of_its_path(
    one: Op, stack: str, workload: Workload, expected: str
) -> None:
    assert verdict(one, target(stack, workload)) == expected


def test_trn3_computes_with_its_own_float8() -> None:
    one = op("aten.mul.Tensor", tensor("float8_e4m3fn"))
    assert verdict(one, target("native-eager", chip="trn3")) == "likely"


def test_what_decomposes_in_a_graph_runs_as_one_op_for_lazy_tensors() -> None:
    whole = op("aten.upsample_bicubic2d.vec", tensor())
    parts = [
        op(name, tensor(), level="core", semantic=whole.name, id=n)
        for n, name in enumerate(("aten.floor.default", "aten.mul.Tensor"), 1)
    ]
    lazy = coverage(view(whole, *parts), target("xla"))
    assert [(row.op, row.verdict) for row in lazy.rows] == [(whole.name, "unsupported")]
    compiled = coverage(view(whole, *parts), target("native-compile"))
    assert {row.op for row in compiled.rows} == {part.name for part in parts}


def test_a_composite_counts_by_the_ops_it_ends_in() -> None:
    whole = op("aten.linear.default", tensor())
    part = op("aten.mm.default", tensor(), level="core", semantic=whole.name, id=1)
    found = coverage(view(whole, part), target("xla"))
    assert [(row.op, row.count) for row in found.rows] == [("aten.mm.default", 1)]


def test_kernels_of_the_capturing_host_prove_nothing() -> None:
    whole = op("aten.lstm.input", tensor())
    part = op("aten.mkldnn_rnn_layer.default", tensor(), level="core", semantic=whole.name, id=1)
    assert coverage(view(whole, part), target("xla")).rows == ()


def test_rows_counts_and_what_to_try_first() -> None:
    ops = [op("aten.histc.default", tensor(), level="core", id=n) for n in range(3)]
    ops.append(op("aten.mm.default", tensor("bfloat16"), level="core", id=3))
    found = coverage(view(*ops), target("native-compile"), lambda p: f"{p.path}:{p.line}")
    first, second = found.rows
    assert (first.op, first.count, first.where) == ("aten.histc.default", 3, "a.py:1")
    assert (second.dtypes, second.verdict) == (("bfloat16",), "documented")
    assert (found.counts.unknown, found.counts.documented) == (3, 1)
    assert found.try_first == ("aten.histc.default",)
    assert found.evidence["aten.mm.default"]


def test_every_row_of_the_table_has_sources_that_exist() -> None:
    leaves = ("lowered", "fallback", "error", "composite", "")
    for row in read_table("aten"):
        assert row["xla"] in leaves
        assert all(item.url.startswith("https://") for item in evidence(known(row["op"])))
        assert row["basis"] or row["xla"] in ("composite", "")


def test_thirteen_thousand_ops_are_judged_in_a_second() -> None:
    names = ("aten.mm.default", "aten.view.default", "aten.histc.default", "aten._to_copy.default")
    ops = [op(names[n % 4], tensor(), level="core", id=n) for n in range(13_000)]
    start = time.process_time()
    coverage(view(*ops), target("native-eager"))
    assert time.process_time() - start < 1


def test_a_root_that_is_the_folder_we_are_in_is_seen_anew_in_each_folder(
    tmp_path: pathlib.Path,
) -> None:
    for name in ("one", "two"):
        (folder := tmp_path / name).mkdir()
        with contextlib.chdir(folder):
            place = Place(path=str(folder / "net.py"), line=1)
            assert shown(place, pathlib.Path()) == "net.py"
