"""The oracle's word beside the tables': calls, probes and comparisons, with recorded answers."""

import pathlib
from collections.abc import Sequence

import click
import msgspec
import pytest

from portlint.catalog import read_table, shipped
from portlint.graph.conditions import CONDITIONS
from portlint.graph.tables import known
from portlint.graph.view import View
from portlint.model import Target
from portlint.oracle import dispatcher
from portlint.oracle.compare import Compared, agree, compare, explanations
from portlint.oracle.compiler import compiled, key
from portlint.oracle.differs import disagreements
from portlint.oracle.probes import Probe, probes
from portlint.oracle.probes import op as as_op
from portlint.oracle.protocol import Answer, Query
from portlint.oracle.shipped import live
from portlint.oracle.shipped import shipped as word
from portlint.oracle.signature import Unaskable, asked, call
from portlint.oracle.told import told
from portlint.oracle.verify import source, verified
from portlint.record import Op
from portlint.render import lowerings
from portlint.render.verified import text
from tests.graphs import op, tensor, view

XLA = Target(chip="trn1", stack="xla", sdk="2.31", workload="inference")
LOWERED = Answer(status="lowered", hlo=(("dot", "f32"),), outputs=(((4, 8), "float32"),))
FALLBACK = Answer(status="fallback", fallback=("aten::histc",))
PROBES = probes()


def called(one: Op, *arguments: str) -> Query:
    return call(_with(one, *arguments))


def _with(one: Op, *arguments: str) -> Op:
    return msgspec.structs.replace(one, arguments=arguments)


def against(*answers: Answer, ops: Sequence[Op]) -> list[Compared]:
    """Ops compared with these answers to their distinct calls."""
    return compare(view(*ops), XLA, lambda calls: answers[: len(calls)])


