"""Names one audited module takes from another: devices, probes and passed-on APIs."""

import pathlib

import pytest

from portlint import passes
from portlint.reading import Export, FileResult
from portlint.report import Report
from portlint.source.analyse import analyse
from portlint.source.imports import Modules, imports
from portlint.source.relevant import relevant
from portlint.source.taken import followers
from tests.marks import marks, reported, run

REPOSITORIES = {
    "a probe in another module guards": {
        "pkg/__init__.py": "",
        "pkg/env.py": """
import torch

HAS_CUDA = torch.cuda.is_available()

def cuda_there():
    return torch.cuda.is_available()
""",
        "pkg/run.py": """
from .env import HAS_CUDA, cuda_there
from pkg import env

def place(x):
    if HAS_CUDA:  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    if cuda_there():  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    if env.cuda_there():  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    },
    "an API that a module passes on": {
        "lib/compat.py": """
from torch import cuda
from torch import device as Device
""",
        "lib/__init__.py": "from .compat import Device\n",
        "main.py": """
from lib import Device
from lib.compat import cuda

here = Device("cuda")  # expect: NEU101
if cuda.is_available():  # expect: NEU103
    there = make().cuda()  # expect: NEU102 guarded
""",
    },
    "a module that does nothing but pass names on": {
        "lib/compat.py": "from torch import device as Device\n",
        "lib/spread.py": "from torch import cuda\n",
        "main.py": """
from lib.compat import Device
from lib.spread import cuda

here = Device("cuda")  # expect: NEU101
if cuda.is_available():  # expect: NEU103
    there = make().cuda()  # expect: NEU102 guarded
""",
    },
    "a package that passes a probe on": {
        "pkg/__init__.py": "from .env import HAS_CUDA, cuda_there as there\n",
        "pkg/env.py": """
import torch

HAS_CUDA = torch.cuda.is_available()

def cuda_there():
    return torch.cuda.is_available()
""",
        "main.py": """
import pkg
from pkg import HAS_CUDA, there

if HAS_CUDA:  # expect: NEU103
    x = make().cuda()  # expect: NEU102 guarded
if there():  # expect: NEU103
    x = make().cuda()  # expect: NEU102 guarded
if pkg.there():  # expect: NEU103
    x = make().cuda()  # expect: NEU102 guarded
""",
    },
    "sources below src": {
        "src/net/__init__.py": "",
        "src/net/flags.py": "import torch\n\nGPU = torch.cuda.device_count() > 0\n",
        "src/net/run.py": """
from net.flags import GPU

def place(x):
    if GPU:  # expect: NEU103
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    },
    "a module of the same name elsewhere says nothing": {
        "a/flags.py": "import torch\n\nGPU = torch.cuda.is_available()\n",
        "b/flags.py": "GPU = True\n",
        "b/run.py": """
from .flags import GPU

def place(x):
    if GPU:
        x = x.cuda()  # expect: NEU102
    return x
""",
    },
    "helpers that answer what a platform, or another helper, says": {
        "p/__init__.py": "",
        "p/here.py": "def ours():\n    return current_platform.is_rocm()\n",
        "p/wide.py": """
from p.platforms import current_platform

def capable(x):
    return current_platform.is_device_capability_family(100) and x > 1

def fits(x):
    small = capable(x)
    return small and x < 9
""",
        "p/run.py": """
from .here import ours
from .wide import capable, fits

def place(x):
    if ours():
        x = x.cuda()  # expect: NEU102 guarded
    if capable(x):
        x = x.cuda()  # expect: NEU102 guarded
    if fits(x):
        x = x.cuda()  # expect: NEU102 guarded
    return x
""",
    },
    "modules that import each other": {
        "p/__init__.py": "",
        "p/a.py": "from .b import GPU\n",
        "p/b.py": "from .a import GPU\n",
        "p/c.py": """
from .a import GPU

if GPU:
    x = make().cuda()  # expect: NEU102
""",
    },
}


def write(folder: pathlib.Path, files: dict[str, str]) -> Report:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return run(folder, select=("NEU101", "NEU102", "NEU103"))


@pytest.mark.parametrize("title", REPOSITORIES)
def test_across_modules(title: str, tmp_path: pathlib.Path) -> None:
    files = REPOSITORIES[title]
    report = write(tmp_path / "repo", files)
    expected = {mark for name, text in files.items() for mark in marks(text, name)}
    assert reported(report) == expected


