"""A module that others import behind guards only does not run on Neuron, nor does what it needs."""

import pathlib

import pytest

from portlint.source.doors import named, run_by
from tests.marks import marks, reported, run

KERNEL = """
import triton

@triton.jit  # expect: NEU201{context}
def add(x):
    pass

def run(x):
    add[1](x)
"""
LIVE = KERNEL.format(context="")
GUARDED = KERNEL.format(context=" guarded")
PLATFORM = "class current_platform:\n    pass\n"

REPOSITORIES = {
    "a folder for each vendor": {
        "net/__init__.py": """
from plat import current_platform

if current_platform.is_rocm():
    from .one.model import Net
elif current_platform.is_xpu():
    from .two import Net
else:
    from .three.model import Net
""",
        "net/one/__init__.py": "",
        "net/one/model.py": "from .ops import run\n\ndef net(x):\n    return run(x)\n",
        "net/one/ops.py": GUARDED,
        "net/two.py": GUARDED,
        "net/three/__init__.py": "",
        "net/three/model.py": LIVE,
    },
    "an import where it is used": {
        "net/__init__.py": "",
        "net/kernels.py": GUARDED,
        "net/layer.py": """
from plat import current_platform

class Layer:
    def _fast(self, x):
        from net.kernels import run

        return run(x)

    def __call__(self, x):
        return self._fast(x) if current_platform.is_cuda() else x
""",
    },
    "a second way in without a guard": {
        "net/__init__.py": "",
        "net/kernels.py": LIVE,
        "net/layer.py": """
from plat import current_platform

def fast(x):
    if current_platform.is_cuda():
        from .kernels import run
        return run(x)
    return x

def faster(x):
    from .kernels import run
    return run(x)
""",
    },
    "what type checkers see is no way in": {
        "net/__init__.py": """
from typing import TYPE_CHECKING

from plat import current_platform

if TYPE_CHECKING:
    from .kernels import run
elif current_platform.is_cuda():
    from .kernels import run
""",
        "net/kernels.py": GUARDED,
    },
    "and alone they guard nothing": {
        "net/__init__.py": """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .kernels import run
""",
        "net/kernels.py": LIVE,
    },
    "a string that names the module": {
        "net/__init__.py": """
from plat import current_platform

if current_platform.is_cuda():
    from .kernels import run
""",
        "net/kernels.py": LIVE,
        "net/registry.py": 'BACKENDS = {"fast": "net.kernels.run"}\n',
    },
    "a table of modules": {
        "net/__init__.py": """
from plat import current_platform

if current_platform.is_cuda():
    from .kernels import run
""",
        "net/kernels.py": LIVE,
        "net/registry.py": """
from importlib import import_module

MODELS = {"Net": ("kernels", "run")}

def load(name):
    module, attribute = MODELS[name]
    return getattr(import_module(f"net.{module}"), attribute)
""",
    },
    "tests and examples are no way in": {
        "net/__init__.py": """
from plat import current_platform

if current_platform.is_cuda():
    from .kernels import run
""",
        "net/kernels.py": GUARDED,
        "tests/test_kernels.py": "from net.kernels import run\n\nrun(1)\n",
    },
    "modules that import each other and that nobody else does": {
        "net/__init__.py": "",
        "net/a.py": "from . import b\n",
        "net/b.py": f"from . import a\n{LIVE}",
    },
    "a module for another vendor's devices": {
        "net/__init__.py": "",
        "net/rocm_attention.py": f"from .helpers import run\n{GUARDED}",
        "net/helpers.py": GUARDED,
        "net/procm.py": LIVE,
        "rocm_script.py": LIVE,
    },
    "what only one of several backends needs": {
        "net/__init__.py": "",
        "net/cuda.py": "from .kernels import run\n",
        "net/cpu.py": "",
        "net/kernels.py": GUARDED,
    },
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_modules_behind_guards(name: str, tmp_path: pathlib.Path) -> None:
    files = {"plat.py": PLATFORM, **REPOSITORIES[name]}
    for path, text in files.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text)
    expected = {mark for path, text in files.items() for mark in marks(text, path)}
    assert reported(run(tmp_path / "repo")) == expected


def test_what_an_import_runs() -> None:
    modules = frozenset(["pkg", "pkg.sub", "pkg.sub.mod", "pkg.sub.other", "pkg.far"])
    assert list(run_by(("pkg.sub", "mod"), ["", "pkg"], modules)) == [
        "pkg",
        "pkg.sub",
        "pkg.sub.mod",
    ]
    assert list(run_by((".pkg.sub.mod", "f"), [""], modules)) == ["pkg", "pkg.sub", "pkg.sub.mod"]
    assert list(run_by(("pkg", ""), [""], modules)) == ["pkg"]
    assert list(run_by(("torch", "nn"), ["", "pkg"], modules)) == []


def test_strings_that_can_name_a_module() -> None:
    assert list(named('x = "a.b.C", "one", "a.b"\n')) == ["a.b.C"]
    assert list(named('import_module("x"), "a.b:c", "two words"\n')) == ["x", "a.b"]
