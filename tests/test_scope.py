"""Which models and programs there are, and what each of them runs into."""

import ast
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.report import Ease, Part
from portlint.scope.pieces import pieces
from tests.marks import run

NET = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x):
        return self.inner(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(2))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x
"""
KERNEL = """
import triton

@triton.jit
def add(x):
    pass

def fast(x):
    add[1](x)
    return x

def plain(x):
    return x + 1
"""
USING = """
from torch import nn
from kernels import {names}

class Net(nn.Module):
    def forward(self, x):
        return {call}
"""
TRAIN = """
import torch
from net import Net

def train(model, data):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in data:
        model(x).sum().backward()
        optimizer.step()

if __name__ == "__main__":
    train(Net(), [torch.rand(4)])
"""


def parts(folder: pathlib.Path, files: dict[str, str]) -> dict[str, Part]:
    """The parts of a small repository by file and name."""
    root = folder / "repo"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {f"{part.path}:{part.name}": part for part in run(root, audit=True).scope}


def state(ease: Ease | None) -> str:
    return ease.state if ease else "none"


def test_a_model_is_what_no_other_module_is_built_of(tmp_path: pathlib.Path) -> None:
    found = parts(tmp_path, {"net.py": NET})
    assert list(found) == ["net.py:Net"]
    part = found["net.py:Net"]
    assert (part.kind, part.line, state(part.inference), state(part.training)) == (
        *("model", 13),
        *("ready", "ready"),
    )
    assert part.inference == Ease(state="ready", by_impact={}, hours=(0, 0), root_causes=())


def test_models_of_a_file_that_fare_the_same_are_one(tmp_path: pathlib.Path) -> None:
    head = "\nclass {name}(nn.Module):\n    def __init__(self):\n        self.net = Net()\n"
    text = NET + "".join(
        head.format(name=name) + "    def forward(self, x):\n        return self.net(x)\n"
        for name in ("NetForPixels", "NetForWords")
    )
    (part,) = parts(tmp_path, {"net.py": text}).values()
    assert {part.name, *part.others} == {"NetForPixels", "NetForWords"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [("fast(x)", "blocked"), ("plain(x)", "ready"), ("kernels.fast(x)", "blocked")],
)
def test_only_what_is_called_counts(tmp_path: pathlib.Path, call: str, expected: str) -> None:
    text = USING.format(names="fast, plain", call=call)
    if "." in call:
        text = text.replace("from kernels import fast, plain", "import kernels")
    found = parts(tmp_path, {"net.py": text, "kernels.py": KERNEL})
    assert state(found["net.py:Net"].inference) == expected
    assert found["net.py:Net"].files == 2


def test_a_name_is_followed_through_packages_that_pass_it_on(tmp_path: pathlib.Path) -> None:
    found = parts(
        tmp_path,
        {
            "ops/__init__.py": "from .inner import fast as quick\n",
            "ops/inner.py": "from .kernels import *\n",
            "ops/kernels.py": KERNEL,
            "net.py": USING.format(names="quick", call="quick(x)").replace("kernels", "ops"),
        },
    )
    assert state(found["net.py:Net"].inference) == "blocked"
    assert found["net.py:Net"].files == 4


def test_what_is_inherited_is_called_too(tmp_path: pathlib.Path) -> None:
    base = USING.format(names="fast", call="fast(x)").replace("class Net", "class Base")
    text = "from base import Base\n\nclass Net(Base):\n    pass\n"
    found = parts(tmp_path, {"base.py": base, "net.py": text, "kernels.py": KERNEL})
    assert state(found["net.py:Net"].inference) == "blocked"


def test_a_backward_blocks_training_only(tmp_path: pathlib.Path) -> None:
    text = """
import torch
from torch import nn
from kernels import fast

class Op(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, grad):
        return fast(grad)

class Net(nn.Module):
    def forward(self, x):
        return Op.apply(x)
