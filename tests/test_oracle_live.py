"""The real torch-xla behind the oracle; skips where there is none, see `make test-oracle`."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

from portlint.capture import capture
from portlint.oracle.install import verified
from portlint.oracle.interpreter import Interpreter
from portlint.oracle.process import Worker
from portlint.oracle.protocol import Answer, Query, Said, answer
from portlint.oracle.session import Session
from portlint.oracle.signature import asked
from portlint.trace.protocol import Request
from tests.invoke import portlint

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("oracle")]
TORCH = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed"
)
BIG = [64, 512, 512, 64]
"""Four gigabytes of float32: whoever computes on it notices."""


def f32(*shape: int) -> dict[str, object]:
    return {"t": list(shape), "d": "float32"}


def call(name: str, *args: object) -> Query:
    return Query(op=f"aten.{name}", args=args)


@pytest.fixture
def ask(torch_xla: Interpreter, tmp_path: pathlib.Path) -> Session:
    return Session(torch_xla, folder=tmp_path)


def answers(session: Session, *queries: Query) -> list[Answer]:
    with session:
        return session.ask(queries)


def test_it_is_what_it_says(torch_xla: Interpreter) -> None:
    found = verified(pathlib.Path(torch_xla.python))
    assert found["torch_xla"].startswith("2.9") and found["torch"].startswith("2.9")


def test_an_operator_is_lowered_to_hlo_with_its_dtypes(ask: Session) -> None:
    (found,) = answers(ask, call("linear.default", f32(2, 8), f32(4, 8), f32(4)))
    assert found.status == "lowered" and found.outputs == (((2, 4), "float32"),)
    assert ("dot", "f32") in found.hlo
    # neither parameters nor what only made the inputs
    assert {op for op, *_ in found.hlo} <= {"add", "broadcast", "dot", "reshape", "transpose"}


def test_a_composite_falls_back_where_one_of_its_operators_does(ask: Session) -> None:
    small = call("median.dim", f32(4, 4), 1)
    large = call("median.dim", f32(*BIG), 1)
    sampled = call("grid_sampler.default", f32(*BIG), f32(64, 512, 512, 2), 0, 0, False)
    found = answers(ask, small, large, sampled)
    assert [a.fallback for a in found] == [
        ("aten::median.dim_values",),
        ("aten::median.dim_values",),
        ("aten::grid_sampler_2d",),
    ]
    assert [a.executed for a in found] == [True, False, False]


def test_large_tensors_stay_lazy(ask: Session) -> None:
    many = f32(1, 64, 8192, 128)
    linear = call("linear.default", f32(8192, 16384), f32(65536, 16384))
    found = answers(ask, call("scaled_dot_product_attention.default", *[many] * 3), linear)
    assert [a.status for a in found] == ["lowered", "lowered"]


def test_a_kernel_that_may_ask_the_host_is_not_tried_on_much(ask: Session) -> None:
    sizes = [500, 300]
    plain = call("_adaptive_avg_pool2d.default", f32(64, 64, 512, 512), sizes)
    wary = Query(op=plain.op, args=plain.args, wary=True)
    small = Query(op=plain.op, args=(f32(1, 1, 8, 8), [3, 3]), wary=True)
    first, second = answers(ask, wary, small)
    assert (first.status, first.executed) == ("too-large", False)
    assert second.fallback == ("aten::_adaptive_avg_pool2d",)


def test_what_torch_does_not_know_or_refuses_is_said(ask: Session) -> None:
    unknown = call("no_such_thing.default")
    refused = call("add.Tensor", f32(2), f32(3))
    odd = call("add.Tensor", f32(2), {"moon": 1})
    found = answers(ask, unknown, refused, odd)
    assert [a.status for a in found] == ["unknown-op", "error", "error"]
    assert "[2]" in found[1].error and "moon" in found[2].error


def test_an_operator_that_crashes_torch_xla_costs_itself(ask: Session) -> None:
    """_grouped_mm ends the process in torch-xla 2.9.0."""
    tensors = [{"t": shape, "d": "bfloat16"} for shape in ([16, 16], [2, 16, 16])]
    grouped = call("_grouped_mm.default", *tensors, {"t": [2], "d": "int32"})
    found = answers(ask, call("relu.default", f32(2)), grouped, call("relu.default", f32(3)))
    assert [a.status for a in found] == ["lowered", "crash", "lowered"] and ask.starts == 3


def test_watching_for_the_host_changes_no_answer(torch_xla: Interpreter) -> None:
    """What is asked under a limit of nothing is answered as without one, the dtypes too."""
    calls: list[dict[str, object]] = [
        {"op": "aten.linear.default", "args": [f32(2, 3, 8), f32(4, 8), f32(4)]},
        {"op": "aten.layer_norm.default", "args": [f32(2, 8), [8], f32(8), f32(8)]},
        {"op": "aten.scaled_dot_product_attention.default", "args": [f32(1, 2, 8, 4)] * 3},
        {"op": "aten.conv2d.default", "args": [f32(1, 3, 8, 8), f32(4, 3, 3, 3)]},
        {"op": "aten.gelu.default", "args": [f32(2, 3)]},
        {"op": "aten.cumsum.default", "args": [f32(2, 3), 1]},
        {"op": "aten.median.dim", "args": [f32(2, 3), 1]},
        {"op": "aten.group_norm.default", "args": [f32(2, 4, 3), 2]},
    ]
    worker = Worker(torch_xla.python)
    found: list[list[Said]] = []
    try:
        for limit in (1 << 30, 0):
            for number, asked in enumerate(calls):
                worker.tell(json.dumps({"id": number, "limit": limit, **asked}).encode() + b"\n")
            found.append([worker.hear(60) for _ in calls])
    finally:
        worker.close()
    for plain, watched in zip(*found, strict=True):
        one, other = answer(plain), answer(watched)
        assert (one.status, one.fallback) == (other.status, other.fallback), plain
        if other.executed:
            assert one == other


PROGRAM = """
import sys
import torch
from torch import nn

