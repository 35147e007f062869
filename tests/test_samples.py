"""Sample models: every mark is reported and nothing else; what can run on a CPU does run."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys

import pytest

from portlint.report import Report
from tests.marks import Expected, marks, reported, run

SAMPLES = pathlib.Path(__file__).parent.parent / "sample_models"
NAMES = sorted(
    path.name
    for path in SAMPLES.iterdir()
    if (path.is_dir() and path.name[0] not in "._") or path.suffix == ".py"
)
CAPTURED = {"detector.py": "explain", "mixture.py": "explain"}
"""Samples whose forward is no single graph: what they do depends on the data."""
READY = ("device_agnostic", "encoder.py", "neuron_ported")
"""Samples that have nothing to report."""
ON_CUDA = ("cuda_extension/bias_gelu.py", "flash_gpt/model.py", "triton_norm/model.py")
"""Samples whose libraries are for CUDA: they are traced with stand-ins and do not run."""
TRACED = sorted(
    path.relative_to(SAMPLES).as_posix()
    for path in SAMPLES.rglob("*.py")
    if "def example_inputs" in path.read_text(encoding="utf-8")
)
RUNNABLE = [name for name in TRACED if name not in ON_CUDA]
FORWARD = """
import importlib, sys
import torch
sample = importlib.import_module(sys.argv[1])
inputs = sample.example_inputs()
with torch.no_grad():
    sample.model()(*(inputs if isinstance(inputs, tuple) else (inputs,)))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report on a copy, so that neither configuration nor git of the checkout counts."""
    folder = tmp_path_factory.mktemp("samples") / "sample_models"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return run(folder)


def expected(sample: str, traced: bool = False) -> set[Expected]:
    top = SAMPLES / sample
    files = [top] if top.is_file() else [p for p in top.rglob("*") if p.is_file()]
    return {
        mark
        for path in files
        if path.suffix != ".pyc"
        for mark in marks(
            path.read_text(encoding="utf-8"), path.relative_to(SAMPLES).as_posix(), traced
        )
    }


def test_there_are_a_dozen_samples_and_all_of_them_are_read(report: Report) -> None:
    assert len(NAMES) >= 12
    assert report.not_analysed == ()


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_is_reported_where_its_marks_say(sample: str, report: Report) -> None:
    found = {item for item in reported(report) if item[0].split("/")[0] == sample}
    assert sorted(found) == sorted(expected(sample))
    assert not (found and sample in READY)


NO_TORCH = importlib.util.find_spec("torch") is None


@pytest.mark.slow
@pytest.mark.parametrize("sample", TRACED)
@pytest.mark.skipif(NO_TORCH, reason="torch is not installed")
def test_a_traced_sample_is_reported_where_its_marks_say(
    sample: str, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "sample_models"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    report = run(folder, models=(f"{folder / sample}:model",))
    top = sample.split("/")[0]
    wanted = {mark for mark in expected(top, traced=True) if mark[0] == sample}
    assert {item for item in reported(report) if item[0] == sample} == wanted
    (model,) = report.models
    assert model.captured_by == CAPTURED.get(sample, "export")


@pytest.mark.slow
@pytest.mark.parametrize("sample", RUNNABLE)
@pytest.mark.skipif(NO_TORCH, reason="torch is not installed")
def test_a_sample_runs_on_the_cpu(sample: str) -> None:
    path = SAMPLES / sample
    done = subprocess.run(
        [sys.executable, "-B", "-c", FORWARD, path.stem],
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
