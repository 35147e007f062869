"""Graph detectors for shapes, control flow and memory, on records made by hand."""

from collections.abc import Callable, Iterator

from portlint.detectors import control, memory, shapes
from portlint.graph.extent import size
from portlint.graph.view import GraphFound, View
from portlint.record import Event, Op, Place, Rung, Tensor, Trace

HERE = Place(path="/model.py", line=7)
THERE = Place(path="/model.py", line=9)
MASK = Tensor(shape=(6,), dtype="bool")
ROWS = Tensor(shape=(6, 4), dtype="float32", origin="input")
OPEN = Tensor(shape=("u0", 4), dtype="float32")
Detector = Callable[..., Iterator[GraphFound]]


def op(name: str, *inputs: Tensor, out: Tensor = ROWS, place: Place = HERE, **more: object) -> Op:
    fields = {"id": 0, "level": "aten", "outputs": (out,)} | more
    return Op(name=name, inputs=inputs, place=place, **fields)  # type: ignore[arg-type]


def trace(*records: Op | Event, rung: Rung = "export", **more: object) -> Trace:
    ops = tuple(r for r in records if isinstance(r, Op))
    events = tuple(r for r in records if isinstance(r, Event))
    fields = {"model": "model.py:model", "captured_by": rung, "ops": ops, "events": events} | more
    return Trace(**fields)  # type: ignore[arg-type]


def found(detector: Detector, seen: Trace) -> list[GraphFound]:
    view = View(seen)
    return [item for one in seen.ops for item in detector(one, view)]


def told(detector: Detector, seen: Trace) -> list[GraphFound]:
    return list(detector(seen, View(seen)))


def event(kind: str, what: str, detail: str = "", place: Place = HERE) -> Event:
    return Event(kind=kind, what=what, detail=detail, place=place)  # type: ignore[arg-type]


def test_a_mask_as_an_index_is_a_read_of_unknown_size() -> None:
    seen = trace(op("aten.index.Tensor", ROWS, MASK, out=OPEN, symbols=("u0",)))
    assert [f.place for f in found(shapes.boolean_read, seen)] == [HERE]
    assert found(shapes.size_of_data, seen) == []


def test_whole_numbers_and_masks_that_no_input_changes_are_fine() -> None:
    numbers = Tensor(shape=(2,), dtype="int64")
    kept = Tensor(shape=(6,), dtype="bool", origin="buffer")
    seen = trace(op("aten.index.Tensor", ROWS, numbers), op("aten.index.Tensor", ROWS, kept))
    assert found(shapes.boolean_read, seen) == []
    boolean = Tensor(shape=(6,), dtype="bool")
    assert found(shapes.boolean_read, trace(op("aten.index.Tensor", boolean, numbers))) == []


def test_an_op_is_told_once_though_it_stands_on_three_levels() -> None:
    names = [op("aten.nonzero.default", ROWS, level=level) for level in ("aten", "core", "joint")]
    assert len(found(shapes.size_of_data, trace(*names))) == 1


def test_what_a_recorder_saw_counts_though_it_is_decomposed() -> None:
    seen = trace(op("aten.nonzero.default", ROWS, level="core"), rung="recorder-real")
    assert [f.value for f in found(shapes.size_of_data, seen)] == ["torch.nonzero"]


def test_where_with_three_arguments_keeps_the_shape() -> None:
    one, three = op("aten.where.default", MASK), op("aten.where.self", MASK, ROWS, ROWS)
    assert len(found(shapes.size_of_data, trace(one))) == 1
    assert found(shapes.size_of_data, trace(three)) == []


def test_a_total_closes_the_size_of_repeats() -> None:
    counts = Tensor(shape=(6,), dtype="int64", origin="input")
    name = "aten.repeat_interleave.self_Tensor"
    assert len(found(shapes.size_of_data, trace(op(name, ROWS, counts)))) == 1
    closed = op(name, ROWS, counts, literals={"output_size": 10})
    assert found(shapes.size_of_data, trace(closed)) == []
    twice = op("aten.repeat_interleave.self_int", ROWS, literals={"repeats": 2})
    assert found(shapes.size_of_data, trace(twice)) == []


def test_an_operator_nobody_listed_is_told_by_the_symbol_it_makes() -> None:
    made = op("mine.compact.default", ROWS, out=OPEN, symbols=("u0",))
    after = op("aten.mul.Tensor", OPEN, out=OPEN)
    assert [f.value for f in found(shapes.size_of_data, trace(made, after))] == ["compact"]


def test_a_slice_by_a_read_number_is_told_at_the_read() -> None:
    count = Tensor(shape=(), dtype="int64", origin="input")
    read = op("aten.item.default", count, symbols=("u0",), outputs=())
    cut = op(
        "aten.slice.Tensor", ROWS, out=OPEN, place=THERE, literals={"end": "u0"}, symbols=("u1",)
    )
    seen = trace(read, cut, event("read", "item"))
    (length,) = told(control.length, seen)
    assert length.place == HERE
    assert length.value == "the length of this slice"
    assert [place for place, _ in length.related] == [THERE]
    assert told(control.value, seen) == []
    assert found(shapes.size_of_data, seen) == []


