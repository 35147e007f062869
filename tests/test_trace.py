"""What a trace holds: each rung, each kind of failure at its exact line, CUDA, stubs, backward."""

import pathlib
import textwrap
from collections.abc import Callable

import pytest

from portlint.capture import capture
from portlint.record import Event, Op, Trace
from portlint.trace.protocol import Request

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

LIBRARIES = ("flash_attn", "triton", "apex", "mamba_ssm", "xformers", "transformer_engine")
HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
"""
TAIL = """

def model():
    return Model()


def example_inputs():
    return (torch.linspace(-1, 1, 24).reshape(2, 3, 4),)
"""
Traced = Callable[..., "Seen"]


class Seen:
    """A trace and the marks in the program it came from."""

    def __init__(self, trace: Trace, code: str) -> None:
        self.trace = trace
        self.lines = code.splitlines()

    def marked(self, mark: str) -> int:
        (line,) = [n for n, text in enumerate(self.lines, 1) if text.endswith(f"# {mark}")]
        return line

    def events(self, kind: str) -> list[tuple[str, int | None]]:
        found = [e for e in self.trace.events if e.kind == kind]
        return [(e.what, e.place.line if e.place else None) for e in found]

    def failures(self) -> list[Event]:
        return [e for e in self.trace.events if e.kind == "failure"]

    def ops(self, level: str) -> list[Op]:
        return [op for op in self.trace.ops if op.level == level]

    def op(self, level: str, name: str) -> Op:
        (found,) = [op for op in self.ops(level) if op.name == name]
        return found

    def line(self, op: Op) -> int:
        assert op.place is not None, op
        return op.place.line


@pytest.fixture
def traced(tmp_path: pathlib.Path) -> Traced:
    def trace(forward: str, init: str = "", top: str = "", **wishes: bool) -> Seen:
        body = textwrap.indent(textwrap.dedent(forward).strip(), " " * 8)
        made = textwrap.indent(textwrap.dedent(init).strip() or "pass", " " * 8)
        code = (
            f"{HEAD}{top}\n\nclass Model(nn.Module):\n    def __init__(self):\n"
            f"        super().__init__()\n{made}\n\n    def forward(self, x):\n{body}\n{TAIL}"
        )
        (tmp_path / "model.py").write_text(code)
        request = Request(
            spec="model.py:model",
            root=str(tmp_path),
            libraries=LIBRARIES,
            timeout=120,
            memory=8,
            training=wishes.get("training", False),
            breaks=wishes.get("breaks", False),
        )
        return Seen(capture(request), code)

    return trace


ENCODER = """
self.proj = nn.Linear(4, 4)
self.norm = nn.LayerNorm(4)
self.register_buffer("scale", torch.ones(4))
"""


def test_export_gives_two_levels_with_places_modules_and_provenance(traced: Traced) -> None:
    seen = traced(
        """
        y = F.scaled_dot_product_attention(x, x, x, is_causal=True)  # sdpa
        y = self.proj(y)  # linear
        w = self.proj.weight.t() * 2  # weight
        return self.norm(y @ w) * self.scale
        """,
        ENCODER,
    )
    assert (seen.trace.captured_by, seen.trace.parameters) == ("export", 28)
    assert seen.trace.weights == {"float32": 128}
    sdpa = seen.op("aten", "aten.scaled_dot_product_attention.default")
    assert seen.line(sdpa) == seen.marked("sdpa")
    assert sdpa.literals["is_causal"] is True
    assert [t.origin for t in sdpa.inputs] == ["input"] * 3
    assert seen.op("core", sdpa.name)
    linear = seen.op("aten", "aten.linear.default")
    assert (linear.module, linear.module_class) == ("proj", "torch.nn.modules.linear.Linear")
    assert [(t.origin, t.name) for t in linear.inputs[1:]] == [
        ("parameter", "proj.weight"),
        ("parameter", "proj.bias"),
    ]
    addmm = seen.op("core", "aten.addmm.default")
    assert (addmm.semantic, seen.line(addmm)) == ("aten.linear.default", seen.marked("linear"))
    weight = next(op for op in seen.ops("aten") if op.name == "aten.mul.Tensor")
    assert (weight.inputs[0].origin, weight.inputs[0].name) == ("parameter", "proj.weight")
    last = seen.ops("aten")[-1]
    assert [t.origin for t in last.inputs] == ["activation", "buffer"]
    assert len({op.id for op in seen.trace.ops}) == len(seen.trace.ops)


def test_shapes_that_depend_on_data_keep_their_symbols(traced: Traced) -> None:
    seen = traced("return x[x > 0] * 2  # index")
    index = seen.op("aten", "aten.index.Tensor")
    assert seen.trace.captured_by == "export"
    assert index.symbols == ("u0",)
    assert index.outputs[0].shape == ("u0",)
    assert seen.line(index) == seen.marked("index")


def test_every_result_is_kept(traced: Traced) -> None:
    seen = traced("return {'a': [x.sin()], 'b': (x.cos(), None)}")
    assert {op.name for op in seen.ops("core")} == {"aten.sin.default", "aten.cos.default"}


def test_graphs_in_a_graph_are_read_too(traced: Traced) -> None:
    seen = traced(
        """
        return torch.cond(x.sum() > 0, lambda t: t.sin(), lambda t: t.cos(), (x,))
        """
    )
    assert {"higher_order.cond", "aten.sin.default", "aten.cos.default"} <= {
        op.name for op in seen.ops("aten")
    }


def test_strict_export_recovers_an_assertion_on_data(traced: Traced) -> None:
    seen = traced("assert x.abs().max() < 10  # assert\nreturn x + 1")
    assert seen.trace.captured_by == "export-strict"
    (failed,) = seen.failures()
    assert (failed.what, failed.rung) == ("data-dependent-branch", "export")
    assert failed.place and failed.place.line == seen.marked("assert")


def test_graphs_around_a_break_are_kept(traced: Traced) -> None:
    seen = traced(
        """
        y = self.proj(x)
        if y.sum() > 0:  # branch
            y = y.relu()  # inside
        return self.norm(y)
        """,
        ENCODER,
    )
    assert seen.trace.captured_by == "explain"
    (failed,) = seen.failures()
    assert failed.what == "data-dependent-branch"
    assert failed.place and failed.place.line == seen.marked("branch")
    assert seen.marked("branch") in [line for _, line in seen.events("break")]
    linear = seen.op("aten", "aten.linear.default")
    assert linear.inputs[1].name == "proj.weight"
    assert "aten.layer_norm.default" in {op.name for op in seen.ops("aten")}


UNSEEN = """
@torch.compiler.disable
def work(x):
    if torch.compiler.is_exporting():
        raise ValueError("not here")
    return {}
