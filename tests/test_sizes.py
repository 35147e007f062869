"""How large is what a finding speaks of, how many places change along, and what that costs."""

import json
import pathlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog
from portlint.effort.hours import priced
from portlint.effort.label import label
from portlint.effort.sized import sized
from portlint.effort.weights import weights
from portlint.model import Finding
from portlint.rule import Effort
from tests.marks import run
from tests.test_score import BASE

SHIPPED = catalog.shipped()
TRITON = '''
import triton
import triton.language as tl


@triton.jit
def _scale(x, y, n, BLOCK: tl.constexpr):
    """Twice
    as much.
    """
    # where this program stands
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)

    tl.store(y + at, 2 * tl.load(x + at, mask=at < n), mask=at < n)
'''


def findings(tmp_path: pathlib.Path, code: str, rule: str, **files: str) -> list[Finding]:
    root = tmp_path / "repo"
    root.mkdir()
    for name, text in {"code": code, **files}.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    return [f for f in run(root).findings if f.rule == rule]


class TestAThingIsAsLongAsItsCode:
    def test_a_kernel_without_its_docstring_comments_and_blank_lines(
        self, tmp_path: pathlib.Path
    ) -> None:
        (kernel,) = findings(tmp_path, TRITON, "NEU201")
        assert kernel.lines == 3

    def test_a_kernel_that_is_made_by_a_call_is_its_function(self, tmp_path: pathlib.Path) -> None:
        code = TRITON.replace("@triton.jit\n", "") + "\n\nfast = triton.jit(_scale)\n"
        (kernel,) = findings(tmp_path, code, "NEU201")
        assert kernel.lines == 3

    def test_a_kernel_in_a_notebook(self, tmp_path: pathlib.Path) -> None:
        root = tmp_path / "repo"
        root.mkdir()
        rest: dict[str, object] = {"metadata": {}, "outputs": [], "execution_count": None}
        cell = {"cell_type": "code", "source": TRITON, **rest}
        book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (root / "a.ipynb").write_text(json.dumps(book), encoding="utf-8")
        (kernel,) = [f for f in run(root).findings if f.rule == "NEU201"]
        assert kernel.lines == 3

    def test_cuda_source_in_a_string_also_by_way_of_a_name(self, tmp_path: pathlib.Path) -> None:
        code = '''
import cupy

SOURCE = r"""
extern "C" __global__ void add(float *x) {
    // one each
    x[threadIdx.x] += 1;
}
"""
add = cupy.RawKernel(SOURCE, "add")
'''
        (kernel,) = findings(tmp_path, code, "NEU212")
        assert kernel.lines == 3

    def test_inline_sources_are_counted_together(self, tmp_path: pathlib.Path) -> None:
        code = '''
from torch.utils.cpp_extension import load_inline

one = load_inline(
    name="one",
    cpp_sources="void f();\\nvoid g();\\nvoid h();\\nvoid i();\\nvoid j();",
    cuda_sources=["""
#include <cuda_runtime.h>
__global__ void f() {}
""", """__global__ void g() {}"""],
)
'''
        (built,) = findings(tmp_path, code, "NEU221")
        assert built.lines == 3

    def test_a_cuda_file(self, tmp_path: pathlib.Path) -> None:
        root = tmp_path / "repo"
        root.mkdir()
        text = "/* a\n b */\n\n__global__ void f(float *x) {  // here\n  x[0] = 1;\n}\n"
        (root / "f.cu").write_text(text, encoding="utf-8")
        (source,) = run(root).findings
        assert (source.rule, source.lines) == ("NEU290", 3)

    def test_an_operator_for_cuda_is_its_function(self, tmp_path: pathlib.Path) -> None:
        code = """
import torch


@torch.library.custom_op("mine::twice", mutates_args=(), device_types="cuda")
def twice(x: torch.Tensor) -> torch.Tensor:
    y = x + x
    return y
"""
        (op,) = findings(tmp_path, code, "NEU240")
        assert op.lines == 3

    def test_an_attention_is_its_class_and_a_scan_its_function(
        self, tmp_path: pathlib.Path
    ) -> None:
        (bad,) = [e for e in SHIPPED.rules["NEU410"].bad if e.path.endswith(".py")][:1]
        found = findings(tmp_path, bad.code, "NEU410")
        assert found and found[0].lines and found[0].lines > 5
        other = tmp_path / "other"
        other.mkdir()
        scan = SHIPPED.rules["NEU420"].bad[0].code
        (loop,) = findings(other, scan, "NEU420")
        assert loop.lines == 7

    def test_a_place_is_no_thing(self, tmp_path: pathlib.Path) -> None:
        (place,) = findings(tmp_path, "import torch\n\ntorch.zeros(1).cuda()\n", "NEU102")
        assert (place.lines, place.places) == (None, 1)


