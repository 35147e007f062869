"""What a settings file says for one named kind of hardware is guarded: Neuron takes another."""

import textwrap

import pytest

from portlint.infra.alternatives import is_hardware
from portlint.infra.parsers import read


def guards(text: str, kind: str = "image") -> list[tuple[str, str | None]]:
    """Values of the facts of a kind, and why they are guarded."""
    parsed = read("yaml", textwrap.dedent(text), "file.yaml")
    return [
        (fact.value, fact.guard and fact.guard.split("`")[1])
        for fact in parsed
        if fact.kind == kind
    ]


def test_overrides_for_named_hardware_are_alternatives() -> None:
    text = """
    docker_image: vllm/vllm-openai:v1
    hardware_overrides:
      h200: {docker_image: "vllm/vllm-openai:v2"}
    variants:
      default: {docker_image: "vllm/vllm-openai:v3"}
      dgx_spark_gb10:
        docker_image: vllm/vllm-openai:v4
      mi300x:
        docker_image: vllm/vllm-openai:v5
    """
    assert guards(text) == [
        ("vllm/vllm-openai:v1", None),
        ("vllm/vllm-openai:v2", "h200"),
        ("vllm/vllm-openai:v3", None),
        ("vllm/vllm-openai:v4", "dgx_spark_gb10"),
        ("vllm/vllm-openai:v5", "mi300x"),
    ]


def test_a_preset_may_say_its_hardware_inside() -> None:
    text = """
    presets:
      fast: {hardware: b300, image: "vllm/vllm-openai:v1"}
    jobs:
      - gpu_type: a100
        image: vllm/vllm-openai:v2
      - gpu_type: h100
        image: vllm/vllm-openai:v3
    """
    assert [guard for _, guard in guards(text)] == ["b300", "a100", "h100"]


def test_the_part_for_neuron_and_the_only_part_stay() -> None:
    text = """
    presets:
      trn2: {image: "vllm/vllm-openai:v1"}
      h100: {image: "vllm/vllm-openai:v2"}
    server:
      h100: {image: "vllm/vllm-openai:v3"}
    services:
      gpu: {image: "vllm/vllm-openai:v4"}
      cpu: {image: "vllm/vllm-openai:v5"}
    """
    assert [guard for _, guard in guards(text)] == [None, "h100", None, None, None]


def test_a_job_on_another_system_is_not_for_neuron() -> None:
    text = """
    jobs:
      mac:
        runs-on: macos-15
        steps: [{run: vllm serve m --enforce-eager}]
      linux:
        runs-on: ubuntu-latest
        steps: [{run: vllm serve m --enforce-eager}]
    """
    assert [guard for _, guard in guards(text, "command")] == ["macos-15", None]


@pytest.mark.parametrize("name", ["h100", "rtx_pro_6000", "A100-SXM4-80GB", "8x-h100", "dgx_spark"])
def test_names_of_hardware(name: str) -> None:
    assert is_hardware(name)


@pytest.mark.parametrize(
    "name", ["gpu_memory", "v1", "cpu_limit", "default", "nvidia_driver", "2x"]
)
def test_other_keys_name_no_hardware(name: str) -> None:
    assert not is_hardware(name)
