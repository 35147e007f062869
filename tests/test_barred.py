"""What the audited files use behind guards only does not run on a Neuron host."""

import ast
import gc
import pathlib

import pytest

from portlint.source import cst
from tests.marks import marks, reported, run

PLATFORM = "class current_platform:\n    pass\n"
REPOSITORIES = {
    "a wrapper that one other module calls, and says no before": {
        "ops.py": """
import torch

def supports_fp8(capability):
    return torch.ops._C.cutlass_scaled_mm_supports_fp8(capability)  # expect: NEU231 guarded

def supports_fp4(capability):
    return torch.ops._C.cutlass_scaled_mm_supports_fp4(capability)  # expect: NEU231

def uncalled(capability):
    return torch.ops._C.cutlass_scaled_mm_supports_fp4(capability)  # expect: NEU231
""",
        "plat.py": PLATFORM,
        "w8a8.py": """
import ops
from plat import current_platform

def fp8():
    if not current_platform.is_cuda():
        return False
    return ops.supports_fp8(89)

def fp4():
    return ops.supports_fp4(100)
""",
    },
    "other names that imports in functions give, and what they mean elsewhere": {
        "kernels.py": """
import torch

def fast():
    torch.cuda.set_stream(None)  # expect: NEU118 guarded

def slow():
    torch.cuda.set_stream(None)  # expect: NEU118
""",
        "plat.py": PLATFORM,
        "net.py": """
from plat import current_platform

def chosen():
    if current_platform.is_cuda():
        from kernels import fast as run
        run()

def handed(run):
    run()

def guarded():
    if current_platform.is_cuda():
        from kernels import slow
        slow()

def open():
    from kernels import slow as step
    step()
""",
    },
    "callers of callers, a predicate from another module, and a kernel": {
        "pkg/__init__.py": "",
        "pkg/kernel.py": """
import triton
from plat import current_platform

def supported(x):
    if x is None:
        return False
    return (current_platform.is_cuda() and x.is_cuda and x.ndim == 2 and len(x) > 1 and len(x) < 9
            and x.numel() > 0)

@triton.jit  # expect: NEU201 guarded
def _add(x):
    pass

def launch(x):
    _add[1](x)

def run(x):
    return launch(x)
""",
        "plat.py": PLATFORM,
        "pkg/net.py": """
from pkg.kernel import run, supported

def forward(x):
    fast = x.dtype == "f" and supported(x)
    if fast:
        return run(x)
    return x
""",
    },
    "names that are handed on, spelled in strings or exported": {
        "tools.py": """
import torch

__all__ = ["promised"]

def handed():
    torch.cuda.set_stream(None)  # expect: NEU118

def spelled():
    torch.cuda.set_stream(None)  # expect: NEU118

def promised():
    torch.cuda.set_stream(None)  # expect: NEU118

def handed_behind():
    torch.cuda.set_stream(None)  # expect: NEU118 guarded
""",
        "main.py": """
import torch
import tools
from tools import handed, handed_behind, promised, spelled

HOOKS = [handed]
NAMES = {"spelled": 1}
if torch.cuda.is_available():
    HOOKS += [handed_behind, handed, promised, spelled]
""",
    },
    "methods through self, the class and __class__; what a framework calls stays": {
        "layer.py": """
import torch
from plat import current_platform
from torch import nn

class Layer(nn.Module):
    def forward(self, x):
        if current_platform.is_cuda():
            Layer.tune()
            self.warm()
            __class__.time()
            self.both()
            self.half()
        self.both()
        return x

    @staticmethod
    def tune():
        torch.cuda.set_stream(None)  # expect: NEU118 guarded

    def warm(self):
        torch.cuda.set_stream(None)  # expect: NEU118 guarded

    @staticmethod
    def time():
        torch.cuda.set_stream(None)  # expect: NEU118 guarded

    def both(self):
        torch.cuda.set_stream(None)  # expect: NEU118

    def half(self):
        torch.cuda.set_stream(None)  # expect: NEU118
""",
        "plat.py": PLATFORM,
    },
    "a class that is made behind a guard only, and one with a subclass that is not": {
        "schemes.py": """
import torch

class Xpu:
    def apply(self, x):
        torch.cuda.set_stream(None)  # expect: NEU118 guarded

class Base:
    def apply(self, x):
        torch.cuda.set_stream(None)  # expect: NEU118

class Derived(Base):
    pass
""",
        "plat.py": PLATFORM,
        "choose.py": """
from plat import current_platform
from schemes import Base, Derived, Xpu

def choose():
    if current_platform.is_xpu():
        return Base() if current_platform.is_cuda() else Xpu()
    return Derived()
""",
    },
    "an operator by the name it is registered with": {
        "comm.py": """
import torch
from tools import direct_register_custom_op

def _reduce(x):
    torch.cuda.set_stream(None)  # expect: NEU118 guarded

def _gather(x):
    torch.cuda.set_stream(None)  # expect: NEU118

direct_register_custom_op(op_name="my_reduce", op_func=_reduce)
direct_register_custom_op(op_name="my_gather", op_func=_gather)
""",
        "tools.py": "def direct_register_custom_op(op_name, op_func):\n    pass\n",
        "plat.py": PLATFORM,
        "net.py": """
import torch
from plat import current_platform

def forward(x):
    if current_platform.is_cuda():
        torch.ops.vllm.my_reduce(x)
    return torch.ops.vllm.my_gather(x)
""",
    },
    "what an implementation uses that is registered for CUDA": {
        "act.py": """
import torch
import triton
from torch.library import triton_op, wrap_triton
from ir import ops
from plat import current_platform

@triton.jit  # expect: NEU201 guarded
def _kernel(x):
    pass

@triton_op("lib::gelu", mutates_args=())  # expect: NEU203 guarded
def _gelu_op(x):
    wrap_triton(_kernel)[(1,)](x)  # expect: NEU203 guarded
    return x

@_gelu_op.register_fake
def _gelu_fake(x):
    return x

@ops.gelu.register_impl("triton", supported=x and current_platform.is_cuda())
def gelu(x):
    return _gelu_op(x)

@triton_op("lib::silu", mutates_args=())  # expect: NEU203
def _silu_op(x):
    return x

@ops.silu.register_impl("triton", supported=current_platform.is_cuda())
def silu(x):
    return _silu_op(x)
""",
        "ir.py": "ops = object()\n",
        "plat.py": PLATFORM,
        "net.py": """
import torch

def forward(x):
    return torch.ops.lib.silu(x)
""",
    },
    "a method that is called where a backend is chosen that only CUDA has": {
        "tools.py": """
import torch

def run_fast(x):
    torch.cuda.set_stream(None)  # expect: NEU118 guarded

def run_plain(x):
    torch.cuda.set_stream(None)  # expect: NEU118
""",
        "plat.py": PLATFORM,
        "net.py": """
from plat import current_platform
from tools import run_fast, run_plain

def long_enough(x):
    return x.ndim == 2

class Net:
    def __init__(self, want):
        self.mode = self.choose(want)

    def choose(self, want):
        supported = current_platform.is_cuda() and want is not None
        if want == "fast" and not supported:
            raise RuntimeError(want)
        return want if want != "auto" else ("fast" if supported else "plain")

    def forward(self, x):
        if self.mode == "fast":
            return run_fast(x)
        if self.mode == "plain" and long_enough(x):
            return run_plain(x)
        return x
""",
    },
    "functions that only call each other, and the calls of tests": {
        "tools.py": """
import torch

def ping():
    torch.cuda.set_stream(None)  # expect: NEU118
    pong()

def pong():
    ping()

def tested():
    torch.cuda.set_stream(None)  # expect: NEU118
""",
        "tests/test_tools.py": """
import torch
from tools import tested

if torch.cuda.is_available():
    tested()
""",
    },
}