class TestCalls:
    def test_arguments_go_by_their_names_in_the_schema(self) -> None:
        one = op("aten.cumsum.default", tensor("int64"), dim=1)
        found = called(one, "self")
        assert found.kwargs == {"dim": 1, "self": {"t": [4, 8], "d": "int64"}}

    def test_what_a_list_leaves_out_is_none(self) -> None:
        one = op("aten.index.Tensor", tensor(), tensor("int64", (2,)))
        found = called(one, "self", "indices.1")
        assert found.kwargs["indices"] == [None, {"t": [2], "d": "int64"}]

    def test_a_number_of_the_program_stays_on_the_host(self) -> None:
        number = tensor(shape=(), origin="constant")
        one = op("aten.fill_.Tensor", tensor(), number)
        assert called(one, "self", "value").kwargs["value"] == {
            "t": [],
            "d": "float32",
            "host": True,
        }
        assert "host" not in called(op("aten.where.self", number), "self").kwargs["self"]

    def test_what_json_has_no_word_for_is_marked(self) -> None:
        one = op(
            "aten.made.up",
            dtype="bfloat16",
            device="cpu",
            value=float("-inf"),
            factor="(1+2j)",
            generator="Generator",
            mode="linear",
        )
        assert call(one).kwargs == {
            "dtype": {"dtype": "bfloat16"},
            "device": {"device": ""},
            "value": {"float": "-inf"},
            "factor": {"complex": [1.0, 2.0]},
            "generator": {"generator": 0},
            "mode": "linear",
        }

    @pytest.mark.parametrize(
        ("size", "number"),
        [("s0", 8), ("2*u1", 16), ("Max(1, s3) + 1", 9), ("(s0//2)", 4), ("CeilDiv(u0, 3)", 3)],
    )
    def test_a_symbol_is_the_same_small_number_everywhere(self, size: str, number: int) -> None:
        one = op("aten.view.default", tensor(shape=(size, 4)), size=[size, 4])
        found = called(one, "self").kwargs
        assert found["self"]["t"] == found["size"] == [number, 4]

    @pytest.mark.parametrize(
        ("one", "why"),
        [
            (op("higher_order.flex_attention"), "one by one"),
            (op("portlint.stub"), "no operator of ATen"),
            (op("aten.view.default", size=["sin(s0)"]), "cannot be computed"),
            (op("aten.relu.default", tensor()), "which argument is which"),
            (op("aten._scaled_dot_product_flash_attention_for_cpu.default"), "the host's own"),
            (op("aten.mul.Tensor", self="FakeTensor(..., size=())"), "no shape"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, one: Op, why: str) -> None:
        with pytest.raises(Unaskable, match=why):
            call(one)
        assert why in asked([one]).reasons[one.id]

    def test_equal_layers_ask_once(self) -> None:
        layers = [_with(op("aten.relu.default", tensor(), id=n), "self") for n in range(32)]
        found = asked(layers)
        assert len(found.calls) == 1 and set(found.of.values()) == {0}


class TestProbes:
    @pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
    def test_the_tables_say_what_was_recorded_or_why_not(self, probe: Probe) -> None:
        one = as_op(probe)
        found = word(one, view())
        agreement, why = agree(one, found, probe.answer)
        assert agreement in ("agrees", "explained", "new"), (found, why)

    def test_asks_what_a_traced_model_would_ask(self) -> None:
        for probe in PROBES:
            own = {k: v for k, v in probe.call.kwargs.items() if v is not None}
            for name in ("layout", "pin_memory"):
                own.pop(name, None)
            assert call(as_op(probe)) == Query(op=probe.call.op, kwargs=own)

    def test_stand_on_both_sides_of_every_condition(self) -> None:
        sides: dict[str, set[bool]] = {}
        for probe in PROBES:
            row = known(probe.call.op)
            if row.condition:
                sent = CONDITIONS[row.condition](as_op(probe))
                sides.setdefault(row.op, set()).add(bool(sent))
        rows = {row["op"] for row in read_table("aten") if row["condition"]}
        # a value that lies on the host is a constant of the graph, which no call shows
        assert {name for name in rows if sides.get(name) != {True, False}} == {"fill_.Tensor"}

    def test_every_explanation_is_needed(self) -> None:
        differing = set()
        for probe in PROBES:
            one = as_op(probe)
            found = word(one, view()).does
            differing.add((probe.call.op.removeprefix("aten."), found, live(probe.answer)))
        assert set(explanations()) <= differing

    def test_the_tables_carry_their_version(self) -> None:
        assert source()["torch_xla"] == "2.9.0" and source()["read"] >= "2026-11-26"


class TestComparing:
    def test_both_say_the_same(self) -> None:
        (one,) = against(LOWERED, ops=[_with(op("aten.relu.default", tensor()), "self")])
        assert (one.agreement, one.does) == ("agrees", "lowered")
        assert one.compiler and one.compiler.word == "supported"

    def test_they_differ(self) -> None:
        (one,) = against(LOWERED, ops=[_with(op("aten.histc.default", tensor()), "self")])
        assert (one.agreement, one.shipped.does, one.does) == ("disagrees", "fallback", "lowered")

    def test_a_difference_with_a_reason_is_explained(self) -> None:
        name = "upsample_nearest2d_backward"
        (one,) = against(FALLBACK, ops=[_with(op(f"aten.{name}.default", tensor()), "self")])
        assert one.agreement == "explained" and "Neuron" in one.remark

    def test_the_tables_have_no_word(self) -> None:
        (one,) = against(FALLBACK, ops=[_with(op("aten.linalg_cond.default", tensor()), "self")])
        assert one.agreement == "new"

    def test_a_failure_on_made_up_sizes_proves_nothing(self) -> None:
        wrong = Answer(status="error", error="RuntimeError: shapes")
        ops = [_with(op("aten.relu.default", tensor(shape=("u0", 4))), "self")]
        (one,) = against(wrong, ops=ops)
        assert one.agreement == "not asked" and "made up" in one.remark

    def test_what_took_too_long_is_not_asked(self) -> None:
        ops = [_with(op("aten.relu.default", tensor()), "self")]
        assert against(Answer(status="timeout"), ops=ops)[0].agreement == "not asked"

    def test_a_host_that_chokes_on_zeros_still_ran(self) -> None:
        choked = Answer(status="error", fallback=("aten::cholesky",), error="_LinAlgError: no")
        nowhere = Answer(status="error", fallback=("aten::mm.dtype",), error="NotImplementedError:")
        assert (live(choked), live(nowhere)) == ("fallback", "error")

    def test_only_what_may_reach_the_host_is_asked_warily(self) -> None:
        seen: list[Query] = []

        def ask(calls: Sequence[Query]) -> list[Answer]:
            seen.extend(calls)
            return [LOWERED] * len(calls)

        one = _with(op("aten.relu.default", tensor()), "self")
        two = _with(op("aten.histc.default", tensor(), id=1), "self")
        compare(view(one, two), XLA, ask)
        assert [query.wary for query in seen] == [False, True]

    def test_a_difference_is_a_finding_about_the_knowledge(self) -> None:
        ops = [_with(op("aten.histc.default", tensor()), "self")]
        trace = view(*ops).trace
        (found,) = disagreements(against(LOWERED, ops=ops), trace, shipped(), pathlib.Path())
        (sighting,) = found.sightings
        assert sighting.rule == "NEU004" and "lowers it" in (sighting.message or "")


class TestCompiler:
    def judged(self, *hlo: tuple[str, ...], name: str = "aten.made_up.default") -> str:
        answer = Answer(status="lowered", hlo=hlo)
        return compiled(op(name, tensor()), answer, view(), XLA).word

    def test_every_operation_has_to_be_known(self) -> None:
        assert self.judged(("exponential", "f32"), ("reduce-window", "f32")) == "supported"
        assert self.judged(("exponential", "f32"), ("erf", "f32")) == "unknown"
        assert self.judged(("erf", "f32"), ("fft", "f32")) == "unsupported"

    def test_a_documented_operator_needs_no_word_on_its_parts(self) -> None:
        assert self.judged(("logistic", "f32"), name="aten.silu.default") == "supported"

    def test_dtypes_count(self) -> None:
        answer = Answer(status="lowered", hlo=(("add", "f64"),))
        double = op("aten.add.Tensor", tensor("float64"))
        assert compiled(double, answer, view(), XLA).word == "restricted"
        assert self.judged(("convert", "f64"), ("convert", "f32")) == "supported"

    def test_names_are_those_of_either_dialect(self) -> None:
        assert key("hlo.ReduceWindow") == key("reduce-window") == key("reduce_window")


class TestReporting:
    def rows(self) -> str:
        ops = [_with(op("aten.relu.default", tensor(), id=n), "self") for n in range(3)] + [
            _with(op("aten.histc.default", tensor(), id=3), "self")
        ]
        found = told(
            against(LOWERED, FALLBACK, ops=ops),
            view(*ops),
            {"torch_xla": "2.9.0"},
            lambda at: f"{at.path}:{at.line}",
        )
        return click.unstyle("\n".join(lowerings.lines(found, True)))

    def test_counts_places_and_what_the_host_runs(self) -> None:
        sums, _, first, second, last = self.rows().split("\n")
        assert sums == "  torch-xla 2.9.0: lowered 3 · on the host 1"
        assert first.split() == "1 aten.histc.default on the host - a.py:4 aten::histc".split()
        assert second.split() == "3 aten.relu.default lowered supported a.py:1 dot".split()
        assert last == "  the tables agree on 4 of 4 operators"

    def test_a_line_fits_the_terminal(self) -> None:
        found = told(
            against(LOWERED, ops=[_with(op("aten.relu.default", tensor()), "self")]),
            view(),
            {},
            str,
        )
        assert all(len(click.unstyle(s)) <= 40 for s in lowerings.lines(found, True, 40))


class TestVerifying:
    def test_the_keys_of_an_operator_say_what_becomes_of_it(self) -> None:
        assert dispatcher.kind(("XLA", "CPU", "CompositeImplicitAutograd")) == "lowered"
        assert dispatcher.kind(("CompositeExplicitAutograd", "CPU")) == "composite"
        assert dispatcher.kind(("CompositeExplicitAutogradNonFunctional",)) == "fallback"
        assert dispatcher.kind(("CPU",)) == "fallback"
        assert dispatcher.kind(()) == "error"

    def test_a_probe_that_fares_otherwise_is_told(self) -> None:
        probe = next(p for p in PROBES if p.name == "cumsum")
        found = verified([probe], [FALLBACK], {}, {"torch": "2.9.0", "torch_xla": "2.10.0"})
        kinds = {one.kind for one in found.unexplained if one.probe}
        assert kinds == {"table", "drift"}
        shown = click.unstyle(text(found))
        assert "torch-xla 2.10.0" in shown and "aten::histc" in shown

    def test_a_row_that_neither_dispatcher_nor_probe_shows_is_told(self) -> None:
        rows = {row.op: row for row in dispatcher.rows({"relu.default": (), "new_op.default": ()})}
        assert rows["relu.default"] == dispatcher.Row("relu.default", "lowered", "error")
        assert rows["new_op.default"].table == ""
        assert rows["histc.default"].dispatcher == ""

    def test_nothing_differs_where_all_is_as_recorded(self) -> None:
        found = verified(PROBES, [p.answer for p in PROBES], {}, {"torch": "", "torch_xla": ""})
        assert [one for one in found.unexplained if one.probe] == []


def test_a_view_without_ops_is_compared_with_nothing() -> None:
    assert compare(View(view().trace), XLA, lambda calls: []) == []