"""
    found = parts(tmp_path, {"net.py": text, "kernels.py": KERNEL})
    assert state(found["net.py:Net"].inference) == "ready"
    assert state(found["net.py:Net"].training) == "blocked"


def test_an_import_that_fails_blocks_who_imports(tmp_path: pathlib.Path) -> None:
    files = {
        "fused.py": "from flash_attn import flash_attn_func\n\ndef other(x):\n    return x\n",
        "net.py": USING.format(names="other", call="other(x)").replace("kernels", "fused"),
        "typed.py": NET.replace(
            "import torch\n",
            "import torch\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import fused\n",
        ).replace("Net", "Typed"),
    }
    found = parts(tmp_path, files)
    assert state(found["net.py:Net"].inference) == "blocked"
    assert state(found["typed.py:Typed"].inference) == "ready"


def test_of_a_table_the_lightest_line_is_chosen(tmp_path: pathlib.Path) -> None:
    text = USING.format(names="fast, plain", call="WAYS[self.way](x)")
    both = text.replace("class", 'WAYS = {"fast": fast, "plain": plain}\n\nclass')
    only = text.replace("class", 'WAYS = {"fast": fast, "same": fast}\n\nclass').replace(
        "Net", "Fast"
    )
    found = parts(tmp_path, {"net.py": both, "fast.py": only, "kernels.py": KERNEL})
    assert state(found["net.py:Net"].inference) == "ready"
    assert state(found["fast.py:Fast"].inference) == "blocked"


SWITCHED = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, size=4, moved: bool = False):
        super().__init__()
        self.moved = moved
        self.size = size

    def forward(self, x):
        if self.moved and self.size:
            # by hand

            x = x.cuda()
        else:
            x = x + 1
        return x
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", "ready"),
        ("bool = False", "bool = True", "blocked"),
        ("x = x + 1", "x = x.cuda()", "blocked"),
        ("self.moved and", "self.moved or", "blocked"),
        ("if self.moved and", "if not (self.moved and self.moved and", "blocked"),
        ("self.size = size", "self.moved = self.size = size", "blocked"),
        (
            "\n\n    def forward",
            "\n\n    def on(self):\n        self.moved = True\n\n    def forward",
            "blocked",
        ),
    ],
)
def test_what_a_class_leaves_off_is_not_its_models(
    tmp_path: pathlib.Path, before: str, after: str, expected: str
) -> None:
    text = SWITCHED.replace(before, after)
    text = text.replace("self.size:", "self.size):") if "not (" in after else text
    found = parts(tmp_path, {"net.py": text})
    assert state(found["net.py:Net"].inference) == expected


def test_a_program_that_turns_it_on_runs_into_it(tmp_path: pathlib.Path) -> None:
    found = parts(
        tmp_path, {"net.py": SWITCHED, "train.py": TRAIN.replace("Net()", "Net(moved=True)")}
    )
    assert state(found["net.py:Net"].training) == "ready"
    assert state(found["train.py:__main__"].training) == "blocked"
    text = SWITCHED + "\ndef tuned():\n    return Net(moved=True)\n"
    assert state(parts(tmp_path / "on", {"net.py": text})["net.py:Net"].training) == "blocked"


def test_a_training_script_has_no_inference_of_its_own(tmp_path: pathlib.Path) -> None:
    found = parts(tmp_path, {"net.py": NET, "train.py": TRAIN})
    part = found["train.py:__main__"]
    assert (part.kind, part.line, part.files) == ("entry", 11, 2)
    assert (state(part.inference), state(part.training)) == ("none", "ready")


def test_one_that_evaluates_has_both(tmp_path: pathlib.Path) -> None:
    text = TRAIN.replace("    optimizer =", "    model.eval()\n    optimizer =")
    part = parts(tmp_path, {"net.py": NET, "train.py": text})["train.py:__main__"]
    assert (state(part.inference), state(part.training)) == ("ready", "ready")


def test_what_a_program_does_is_not_the_model_it_uses(tmp_path: pathlib.Path) -> None:
    text = TRAIN.replace("train(Net()", "train(Net().cuda()")
    found = parts(tmp_path, {"net.py": NET, "train.py": text})
    assert state(found["train.py:__main__"].training) == "blocked"
    assert state(found["net.py:Net"].training) == "ready"


def test_a_script_without_a_main_block_is_a_program(tmp_path: pathlib.Path) -> None:
    text = NET + "\nmodel = Net()\nfor x in range(3):\n    model(x).cuda().sum().backward()\n"
    found = parts(tmp_path, {"run.py": text, "library.py": NET.replace("Net", "Other")})
    assert set(found) == {"run.py:__main__", "run.py:Net", "library.py:Other"}
    assert state(found["run.py:__main__"].training) == "blocked"
    assert state(found["run.py:Net"].training) == "ready"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "x"\n[project.scripts]\ngo = "app.cli:main"\n'),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    go = app.cli:main\n"),
        (
            "setup.py",
            "from setuptools import setup\n"
            'setup(entry_points={"console_scripts": ["go = app.cli:main"]})\n',
        ),
    ],
)
def test_a_console_script_begins_at_its_function(
    tmp_path: pathlib.Path, name: str, text: str
) -> None:
    cli = "import torch\n\ndef main():\n    torch.cuda.synchronize()\n\ndef other():\n    pass\n"
    found = parts(tmp_path, {name: text, "src/app/__init__.py": "", "src/app/cli.py": cli})
    part = found["src/app/cli.py:go"]
    assert (part.line, state(part.inference)) == (3, "blocked")


@pytest.mark.parametrize(
    ("launcher", "text"),
    [
        ("run.sh", "torchrun --nproc 8 jobs/train.py\n"),
        ("job.yaml", "command: [python, jobs/train.py]\n"),
        ("Dockerfile", "FROM python:3.12\nCMD python -m jobs.train\n"),
        ("all.sh", "bash inner.sh\n"),
    ],
)
def test_a_launcher_belongs_to_what_it_starts(
    tmp_path: pathlib.Path, launcher: str, text: str
) -> None:
    gpu = {
        "run.sh": "nvidia-smi\n",
        "all.sh": "nvidia-smi\n",
        "job.yaml": "resources:\n  limits:\n    nvidia.com/gpu: 8\n",
        "Dockerfile": "RUN nvidia-smi\n",
    }
    files = {
        "net.py": NET,
        "jobs/__init__.py": "",
        "jobs/train.py": TRAIN,
        "other.py": TRAIN,
        "inner.sh": "python jobs/train.py\n",
        launcher: text + gpu[launcher],
    }
    found = parts(tmp_path, files)
    assert state(found["jobs/train.py:__main__"].training) == "blocked"
    assert state(found["other.py:__main__"].training) == "ready"


def test_requirements_belong_to_the_programs_below_their_folder(tmp_path: pathlib.Path) -> None:
    files = {
        "one/net.py": NET,
        "one/train.py": TRAIN,
        "one/requirements.txt": "flash-attn\n",
        "two/net.py": NET,
        "two/train.py": TRAIN,
    }
    found = parts(tmp_path, files)
    assert state(found["one/train.py:__main__"].training) == "blocked"
    assert state(found["two/train.py:__main__"].training) == "ready"
    assert state(found["one/net.py:Net"].training) == "ready"


def test_a_compiled_extension_belongs_to_who_imports_it(tmp_path: pathlib.Path) -> None:
    setup = """
