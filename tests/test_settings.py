"""Facts of configuration files, checkpoints, weights and command lines of training programs."""

import json
import pathlib

import pytest

from portlint.errors import Unreadable
from portlint.infra import jsonfile, shell, weights, yamlfile

LIGHTNING = "trainer:\n  accelerator: gpu\n  max_epochs: 3\n"
SERVICE = "services:\n  web:\n    device: cuda\n    ports: [80]\n"
TRAINING = "model: net\ndevice: cuda\n"
NESTED = "model: {name: net}\noptimizer: {lr: 1}\nrun:\n  device: cuda:1\n"
SERVER = "model: m\nmax-model-len: 8\ngpu-memory-utilization: 0.9\nenforce-eager: true\n"


def found(text: str, kind: str = "setting") -> set[tuple[str, str]]:
    return {(f.name, f.value) for f in yamlfile.parse(text, "a.yaml") if f.kind == kind}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (LIGHTNING, "lightning.accelerator", "gpu"),
        (TRAINING, "learning.device", "cuda"),
        (NESTED, "learning.device", "cuda:1"),
        (SERVER, "vllm.enforce_eager", "true"),
    ],
)
def test_keys_side_by_side_tell_the_program(text: str, name: str, value: str) -> None:
    assert (name, value) in found(text)


@pytest.mark.parametrize(
    "text", [SERVICE, "accelerator: gpu\n", "fp16: true\n", "device: cuda\n", "precision: 16\n"]
)
def test_a_key_that_stands_alone_says_nothing(text: str) -> None:
    assert found(text) == set()


def test_deepspeed_is_one_fact_for_a_file() -> None:
    text = json.dumps({"fp16": {"enabled": True}, "zero_optimization": {"stage": 2}}, indent=1)
    facts = [(f.name, f.span.line) for f in jsonfile.parse(text, "ds_config.json")]
    assert facts == [("deepspeed.config", 5)]


def test_json_keeps_its_places_whatever_its_strings_hold() -> None:
    text = '{\n\t"e": "\\ud83d\\ude00 \\/ \\u00e9",\n\t"model_type": "llama",\n'
    text += '\t"quantization_config": {"quant_method": "awq"}\n}\n'
    _, fact = jsonfile.parse(text, "config.json")
    assert (fact.name, fact.value, fact.span.line) == ("quantised", "awq", 4)


def test_json_that_is_data_is_not_read() -> None:
    assert list(jsonfile.parse('{"broken": [', "config.json")) == []
    with pytest.raises(Unreadable, match="is not JSON"):
        list(jsonfile.parse('{"device": [', "config.json"))


@pytest.mark.parametrize(
    ("line", "kind", "option"),
    [
        ("vllm serve m --quantization awq", "vllm", "--quantization awq"),
        ("python3 -m vllm.entrypoints.openai.api_server --device cuda", "vllm", "--device cuda"),
        ("srun torchrun train.py --optim=lion_8bit", "script", "--optim lion_8bit"),
        ("python a.py --num_train_epochs 3 --fp16", "trainer", "--fp16"),
    ],
)
def test_a_command_line_gives_its_options(line: str, kind: str, option: str) -> None:
    facts = {(f.name, f.value) for f in shell.parse(line, "run.sh") if f.kind == "argument"}
    assert (kind, option) in facts


def head(tmp_path: pathlib.Path, data: bytes) -> list[tuple[str, str]]:
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    with path.open("rb") as file:
        return [(fact.name, fact.value) for fact in weights.read(file)]


def safetensors(entries: object) -> bytes:
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header


def test_the_header_of_a_weights_file_names_its_dtypes(tmp_path: pathlib.Path) -> None:
    entries = {"__metadata__": {}, "a": {"dtype": "F64"}, "b": {"dtype": "F64"}}
    assert head(tmp_path, safetensors(entries)) == [("F64", "2 tensors, the first `a`")]
    assert head(tmp_path, b"GGUF\x03\0\0\0") == [("GGUF", "GGUF")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"\xff" * 12,
        b"\x04" + b"\0" * 7 + b"{bad",
        safetensors([1, 2]),
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        len(b'{"a":' * 90_000).to_bytes(8, "little") + b'{"a":' * 90_000,
    ],
)
def test_a_broken_weights_file_says_why(data: bytes, tmp_path: pathlib.Path) -> None:
    with pytest.raises(Unreadable):
        head(tmp_path, data)


def test_tensors_may_be_named_anything(tmp_path: pathlib.Path) -> None:
    assert head(tmp_path, safetensors({"": {"dtype": 7}, "b": 3})) == [("7", "1 tensor ``")]