class Layer(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x):
        batch, length, size = x.shape
        shape = (batch, length, 3, self.heads, size // self.heads)
        q, k, v = self.qkv(self.norm(x)).view(shape).permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        return x + self.down(nn.functional.gelu(self.up(x)))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(*(Layer(8192, 64) for _ in range(8)))

    def forward(self, x):
        x = self.layers(x)
        return x.median(dim=1).values  # the host's

with torch.device("meta"):
    net, x = Net(), torch.empty(1, 2048, 8192)
torch.export.save(torch.export.export(net, (x,)), sys.argv[1])
"""


@TORCH
def test_a_stack_of_six_billion_parameters_is_walked(ask: Session, tmp_path: pathlib.Path) -> None:
    """Saved by this torch, read by the other; on the way nothing is computed."""
    script, program = tmp_path / "net.py", tmp_path / "net.pt2"
    script.write_text(PROGRAM)
    subprocess.run([sys.executable, str(script), str(program)], check=True, capture_output=True)
    with ask:
        nodes = ask.walk(program)
    *others, median = [node for node in nodes if node.op != "aten.select.int"]
    assert {node.answer.status for node in others} == {"lowered"} and len(others) > 80
    assert median.answer.fallback == ("aten::median.dim_values",) and not median.answer.executed
    source = script.read_text().splitlines()
    assert median.place and "the host's" in source[median.place[1] - 1]
    gelu = next(node for node in nodes if node.op == "aten.gelu.default")
    assert ("erf", "f32") in gelu.answer.hlo


@TORCH
@pytest.mark.parametrize(
    "name", ["encoder", "rotary", "quantised", "selective_scan", "neuron_ported/model"]
)
def test_operators_alone_and_in_their_program_are_answered_alike(
    name: str, ask: Session, tmp_path: pathlib.Path
) -> None:
    root = pathlib.Path(__file__).parent.parent / "sample_models"
    program = tmp_path / "model.pt2"
    trace = capture(Request(spec=f"{name}.py:model", root=str(root), program=str(program)))
    assert program.is_file(), trace.events
    ops = [op for op in trace.ops if op.level == "aten"]
    found = asked(ops)
    with ask:
        alone = ask.ask(found.calls)
        nodes = ask.walk(program)
    by_line = {(o.name, o.place.line): alone[found.of[o.id]] for o in ops if o.place}
    compared = 0
    for node in nodes:
        place = node.place and (node.op, node.place[1])
        if place in by_line:
            compared += 1
            other = by_line[place]
            assert (node.answer.status, node.answer.fallback) == (other.status, other.fallback)
    assert compared > len(ops) / 2


@TORCH
def test_a_sample_model_is_asked_about(torch_xla: Interpreter, tmp_path: pathlib.Path) -> None:
    root = pathlib.Path(__file__).parent.parent
    own = {"XDG_CACHE_HOME": str(tmp_path), "PORTLINT_XLA_PYTHON": torch_xla.python}
    words = ("oracle", "run", "sample_models/encoder.py:model", "--graph", "--format", "json")
    done = portlint(*words, cwd=root, env=own)
    (model,) = done.json["models"]
    asked = [row["answer"] for row in model["rows"] if row["answer"]]
    assert len(asked) > 50 and {a["status"] for a in asked} == {"lowered"}, done.out
    nodes = model["program"]
    assert len(nodes) > 40 and not any(node["differs"] for node in nodes)
    assert "encoder.py" in {node["path"] for node in nodes} <= {"encoder.py", None}