def test_a_device_that_one_module_decides_is_one_cause_with_many_uses(
    tmp_path: pathlib.Path,
) -> None:
    report = write(
        tmp_path / "repo",
        {
            "pkg/__init__.py": "",
            "pkg/devices.py": 'DEVICE = "cuda"\n\ndef get_device():\n    return "cuda:0"\n',
            "pkg/a.py": "from .devices import DEVICE\n\nx = make(DEVICE)\ny = make(DEVICE)\n",
            "pkg/b.py": "from pkg.devices import get_device\n\nx = make(get_device())\n",
        },
    )
    found = {f.line: f for f in report.findings}
    assert sorted(found) == [1, 4]
    assert {(r.path, r.line) for r in found[1].related} == {("pkg/a.py", 3), ("pkg/a.py", 4)}
    assert {(r.path, r.line) for r in found[4].related} == {("pkg/b.py", 3)}


TORCH = {
    "torch/__init__.py": "from torch import cuda\nfrom torch.tools import there\n",
    "torch/cuda/__init__.py": "def is_available():\n    return False\n",
    "torch/tools.py": """
import torch
from torch.cuda import Stream as Queue

def there():
    return torch.cuda.is_available()
""",
    "torch/inner.py": """
from torch.tools import Queue, there

def place(x):
    if there():
        x = x.cuda()
    return x, Queue()
""",
}
MODEL = """
import torch
from torch.tools import Queue, there

def place(x):
    if there():
        x = x.cuda()
    return x, torch.device("cuda")
"""


def test_what_lies_beside_torch_is_read_as_it_is_alone(tmp_path: pathlib.Path) -> None:
    alone = write(tmp_path / "alone" / "repo", {"app/model.py": MODEL})
    beside = write(tmp_path / "beside" / "repo", {"app/model.py": MODEL, **TORCH})
    found = reported(alone)
    assert {rule for _, _, rule, _ in found} == {"NEU101", "NEU102"}
    assert {m for m in reported(beside) if m[0] == "app/model.py"} == found


def test_files_of_torch_know_what_the_others_export(tmp_path: pathlib.Path) -> None:
    report = write(tmp_path / "repo", TORCH)
    assert ("torch/inner.py", 6, "NEU102", "guarded") in reported(report)


INNER = {
    "torch/__init__.py": "",
    "torch/compat.py": "from torch import device as Device\n",
    "torch/inner.py": "from .compat import Device\n\nhere = Device('cuda')\n",
}