from setuptools import setup
from torch.utils.cpp_extension import CUDAExtension
setup(ext_modules=[CUDAExtension(name="quick_ops", sources=["csrc/quick.cu"])])
"""
    kernel = "__global__ void add(float* x) { x[0] += 1; }\n"
    using = "import quick_ops\n" + NET.replace("self.inner(x)", "quick_ops.add(self.inner(x))")
    files = {"setup.py": setup, "csrc/quick.cu": kernel, "net.py": using, "plain.py": NET}
    found = parts(tmp_path, files)
    assert state(found["net.py:Net"].inference) == "blocked"
    assert state(found["plain.py:Net"].inference) == "ready"


def test_examples_count_apart_and_tests_are_no_parts(tmp_path: pathlib.Path) -> None:
    text = TRAIN.replace("Net()", "Net().cuda()")
    files = {"net.py": NET, "examples/train.py": text, "tests/test_train.py": text}
    found = parts(tmp_path, files)
    assert set(found) == {"net.py:Net", "examples/train.py:__main__"}
    part = found["examples/train.py:__main__"]
    assert (part.context, state(part.training)) == ("example", "blocked")


def test_a_file_that_cannot_be_read_leaves_it_unknown(tmp_path: pathlib.Path) -> None:
    files = {
        "net.py": USING.format(names="fast", call="fast(x)"),
        "kernels.py": "import triton\ndef fast(x:\n",
    }
    part = parts(tmp_path, files)["net.py:Net"]
    assert state(part.inference) == "unknown"


def test_a_program_that_has_nothing_to_do_with_models_is_left_out(tmp_path: pathlib.Path) -> None:
    text = 'import sys\n\nif __name__ == "__main__":\n    print(sys.argv)\n'
    assert parts(tmp_path, {"tool.py": text}) == {}


def test_the_hours_of_a_part_are_those_of_its_root_causes(tmp_path: pathlib.Path) -> None:
    found = parts(tmp_path, {"net.py": NET, "train.py": TRAIN.replace("Net()", "Net().cuda()")})
    ease = found["train.py:__main__"].training
    assert ease is not None
    assert (ease.by_impact, ease.root_causes) == ({"breaks": 1}, ("NEU102",))
    assert 0 < ease.hours[0] <= ease.hours[1]


NAME = st.sampled_from(["a", "b", "c"])
BODY = st.sampled_from(
    ["pass", "x = 1", "'''\ndef no(): pass\n'''", "return (\n1\n)", "# def no():"]
)


@st.composite
def definitions(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """Lines of Python with functions, classes, decorators and what stands between them."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["def", "async def", "class", "if", "plain"]))
        name = draw(NAME)
        if kind == "plain" or depth > 2:
            lines.append(f"{name} = 1")
            continue
        if kind in ("def", "async def"):
            lines += draw(st.sampled_from([[], ["@d"], ["@d(", "    1,", ")"]]))
            inner = draw(BODY).split("\n") + draw(definitions(depth=depth + 1))
            lines.append(f"{kind} {name}(x, y=(1,)):")
        else:
            inner = draw(definitions(depth=depth + 1))
            lines.append(f"class {name}(object):" if kind == "class" else "if True:")
        quoted = False
        for line in inner:
            lines.append(line if quoted else f"    {line}")
            quoted ^= line.count("'''") == 1
    return lines


@given(definitions())
def test_pieces_are_the_definitions_that_the_parser_sees(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    cut = pieces(text)
    kinds = ("class", "function", "method")
    found = [
        (piece.name, cut.line(at)) for at, piece in enumerate(cut.pieces) if piece.kind in kinds
    ]
    assert sorted(found, key=lambda f: f[1]) == sorted(_outer(tree.body), key=lambda f: f[1])


def _outer(body: list[ast.stmt]) -> list[tuple[str, int]]:
    """The definitions of a tree that are in no function, with their lines."""
    found: list[tuple[str, int]] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((node.name, node.lineno))
        elif isinstance(node, ast.ClassDef):
            found += [(node.name, node.lineno), *_outer(node.body)]
        elif isinstance(node, ast.If):
            found += _outer(node.body)
    return found
