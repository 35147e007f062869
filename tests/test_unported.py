"""Models that a serving library would have to have in its own layers."""

import json
import pathlib

import pytest

from portlint import config, engine
from portlint.catalog import shipped
from portlint.report import Package, Report

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
OWN = {"architectures": ["OursForCausalLM"], "model_type": "ours"}


def audit(root: pathlib.Path, files: dict[str, object], stack: str) -> Report:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    flags = {"audit": True, "stack": stack}
    settings, _ = config.read((root,), flags, None, shipped().rules)
    return engine.run(settings).report


def gap(report: Report) -> Package | None:
    return next((p for p in report.plan if p.root_cause == "unported-model"), None)


def test_a_model_that_no_page_names_widens_the_range_of_its_stack(tmp_path: pathlib.Path) -> None:
    report = audit(tmp_path, {"ours/config.json": OWN, "llama/config.json": LLAMA}, "vllm")
    found = gap(report)
    assert found is not None and found.stage == "questions"
    assert found.files == ("ours/config.json",)
    assert found.hours[0] == 0 < found.hours[1] and report.summary.hours == found.hours
    assert "OursForCausalLM" in found.reasons[0] and "decoder" in found.reasons[0]


@pytest.mark.parametrize("stack", ["native-eager", "native-compile", "xla"])
def test_elsewhere_a_model_runs_as_it_is(tmp_path: pathlib.Path, stack: str) -> None:
    assert gap(audit(tmp_path, {"config.json": OWN}, stack)) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"architectures": "x"}', '{"architectures": [1]}'])
def test_a_file_that_is_no_configuration_is_no_model(tmp_path: pathlib.Path, text: str) -> None:
    assert gap(audit(tmp_path, {"config.json": text}, "vllm")) is None
