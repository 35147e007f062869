"""Kernels know where they are launched, and belong together as one piece of work does."""

import pathlib

from portlint.model import Finding
from tests.marks import run

PROGRAM = """
import torch
import triton
import triton.language as tl


@triton.jit
def _twice(x):
    return x * 2


@triton.jit
def _rotary_kernel(x, y, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, _twice(tl.load(x + at, mask=at < n)), mask=at < n)


class Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.empty_like(x)
        _rotary_kernel[(4,)](x, y, x.numel(), BLOCK=128)
        return y
"""


def kernels(text: str, tmp_path: pathlib.Path) -> list[Finding]:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "code.py").write_text(text, encoding="utf-8")
    return [f for f in run(root).findings if f.rule == "NEU201"]


def test_a_kernel_names_the_autograd_function_that_launches_it(tmp_path: pathlib.Path) -> None:
    helper, kernel = kernels(PROGRAM, tmp_path)
    assert helper.related == ()
    assert [(r.line, r.message) for r in kernel.related] == [
        (22, "launched in autograd function `Rotate.forward`")
    ]


def test_a_helper_is_one_piece_of_work_with_the_kernel_that_calls_it(
    tmp_path: pathlib.Path,
) -> None:
    helper, kernel = kernels(PROGRAM, tmp_path)
    assert helper.root_cause == kernel.root_cause


def test_a_kernel_is_compared_with_the_library_by_its_name(tmp_path: pathlib.Path) -> None:
    helper, kernel = kernels(PROGRAM, tmp_path)
    assert "(compare `rope` of the NKI library)" in kernel.message
    assert "compare" not in helper.message


def test_a_launch_through_a_wrapper_counts(tmp_path: pathlib.Path) -> None:
    text = PROGRAM.replace(
        "_rotary_kernel[(4,)]", "torch.library.wrap_triton(_rotary_kernel)[(4,)]"
    )
    _, kernel = kernels(text, tmp_path)
    assert len(kernel.related) == 1
