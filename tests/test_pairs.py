"""What was written for GPUs is harder to move than what somebody moved already."""

import pathlib
import shutil

import pytest

from portlint import config, engine
from portlint.catalog import shipped
from portlint.report import Report, Summary
from tests.marks import run
from tests.readme import ROOT

DATA = pathlib.Path(__file__).parent / "data"
PORTS, ORIGINALS = DATA / "ports", DATA / "originals"
SAMPLES = ROOT / "sample_models"
NAMES = sorted(path.name for path in ORIGINALS.iterdir())
FUSED = """
import torch
import triton
import triton.language as tl


@triton.jit
def _silu_mul(a, b, y, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(a + at, mask=at < n)
    tl.store(y + at, x * tl.sigmoid(x) * tl.load(b + at, mask=at < n), mask=at < n)


def silu_mul(a, b):
    y = torch.empty_like(a)
    _silu_mul[(triton.cdiv(a.numel(), 1024),)](a, b, y, a.numel(), BLOCK=1024)
    return y
"""
PLAIN = """
from torch.nn import functional as F


def silu_mul(a, b):
    return F.silu(a) * b
"""
FLASH = """
from flash_attn import flash_attn_func


def attend(q, k, v):
    return flash_attn_func(q, k, v, causal=True)
"""
SDPA = """
from torch.nn import functional as F


def attend(q, k, v):
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
"""
PINNED = """
import torch


def batches(loader, model):
    side = torch.cuda.Stream()
    for x in loader:
        with torch.cuda.stream(side):
            x = x.pin_memory().cuda(non_blocking=True)
        yield model(x)
"""
AGNOSTIC = """
import torch


def batches(loader, model):
    device = torch.accelerator.current_accelerator()
    for x in loader:
        yield model(x.to(device))
"""
INLINE = '''
import torch
from torch.utils.cpp_extension import load_inline

SOURCE = r"""
#include <cuda_runtime.h>
__global__ void square(const float *x, float *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i] * x[i];
}
torch::Tensor run(torch::Tensor x) {
    auto y = torch::empty_like(x);
    square<<<(x.numel() + 255) / 256, 256>>>(x.data_ptr<float>(), y.data_ptr<float>(), x.numel());
    return y;
}
"""
square = load_inline("square", "torch::Tensor run(torch::Tensor x);", SOURCE, functions=["run"])
'''
SQUARE = """
def square(x):
    return x * x
"""
ROTARY = """
import torch


def rotate(x, freqs):
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(freqs), freqs)).flatten(-2)
"""
REAL = """
import torch


def rotate(x, freqs):
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = freqs.cos(), freqs.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)
"""


def of_target(folder: pathlib.Path, settings: pathlib.Path) -> Report:
    found, _ = config.read((folder,), {"jobs": 1}, settings, shipped().rules)
    return engine.run(found).report


def harder(original: Summary, port: Summary) -> bool:
    assert original.score is not None and port.score is not None
    assert original.hours is not None and port.hours is not None
    return original.score > port.score and original.hours[1] > port.hours[1]


def test_every_port_has_an_original() -> None:
    assert sorted(path.name for path in PORTS.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_original_is_harder_than_its_port_on_the_port_s_target(name: str) -> None:
    settings = PORTS / name / "portlint.toml"
    original, port = (of_target(folder / name, settings) for folder in (ORIGINALS, PORTS))
    assert original.summary.by_impact["breaks"] > port.summary.by_impact["breaks"]
    assert harder(original.summary, port.summary)


@pytest.mark.parametrize("stack", ["native-eager", "native-compile"])
@pytest.mark.parametrize("name", ["ddp_trainer", "flash_gpt", "triton_norm", "cuda_extension"])
def test_a_sample_for_gpus_is_harder_than_the_one_that_is_ported(
    tmp_path: pathlib.Path, name: str, stack: str
) -> None:
    found = []
    for folder in (name, "neuron_ported"):
        root = tmp_path / folder
        shutil.copytree(SAMPLES / folder, root)
        found.append(run(root, chip="trn2", stack=stack).summary)
    assert harder(*found)


@pytest.mark.parametrize(
    ("original", "port"),
    [
        pytest.param(FUSED, PLAIN, id="a fused kernel and plain operators"),
        pytest.param(FLASH, SDPA, id="flash-attention and SDPA"),
        pytest.param(PINNED, AGNOSTIC, id="streams and the accelerator's device"),
        pytest.param(INLINE, SQUARE, id="inline CUDA and plain operators"),
    ],
)
@pytest.mark.parametrize(("chip", "stack"), [("trn2", "native-eager"), ("trn1", "xla")])
def test_the_way_that_recipes_write_it_is_easier(
    tmp_path: pathlib.Path, original: str, port: str, chip: str, stack: str
) -> None:
    assert harder(*summaries(tmp_path, original, port, chip, stack))


def test_complex_rotation_is_harder_than_real_rotation_on_xla(tmp_path: pathlib.Path) -> None:
    assert harder(*summaries(tmp_path, ROTARY, REAL, "trn1", "xla"))


def summaries(
    tmp_path: pathlib.Path, original: str, port: str, chip: str, stack: str
) -> tuple[Summary, Summary]:
    """Of two files, each alone in a folder."""
    found = []
    for name, code in (("original", original), ("port", port)):
        root = tmp_path / name
        root.mkdir()
        (root / "code.py").write_text(code, encoding="utf-8")
        found.append(run(root, chip=chip, stack=stack, workload="inference").summary)
    return found[0], found[1]