def test_torch_passes_no_name_of_its_own_on_within_itself(tmp_path: pathlib.Path) -> None:
    """Another folder of that name does: its files use torch as any others do."""
    for title, more, expected in (
        ("ours", {}, {("torch/inner.py", 3, "NEU101", "live")}),
        ("torch's", {"torch/nn/functional.py": ""}, set()),
    ):
        files = {**INNER, **more}
        report = write(tmp_path / title / "repo", files)
        assert {m for m in reported(report) if m[0] == "torch/inner.py"} == expected


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read, each as often as that."""
    paths: list[str] = []

    def noted(text: str, path: str, *rest: object) -> FileResult:
        paths.append(path)
        return analyse(text, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(passes, "analyse_source", noted)
    return paths


def test_a_package_passes_none_of_its_own_names_on_to_its_files(
    tmp_path: pathlib.Path, read: list[str]
) -> None:
    """Nothing is said of a library in its own files, so that nobody asks what they mean there."""
    write(
        tmp_path / "repo",
        {
            "a/flash_attn/__init__.py": "from flash_attn.inner import flash_attn_func as fast\n",
            "a/flash_attn/inner.py": "def flash_attn_func(q):\n    return q.cuda()\n",
            "a/tests/test_it.py": "from flash_attn import fast\n\nfast(1).cuda()\n",
            "b/model.py": "import torch\n\nx = torch.device('cuda')\n",
        },
    )
    assert read.count("a/tests/test_it.py") == 1


CHAIN = {
    "pkg/__init__.py": "",
    "pkg/z.py": "import torch\n\nHERE = torch.cuda.is_available()\n",
    "pkg/b.py": "from .z import HERE\n\n\ndef there():\n    return HERE\n",
    "pkg/a.py": "from .b import there\n\nif there():\n    x = make().cuda()\n",
    "near.py": "import pkg\n\nif pkg.z.HERE:\n    x = make().cuda()\n",
}


def test_what_a_file_imports_is_read_before_it(tmp_path: pathlib.Path, read: list[str]) -> None:
    report = write(tmp_path / "repo", CHAIN)
    guarded = {("near.py", 4, "NEU102", "guarded"), ("pkg/a.py", 4, "NEU102", "guarded")}
    assert guarded <= reported(report)
    assert len(read) == len(set(read))
    assert read.index("pkg/z.py") < read.index("pkg/b.py") < read.index("pkg/a.py")


CIRCLE = {
    "a.py": "from b import there\n\nif there():\n    x = make().cuda()\n",
    "b.py": "import a, torch\n\ndef there():\n    return torch.cuda.is_available()\n",
    "c.py": "from d import here\n\nif here():\n    x = make().cuda()\n",
    "d.py": "from b import there\nimport c\n\ndef here():\n    return there()\n",
    "e.py": "from d import here\n\nif here():\n    x = make().cuda()\n",
}


def test_in_a_circle_only_those_are_read_again_that_were_too_early(
    tmp_path: pathlib.Path, read: list[str]
) -> None:
    report = write(tmp_path / "repo", CIRCLE)
    guarded = {(f"{name}.py", 4, "NEU102", "guarded") for name in "ace"}
    assert guarded <= reported(report)
    twice = {path for path in read if read.count(path) > 1}
    assert len(twice) <= 2 and not twice & {"e.py"}
    assert len(read) == len(CIRCLE) + len(twice)


IMPORTS = '''
import os, a.b as c; import d
from torch import (  # of the framework
    nn,  # modules
    cuda as gpu,
)
from . import devices, \\
    more
from ..up import *
from .x.y import z
text = """
from quoted import words
"""
'''


def test_what_a_text_imports() -> None:
    assert list(imports(IMPORTS, "pkg.sub.mod", False)) == [
        ("os", ""),
        ("a.b", ""),
        ("d", ""),
        ("torch", "nn"),
        ("torch", "cuda"),
        (".pkg.sub", "devices"),
        (".pkg.sub", "more"),
        (".pkg.up", "*"),
        (".pkg.sub.x.y", "z"),
        ("quoted", "words"),
    ]
    assert list(imports("from . import x\n", "pkg", True)) == [(".pkg", "x")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = torch.ops.there()", {"there"}),
        ("x = torch.ops.there + torch.ops.here()", {"there", "here"}),
        ("x = (torch\n    .ops.there)", {"there"}),
        ("x = torch.ops\nx.there", None),
        ("import torch.ops as x", None),
        ("f(torch.ops, 1)", None),
        ("x = torch.ops \\\n.there", None),
        ("x = torch.ops.  there", None),
        ("x.ops(1), x.ops[2], ops.there, stops.there, x.opsx.there", set()),
        ('"ops"', set()),
        ('getattr(torch, "ops").there', None),
    ],
)
def test_what_follows_a_module_or_that_it_may_have_another_name(
    text: str, names: set[str] | None
) -> None:
    assert followers("ops", text) == (None if names is None else frozenset(names))


def test_what_an_import_says_by_itself_is_no_news() -> None:
    table = {
        "torch": {
            "nn": Export(kind="symbol", line=0, path="torch.nn"),
            "dist": Export(kind="symbol", line=0, path="torch.distributed"),
        },
        "torch.nn": {"ok": Export(kind="flag", line=0, flag="cuda")},
    }
    modules = Modules(table)

    def seen(*imported: tuple[str, str], text: str) -> dict[str, set[str]]:
        found = relevant(table, imported, ["torch.utils", "torch", ""], modules, text)
        return {module: set(names) for module, names in found.items()}

    assert seen(("torch", ""), text="import torch\nself.nn; self.dist") == {"torch": {"dist"}}
    assert seen(("torch", "nn"), text="from torch import nn\nnn.ok") == {"torch.nn": {"ok"}}
    assert seen((".torch", "nn"), text="from .. import nn") == {"torch": {"nn"}}
    assert seen(("torch", "dist"), (".torch", "nn"), text="") == {"torch": {"dist", "nn"}}
    assert seen(("torch", ""), text="import torch\nself.ok") == {}
