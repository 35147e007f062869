"""Half of a character in a string of a program, or of JSON, is written as it is written there."""

import json
import pathlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.formats import FORMATS
from portlint.halves import plain
from tests.invoke import portlint

PROGRAM = r"""
import importlib, os

import torch

os.environ["NCCL_\ud800"] = "0"
os.environ["NEURON_CC_FLAGS"] = "--auto-cast all \udfff"
kernels = importlib.import_module("flash_attn.\ud800")
lib = torch.library.Library("mine\ud800", "DEF")
lib.impl("op\ud800", op, "CUDA")
"""
USER = "from halves import kernels\n\nkernels.run(torch.zeros(2, device='cuda'))\n"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "halves.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    told = {"architectures": ["Model\ud800"], "model_type": "mine\udc00"}
    (tmp_path / "config.json").write_text(json.dumps(told), encoding="utf-8")
    tensors = {"w\ud800": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}
    header = json.dumps(tensors).encode()
    weights = struct.pack("<Q", len(header)) + header + bytes(8)
    (tmp_path / "model.safetensors").write_bytes(weights)
    return tmp_path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_written(name: str, folder: pathlib.Path) -> None:
    asked = ("--stack", "vllm", "--format", name, "--cache-dir", folder / ".cache")
    first, again = (portlint("check", *asked, cwd=folder) for _ in range(2))
    assert first == again
    assert first.code == 1 and "Traceback" not in first.err
    assert "halves.py" in first.out


def test_an_audit_of_it_is_a_report(folder: pathlib.Path) -> None:
    done = portlint("audit", "--stack", "vllm", "--output", "json=audit.json", cwd=folder)
    assert done.code in (0, 1)
    report = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    told = {finding["message"] for finding in report["findings"]}
    assert any(r"op\ud800" in message for message in told)
    assert any(r"w\ud800" in message for message in told)


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_without_halves_stays_as_it_is(text: str) -> None:
    written = plain(text)
    written.encode("utf-8")
    assert (written == text) == (not any("\ud800" <= sign <= "\udfff" for sign in text))
