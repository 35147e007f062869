"""The samples from the easiest to the hardest, as an engineer would put them, and why."""

import itertools
import pathlib

import pytest

from portlint import config, engine
from portlint.catalog import shipped
from portlint.report import Report

SAMPLES = pathlib.Path(__file__).parent.parent / "sample_models"
ORDER = {
    "neuron_ported": "ready",  # it is one
    "device_agnostic": "ready",  # asks for the accelerator
    "encoder.py": "ready",  # plain operators
    "mixture.py": "easy",  # runs, one size depends on the data
    "detector.py": "easy",  # runs, three of them
    "triton_norm": "easy",  # two kernels of a few lines that plain operators replace
    "decoding_server.py": "moderate",  # graphs and streams have to be rethought
    "quantised.py": "moderate",  # another library
    "cuda_extension": "moderate",  # a kernel, its build and its binding
    "selective_scan.py": "moderate",  # a scan to be written or found
    "ddp_trainer": "moderate",  # many small things in the loop, the launcher and the image
    "flash_gpt": "moderate",  # the same, and its attention
}
"""What each one is called; every next one scores at least as hard."""


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    found = {}
    for name in ORDER:
        settings, _ = config.read((SAMPLES / name,), {"audit": True}, None, shipped().rules)
        found[name] = engine.run(settings).report
    return found


def test_the_samples_get_harder_one_by_one(reports: dict[str, Report]) -> None:
    scores = {name: report.summary.score or 0 for name, report in reports.items()}
    for easier, harder in itertools.pairwise(ORDER):
        assert scores[easier] <= scores[harder], (easier, harder, scores)
    assert len(set(scores.values())) >= 9


def test_each_is_called_what_it_is(reports: dict[str, Report]) -> None:
    assert {name: report.summary.difficulty for name, report in reports.items()} == ORDER


def test_every_hour_is_explained(reports: dict[str, Report]) -> None:
    for name, report in reports.items():
        for package in report.plan:
            assert package.reasons and package.why and package.stage, (name, package.root_cause)
            assert package.replacement or package.vendor or not package.findings, (
                name,
                package.root_cause,
            )