"""


def test_what_no_graph_holds_is_recorded_without_data(traced: Traced) -> None:
    seen = traced("return work(x)", top=UNSEEN.format("x.relu() + 1"))
    assert seen.trace.captured_by == "recorder-fake"
    assert [op.name for op in seen.trace.ops] == ["aten.relu.default", "aten.add.Tensor"]
    assert {op.level for op in seen.trace.ops} == {"core"}


def test_what_needs_data_is_recorded_on_example_data(traced: Traced) -> None:
    seen = traced("return work(x)", top=UNSEEN.format("x.relu() if x.sum() > 9 else x.abs()"))
    assert seen.trace.captured_by == "recorder-real"
    assert "aten.abs.default" in {op.name for op in seen.trace.ops}
    assert "aten.relu.default" not in {op.name for op in seen.trace.ops}


def test_a_graph_module_is_taken_as_it_is(traced: Traced, tmp_path: pathlib.Path) -> None:
    seen = traced("return self.proj(x).relu()", ENCODER)
    code = (tmp_path / "model.py").read_text()
    (tmp_path / "model.py").write_text(
        code.replace("    return Model()", "    return torch.fx.symbolic_trace(Model())")
    )
    trace = capture(Request(spec="model.py:model", root=str(tmp_path), memory=8))
    assert (seen.trace.captured_by, trace.captured_by) == ("export", "fx")
    assert [op.name for op in trace.ops if op.level == "aten"] == [
        "aten.linear.default",
        "aten.relu.default",
    ]


READS = [
    ("k = x.sum().item()", "item"),
    ("k = x.tolist()", "tolist"),
    ("k = bool(x.sum())", "bool"),
    ("k = int(x.sum())", "int"),
    ("k = float(x.sum())", "float"),
    ("k = x.sum().numpy()", "numpy"),
    ("k = torch.equal(x, x)", "equal"),
]


@pytest.mark.parametrize(("line", "what"), READS, ids=[what for _, what in READS])
def test_a_value_read_in_python_is_an_event(traced: Traced, line: str, what: str) -> None:
    seen = traced(f"{line}  # read\nreturn x + 1")
    assert (what, seen.marked("read")) in seen.events("read")


FAILURES = [
    ("if x.sum() > 0:  # here\n    x = x + 1\nreturn x", "data-dependent-branch"),
    ("while x.sum() > 0:  # here\n    x = x - 1\nreturn x", "data-dependent-branch"),
    ("n = x.sum().item()\nreturn x[:int(n)]  # here", "data-dependent-size"),
    ("for _ in range(int(x.abs().sum())):  # here\n    x = x + 1\nreturn x", "data-dependent-size"),
    ("return x + x.numpy()[0, 0, 0].item()  # here", "data-dependent-value"),
    ("raise ValueError('no')  # here", "model-error"),
    ("return self.gone(x)  # here", "model-error"),
    ("import absent_library  # here\nreturn x", "missing-library"),
    ("return self.forward(x)  # here", "recursion"),
]


@pytest.mark.parametrize(
    ("forward", "kind"), FAILURES, ids=[f"{k}-{n}" for n, (_, k) in enumerate(FAILURES)]
)
def test_a_failure_names_kind_and_line(traced: Traced, forward: str, kind: str) -> None:
    seen = traced(forward)
    first = seen.failures()[0]
    assert first.what == kind, first
    assert first.place and first.place.line == seen.marked("here"), first
    assert first.detail


def test_a_missing_input_says_which(traced: Traced, tmp_path: pathlib.Path) -> None:
    traced("return x")
    code = (tmp_path / "model.py").read_text()
    (tmp_path / "model.py").write_text(code.replace("forward(self, x)", "forward(self, x, mask)"))
    trace = capture(Request(spec="model.py:model", root=str(tmp_path), memory=8))
    failed = next(e for e in trace.events if e.kind == "failure")
    assert failed.what == "missing-input"
    assert "mask" in failed.detail


def test_what_asks_for_cuda_runs_and_is_noted_once_a_line(traced: Traced) -> None:
    seen = traced(
        """
        x = x.cuda()  # cuda
        y = torch.zeros(4, device="cuda:0")  # zeros
        torch.cuda.synchronize()  # sync
        with torch.cuda.stream(torch.cuda.Stream()):  # stream
            x = x.to("cuda", non_blocking=True) + y  # to
        with torch.autocast("cuda", dtype=torch.bfloat16):  # cast
            return self.proj(x)
        """,
        ENCODER + "\nself.cuda()  # module\nself.capability = torch.cuda.get_device_capability()\n",
    )
    assert seen.trace.captured_by == "export"
    found = seen.events("redirect")
    for what, mark in (
        ("torch.nn.Module.cuda", "module"),
        ("torch.Tensor.cuda", "cuda"),
        ("torch.zeros", "zeros"),
        ("torch.cuda.synchronize", "sync"),
        ("torch.cuda.Stream", "stream"),
        ("torch.Tensor.to", "to"),
        ("torch.autocast", "cast"),
    ):
        assert found.count((what, seen.marked(mark))) == 1, (what, found)
    dtypes = {t.dtype for op in seen.ops("aten") for t in op.outputs}
    assert "bfloat16" in dtypes


def test_availability_is_told_truly(traced: Traced) -> None:
    seen = traced('return x.to("cuda" if torch.cuda.is_available() else "cpu")')
    assert seen.events("redirect") == []


STUBS = """
from flash_attn import flash_attn_func
import triton
import triton.language as tl
from apex.normalization import FusedRMSNorm