class TestPlacesThatChangeAlong:
    def test_launches_count(self, tmp_path: pathlib.Path) -> None:
        launches = "\n".join(f"_scale[(4,)](x, y, {n}, 128)" for n in range(30))
        (kernel,) = findings(tmp_path, TRITON + "\n" + launches, "NEU201")
        assert kernel.places == 31
        assert len(kernel.related) == 21 and kernel.related[-1].message == "and 10 more places"

    def test_uses_of_an_import_count_beyond_those_that_are_named(
        self, tmp_path: pathlib.Path
    ) -> None:
        uses = "\n".join(f"flash_attn_func(q{n}, k, v)" for n in range(50))
        code = f"from flash_attn import flash_attn_func\n\n{uses}\n"
        (found,) = findings(tmp_path, code, "NEU801")
        assert found.places == 51 and len(found.related) == 20

    def test_uses_in_other_files_count(self, tmp_path: pathlib.Path) -> None:
        home = "from flash_attn import flash_attn_func\n"
        other = "from code_ import flash_attn_func\n\nflash_attn_func(1, 2, 3)\n"
        (found,) = findings(tmp_path, "", "NEU801", code_=home, other=other)
        assert found.places == 2

    def test_a_device_is_decided_once_wherever_it_is_used(self, tmp_path: pathlib.Path) -> None:
        home = 'import torch\n\nDEVICE = torch.device("cuda")\n'
        other = "import torch\nfrom code_ import DEVICE\n\ntorch.zeros(1, device=DEVICE)\n"
        (found,) = findings(tmp_path, "", "NEU101", code_=home, other=other)
        assert found.related and found.places == 1

    def test_a_copy_is_no_further_place(self, tmp_path: pathlib.Path) -> None:
        root = tmp_path / "repo"
        for folder in ("one", "two"):
            (root / folder).mkdir(parents=True)
            text = TRITON + "# a longer file\n" * 80
            (root / folder / "code.py").write_text(text, encoding="utf-8")
        (kernel,) = [f for f in run(root).findings if f.rule == "NEU201"]
        assert kernel.related and kernel.places == 1


class TestWhatASizeCosts:
    def test_a_thing_of_the_median_size_costs_what_the_rule_says(self) -> None:
        measured = [rule for rule in SHIPPED.rules.values() if rule.effort.lines]
        assert len(measured) >= 8
        for rule in measured:
            assert hours(rule.effort, rule.effort.lines) == rule.effort.once
            assert hours(rule.effort, None) == rule.effort.once

    @given(st.sampled_from(["NEU201", "NEU216", "NEU290"]), st.integers(1, 5000), st.integers())
    def test_a_longer_kernel_never_costs_less(self, code: str, lines: int, more: int) -> None:
        effort = SHIPPED.rules[code].effort
        low, high = hours(effort, lines)
        assert hours(effort, lines + abs(more)) >= (low, high)

    def test_a_kernel_for_each_element_is_hours_and_attention_is_weeks(self) -> None:
        effort = SHIPPED.rules["NEU201"].effort
        low, high = hours(effort, 15)
        assert low <= 1.5 and high <= 8
        assert hours(effort, 300)[1] >= 80


def hours(effort: Effort, lines: int | None) -> tuple[float, float]:
    finding = msgspec.structs.replace(
        BASE, effort=label(effort), lines=lines, rule="NEU201", name="triton-kernel"
    )
    rules = {"NEU201": msgspec.structs.replace(SHIPPED.rules["NEU201"], effort=effort)}
    bounds = weights(SHIPPED).size
    return priced([*sized([finding], rules, bounds)], effort, bounds).hours
