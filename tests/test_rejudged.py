"""After a few edits only they are judged again, unless a finding elsewhere depends on them."""

import json
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from portlint import finish
from portlint.cache import stamps
from portlint.judged import Read
from portlint.running import Run
from tests.test_cache import report

SYNC = "import torch\n\n\ndef run(x):\n    torch.cuda.synchronize()\n    return x.cuda()\n"
DEVICE = "import torch\n\nDEVICE = torch.device('cuda')\n"
USE = "from pkg.a import DEVICE\n\n\ndef go(x):\n    return x.to(DEVICE)\n"
LONG = SYNC + "# " + "x" * 1_000 + "\n"
LIBRARY = "import neuronx_distributed\n\nneuronx_distributed.parallel_layers\n"
XLA = {"stack": "xla", "chip": "trn1", "workload": "training"}
KERNEL = "#include <cuda_runtime.h>\n__global__ void f() {}\n"
HIP = "#include <hip/hip_runtime.h>\n__global__ void f() {}\n"


def notebook(*codes: str, words: str = "") -> str:
    cell: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": []}
    cells = [{**cell, "source": code.splitlines(keepends=True)} for code in codes]
    cells[:0] = [{"cell_type": "markdown", "metadata": {}, "source": [words]}] if words else []
    about = {"language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4}, indent=1)


class Case(NamedTuple):
    """Files, what some of them are then, and whether these are judged alone."""

    files: dict[str, str]
    edits: dict[str, str]
    alone: bool
    flags: dict[str, Any] = {}  # noqa: RUF012 - never changed


CASES = {
    "one more line, and one more finding": Case(
        {"a.py": SYNC, "b.py": SYNC, "c.py": "x = 1\n"},
        {"b.py": SYNC.replace("    torch", "    y = 1\n    torch.cuda.empty_cache()\n    torch")},
        alone=True,
    ),
    "two files, one of which had none and one has none any more": Case(
        {"a.py": SYNC, "b.py": "import torch\n", "c.py": "import torch\nx.cuda()\n"},
        {"b.py": "import torch\nx.cuda()\n", "c.py": "import torch\n"},
        alone=True,
    ),
    "findings that are not asked for": Case(
        {"a.py": SYNC, "b.py": SYNC}, {"a.py": SYNC + SYNC}, alone=True, flags={"ignore": ("NEU1",)}
    ),
    "a list of packages": Case(
        {"a.py": SYNC, "requirements.txt": "flash-attn==2.5\n"},
        {"requirements.txt": "flash-attn==2.6\nxformers\n"},
        alone=True,
    ),
    "a notebook": Case(
        {"a.py": SYNC, "n.ipynb": notebook(SYNC)}, {"n.ipynb": notebook("y = 1\n" + SYNC)}, True
    ),
    "a device that others use moves": Case(
        {"pkg/__init__.py": "", "pkg/a.py": DEVICE, "pkg/b.py": USE},
        {"pkg/a.py": f"import os\n{DEVICE}"},
        alone=False,
    ),
    "a use of a device moves": Case(
        {"pkg/__init__.py": "", "pkg/a.py": DEVICE, "pkg/b.py": USE},
        {"pkg/b.py": USE.replace("def go(x):\n", "def go(x):\n    y = 1\n")},
        alone=False,
    ),
    "what stands beside a use of a device": Case(
        {"pkg/__init__.py": "", "pkg/a.py": DEVICE, "pkg/b.py": USE},
        {"pkg/b.py": f"{USE}\n\nx.cuda()\n"},
        alone=True,
    ),
    "what stands beside a device that others use": Case(
        {"pkg/__init__.py": "", "pkg/a.py": DEVICE, "pkg/b.py": USE},
        {"pkg/a.py": f"{DEVICE}\n\nx.cuda()\n"},
        alone=True,
    ),
    "one of two copies": Case(
        {"a.py": LONG, "old/a.py": LONG}, {"old/a.py": LONG.replace("x)", "y)")}, alone=False
    ),
    "two files become copies of each other": Case(
        {"a.py": SYNC, "old/a.py": SYNC.replace("x", "y")}, {"a.py": LONG, "old/a.py": LONG}, False
    ),
    "a device that a notebook uses": Case(
        {"a.py": DEVICE, "n.ipynb": notebook("z = 1\n", "from a import DEVICE\nx.to(DEVICE)\n")},
        {"a.py": f"{DEVICE}\nx.cuda()\n"},
        alone=False,
    ),
    "a file becomes a copy": Case(
        {"a.py": LONG, "old/a.py": LONG.replace("x)", "y)")}, {"old/a.py": LONG}, alone=False
    ),
    "a file that is made of another one": Case(
        {"m/modular_net.py": SYNC, "m/modeling_net.py": SYNC},
        {"m/modeling_net.py": SYNC.replace("    torch.cuda.synchronize()\n", "")},
        alone=False,
    ),
    "a file that others are made of": Case(
        {"m/modular_net.py": SYNC, "m/modeling_net.py": SYNC},
        {"m/modular_net.py": f"{SYNC}\n\ntorch.cuda.empty_cache()\n"},
        alone=False,
    ),
    "the first file that uses a library which is ending": Case(
        {"a.py": LIBRARY, "b.py": LIBRARY}, {"a.py": f"x = 1\n{LIBRARY}"}, alone=False
    ),
    "the file at which a stack is told to end": Case(
        {"a.py": "x = 1\n", "b.py": SYNC}, {"a.py": "x = 1\nx.cuda()\n"}, alone=False, flags=XLA
    ),
    "a file before it": Case(
        {"a.py": "", "b.py": SYNC}, {"a.py": "x.cuda()\n"}, alone=False, flags=XLA
    ),
    "a file behind it": Case(
        {"a.py": "x = 1\n", "b.py": "y = 1\n"}, {"b.py": "y.cuda()\n"}, alone=True, flags=XLA
    ),
    "a file that brings the stack": Case(
        {"a.py": SYNC, "requirements.txt": "numpy\n"},
        {"requirements.txt": "numpy\ntorch==2.5\n"},
        alone=False,
        flags=XLA,
    ),
    "a comment that covers nothing": Case(
        {"a.py": SYNC, "b.py": SYNC}, {"a.py": f"{SYNC}x = 1  # portlint: ignore[NEU1]\n"}, False
    ),
    "such a comment goes": Case(
        {"a.py": f"{SYNC}x = 1  # portlint: ignore[NEU1]\n", "b.py": SYNC}, {"a.py": SYNC}, False
    ),
    "a comment that covers something": Case(
        {"a.py": SYNC, "b.py": SYNC},
        {"a.py": SYNC.replace("synchronize()", "synchronize()  # portlint: ignore")},
        alone=True,
    ),
    "a cell that cannot be read": Case(
        {"a.py": SYNC, "n.ipynb": notebook("x = 1\n", "y = 1\n")},
        {"n.ipynb": notebook("x = 1\n", "def broken(:\n")},
        alone=False,
    ),
    "a device in a notebook, which lies elsewhere in the file": Case(
        {"a.ipynb": notebook("z = 1\n", DEVICE), "b.py": "from a import DEVICE\nx.to(DEVICE)\n"},
        {"a.ipynb": notebook("z = 1\n", DEVICE, words="A device")},
        alone=False,
    ),
    "the only source for CUDA": Case(
        {"k.cu": KERNEL, "k.hip": HIP}, {"k.cu": "int f() { return 1; }\n"}, alone=False
    ),
    "a file that cannot be read": Case(
        {"a.py": SYNC, "b.py": SYNC}, {"b.py": "def broken(:\n"}, alone=False
    ),
    "a file that can be read again": Case(
        {"a.py": SYNC, "b.py": "def broken(:\n"}, {"b.py": SYNC}, alone=False
    ),
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just written may be trusted."""
    monkeypatch.setattr(stamps, "RACY", 0)


def write(root: pathlib.Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def noting(finished: Callable[[Read], Run], judged: list[Read]) -> Callable[[Read], Run]:
    def noted(read: Read) -> Run:
        judged.append(read)
        return finished(read)

    return noted


@pytest.mark.parametrize("title", CASES)
def test_an_edit(title: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[title]
    root, cache = tmp_path / "root", tmp_path / "cache"
    write(root, case.files)
    before = report(root, cache, **case.flags)
    write(root, case.edits)
    expected = report(root, None, **case.flags)
    assert expected != before
    judged: list[Read] = []
    monkeypatch.setattr(finish, "finished", noting(finish.finished, judged))
    assert report(root, cache, **case.flags) == expected
    assert (not judged) is case.alone


def test_for_another_target_all_is_judged_again(tmp_path: pathlib.Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    write(root, {"a.py": SYNC, "b.py": SYNC})
    report(root, cache)
    write(root, {"a.py": SYNC + SYNC})
    assert report(root, cache, **XLA) == report(root, None, **XLA)
    assert report(root, cache) == report(root, None)