@triton.jit
def kernel(a, b, n, SIZE: tl.constexpr):
    tl.store(b, tl.load(a))
"""


def test_missing_libraries_are_named_nodes(traced: Traced) -> None:
    seen = traced(
        """
        q = x.unsqueeze(2)
        y = flash_attn_func(q, q, q, causal=True).squeeze(2)  # flash
        out = torch.empty_like(y)
        kernel[(triton.cdiv(24, 8),)](y, out, 24, SIZE=8)  # launch
        return self.norm(out)  # norm
        """,
        "self.norm = FusedRMSNorm(4)",
        STUBS,
        training=True,
    )
    assert seen.trace.captured_by == "export", seen.failures()
    stubs = {op.stub: seen.line(op) for op in seen.ops("aten") if op.stub}
    assert stubs == {
        "flash_attn.flash_attn_func": seen.marked("flash"),
        "model.kernel": seen.marked("launch"),
        "apex.normalization.FusedRMSNorm": seen.marked("norm"),
    }
    assert {what for what, _ in seen.events("stub")} == {"flash_attn", "triton", "apex"}
    assert seen.trace.parameters == 4


def test_a_guarded_import_takes_its_fallback(traced: Traced) -> None:
    top = "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n"
    seen = traced("assert flash_attn is None\nreturn x + 1", top=top)
    assert seen.trace.captured_by == "export"
    assert seen.events("stub") == []


def test_training_adds_forward_and_backward_with_the_lines_of_forward(traced: Traced) -> None:
    seen = traced("return F.gelu(self.proj(x))  # gelu", ENCODER, training=True)
    joint = seen.ops("joint")
    assert {op.backward for op in joint} == {True, False}
    assert {seen.line(op) for op in joint} == {seen.marked("gelu")}
    assert any(op.semantic == "aten.gelu_backward.default" for op in joint if op.backward)
    gradient = next(op for op in joint if op.backward and op.name == "aten.mm.default")
    assert gradient.module == "proj"


def test_no_joint_graph_is_told_and_costs_nothing_else(traced: Traced) -> None:
    seen = traced("return (x > 0).sum()", training=True)
    assert seen.trace.captured_by == "export"
    assert "no joint graph" in seen.failures()[-1].detail


def test_breaks_are_found_where_export_succeeds(traced: Traced) -> None:
    seen = traced("k = x.sum().item()  # read\nreturn x + k", breaks=True)
    assert seen.trace.captured_by == "export"
    assert [line for _, line in seen.events("break")] == [seen.marked("read")]