@pytest.mark.parametrize("title", REPOSITORIES)
def test_what_is_used_behind_guards_only_is_guarded(title: str, tmp_path: pathlib.Path) -> None:
    root = written(title, tmp_path)
    expected = {m for name, text in REPOSITORIES[title].items() for m in marks(text, name)}
    assert reported(run(root)) == expected


def written(title: str, folder: pathlib.Path) -> pathlib.Path:
    root = folder / "repo"
    for name, text in REPOSITORIES[title].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("title", REPOSITORIES)
def test_no_tree_waits_for_the_collector(title: str, tmp_path: pathlib.Path) -> None:
    root = written(title, tmp_path)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run(root)
        gc.collect()
        assert {type(o) for o in gc.garbage if isinstance(o, ast.AST | cst.CSTNode)} == set()
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_callers_of_callers_are_followed_to_their_end(tmp_path: pathlib.Path) -> None:
    steps = "".join(f"\n\ndef step{n}():\n    step{n - 1}()\n" for n in range(1, 60))
    root = tmp_path / "repo"
    root.mkdir()
    (root / "steps.py").write_text(
        "import torch\n\n\ndef step0():\n    torch.cuda.set_stream(None)\n" + steps
    )
    (root / "main.py").write_text(
        "import torch\nimport steps\n\nif torch.cuda.is_available():\n    steps.step59()\n"
    )
    assert ("steps.py", 5, "NEU118", "guarded") in reported(run(root))


def test_what_stands_around_an_expression_that_nests_deeply_is_seen(tmp_path: pathlib.Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "steps.py").write_text(
        "import torch\n\n\ndef ping(x):\n    torch.cuda.set_stream(None)\n"
    )
    (root / "main.py").write_text(
        "import torch\nimport steps\n\n\ndef run(a):\n"
        f"    if torch.cuda.is_available():\n        steps.ping(a{'.a' * 900})\n"
    )
    assert ("steps.py", 5, "NEU118", "guarded") in reported(run(root))
