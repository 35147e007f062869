"""The same files give the same bytes, whoever asks and wherever."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stub import write

COMMAND = [sys.executable, "-P", "-c", "from portlint.cli import main; main()"]
CELL = {"cell_type": "code", "source": ["!pip install xformers\n", "torch.cuda.Stream()\n"]}
FILES = {
    "portlint.toml": "",
    "a/model.py": "import torch\nside = torch.cuda.Stream()\nx = torch.zeros(3, device='cuda')\n",
    "a/ünïcode.py": "import torch\nx = 'ä', torch.cuda.Stream()\n",
    "a/setup.py": "from setuptools import setup\nsetup(install_requires=['flash-attn', 'torch'])\n",
    "a/broken.py": "import torch\ntorch.cuda.Stream(\n",
    "b/Z.py": "from a.model import side\nside.wait_stream(side)\n",
    "b/notes.ipynb": json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4}),
    "b/deploy.yaml": "resources: {limits: {nvidia.com/gpu: 1}}\nimage: nvidia/cuda:12.4.1-base\n",
    "b/config.json": '{"model_type": "llama", "attn_implementation": "flash_attention_2"}\n',
    "b/ds_config.json": '{"zero_optimization": {"stage": 3}, "fp16": {"enabled": true}}\n',
    "b/requirements.txt": "torch==2.1\nflash-attn\nxformers\n",
    "b/pyproject.toml": "[project]\ndependencies = ['bitsandbytes', 'torch<2']\n",
    "b/setup.cfg": "[options]\ninstall_requires =\n  apex\n",
    "b/Dockerfile": "FROM nvidia/cuda:12.4.1-base\nENV NCCL_DEBUG=INFO\nRUN nvidia-smi\n",
    "b/run.sh": "export CUDA_VISIBLE_DEVICES=0\ndocker run --gpus all x\n",
    "b/main.tf": 'instance_type = "p4d.24xlarge"\n',
    "b/config.pbtxt": "instance_group [{ kind: KIND_GPU }]\n",
    "b/kernel.cu": "__global__ void f(float* x) { x[0] = 1; }\n",
    "b/bind.cpp": '#include <torch/extension.h>\nTORCH_LIBRARY(a, m) { m.def("f() -> int"); }\n',
    "b/model.gguf": "GGUF",
}
"""Every kind of file."""
FORMATS = ("json", "sarif", "text", "markdown", "html", "csv", "junit", "gitlab", "github")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return write(tmp_path_factory.mktemp("same") / "repo", FILES)


def output(
    root: pathlib.Path,
    paths: Sequence[str] = ("a", "b"),
    format_: str = "json",
    jobs: int = 1,
    env: Mapping[str, str] | None = None,
    umask: int = 0o022,
) -> bytes:
    # Workers are started whatever the size.
    apart = "import portlint.spread as s, portlint.shelves as h; s.PARALLEL = h.MANY = 0"
    command = [COMMAND[0], "-P", "-c", f"{apart}; {COMMAND[3]}"]
    done = subprocess.run(
        [*command, "audit", *paths, "--format", format_, "--jobs", str(jobs), "--exit-zero"],
        cwd=root,
        env={**os.environ, **(env or {})},
        capture_output=True,
        umask=umask,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SURROUNDINGS = {
    "hash seed": {"PYTHONHASHSEED": "12345"},
    "locale": {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    "time zone": {"TZ": "Pacific/Kiritimati"},
    "width": {"COLUMNS": "41", "LINES": "3"},
    "terminal": {"TERM": "dumb"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "home": {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"},
}


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_is_the_same_everywhere(format_: str, root: pathlib.Path) -> None:
    everything = {key: value for env in SURROUNDINGS.values() for key, value in env.items()}
    if format_ == "text":
        del everything["COLUMNS"]  # asked for in so many words
    first = output(root, format_=format_)
    assert output(root, ("b", "a"), format_, 3, everything, 0o077) == first


@pytest.mark.slow
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_what_surrounds_a_run_changes_nothing(surroundings: str, root: pathlib.Path) -> None:
    assert output(root, env=SURROUNDINGS[surroundings]) == output(root)


def test_every_kind_of_file_has_its_say(root: pathlib.Path) -> None:
    report = json.loads(output(root))
    told = {finding["path"] for finding in report["findings"]}
    told |= {item["path"] for item in report["not_analysed"]}
    assert len(told) >= 15 and {"a/ünïcode.py", "b/notes.ipynb", "a/broken.py"} <= told


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.permutations(["a", "b", "a/model.py", "b/Z.py"]),
    jobs=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_order_of_paths_jobs_and_hash_seed_change_nothing(
    paths: list[str], jobs: int, seed: int, root: pathlib.Path
) -> None:
    env = {"PYTHONHASHSEED": str(seed)}
    assert output(root, paths, jobs=jobs, env=env) == output(root)