def test_a_read_that_becomes_no_size_is_a_value() -> None:
    read = op("aten.item.default", ROWS, symbols=("u0",), outputs=())
    seen = trace(read, op("aten.mul.Tensor", ROWS, literals={"other": "u0"}))
    assert [f.value for f in told(control.value, seen)] == [".item()"]
    assert told(control.length, seen) == []


def test_reads_of_weights_are_told_apart_and_constants_not_at_all() -> None:
    scale = Tensor(shape=(), dtype="float32", origin="buffer", name="scale")
    fixed = Tensor(shape=(), dtype="float32", origin="constant")
    ops = op("aten.item.default", scale), op("aten.item.default", fixed, place=THERE)
    seen = trace(*ops, event("read", "item"), event("read", "item", place=THERE))
    assert [(f.place, f.value) for f in told(control.weight, seen)] == [(HERE, "scale")]
    assert told(control.value, seen) == []


def test_reads_that_left_no_operator_in_a_whole_graph_were_of_constants() -> None:
    assert told(control.value, trace(event("read", "item"))) == []
    partly = trace(event("read", "item"), rung="recorder-real")
    assert [f.value for f in told(control.value, partly)] == [".item()"]


def test_a_line_is_called_by_the_most_telling_of_what_happened() -> None:
    seen = trace(
        event("failure", "data-dependent-branch"),
        event("break", "Data-dependent branching"),
        event("read", "bool"),
        rung="explain",
    )
    assert [f.place for f in told(control.branch, seen)] == [HERE]
    for detector in (control.value, control.length, control.graph_break):
        assert told(detector, seen) == []
    assert len(told(control.host_wait, seen)) == 1


def test_a_failure_says_in_plain_words_which_size_it_is() -> None:
    words = "the length of this slice depends on tensor data"
    (length,) = told(control.length, trace(event("failure", "data-dependent-size", words)))
    assert length.value == "the length of this slice"


def test_a_loop_that_runs_by_data_is_control_flow() -> None:
    words = "how often this loop runs depends on tensor data"
    assert told(control.branch, trace(event("failure", "data-dependent-size", words)))


def test_other_breaks_keep_their_reason_and_other_failures_theirs() -> None:
    other = event("break", "Unsupported context manager")
    crash = event("failure", "model-error", "ValueError: not today", THERE)
    seen = trace(other, crash, rung="explain")
    assert [f.value for f in told(control.graph_break, seen)] == ["Unsupported context manager"]
    (stopped,) = (f for one in seen.events for f in control.uncaptured(one, View(seen)))
    assert (stopped.place, stopped.value) == (THERE, "ValueError: not today")


def test_a_break_at_a_read_of_a_constant_is_a_break_and_no_value() -> None:
    fixed = Tensor(shape=(), dtype="bool", origin="constant")
    ops = op("aten._local_scalar_dense.default", fixed, level="core")
    words = "Unsupported Tensor.item() call"
    seen = trace(ops, event("read", "item"), event("break", words), rung="recorder-real")
    assert [f.value for f in told(control.graph_break, seen)] == [words]
    assert told(control.value, seen) == []


def test_weights_are_measured_against_the_core_of_each_chip() -> None:
    seen = trace(weights={"bfloat16": 20 * memory.GIB})
    assert {f.chips for f in told(memory.weights, seen)} == {("inf2",), ("trn1",)}
    large = trace(weights={"float32": 120 * memory.GIB})
    by_chip = {f.chips[0]: f.message or "" for f in told(memory.weights, large)}
    assert set(by_chip) == {"inf2", "trn1", "trn2", "trn3"}
    assert "at least 8 cores" in by_chip["trn1"]
    assert "at least 8 cores" in by_chip["trn2"]
    assert "at least 4 cores" in by_chip["trn3"]


def test_microcode_takes_its_part() -> None:
    seen = trace(weights={"bfloat16": 24 * memory.GIB})
    assert "trn2" in {f.chips[0] for f in told(memory.weights, seen)}


def test_scores_of_attention_are_too_large_where_they_are_made() -> None:
    scores = Tensor(shape=(16, 32, 32768, 32768), dtype="float32")
    made = op("aten.matmul.default", ROWS, ROWS, out=scores)
    masked = op("aten.add.Tensor", scores, out=scores)
    told_ = found(memory.activation, trace(made, masked))
    assert len(told_) == 4
    assert "takes 2 TiB" in (told_[0].message or "")


def test_a_result_can_be_too_large_beside_the_weights() -> None:
    half = Tensor(shape=(memory.GIB, 4), dtype="float32")
    made = op("aten.mm.default", ROWS, ROWS, out=half)
    weights = {"float32": 10 * memory.GIB}
    chips = {
        f.chips[0]: f.message or "" for f in found(memory.activation, trace(made, weights=weights))
    }
    assert "beside weights of 10 GiB" in chips["trn2"]
    assert "trn3" not in chips


def test_sizes_that_are_not_known_are_not_measured() -> None:
    assert size(OPEN) is None
