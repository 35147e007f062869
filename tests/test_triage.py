"""Triage is sound: leaving statements out never changes what is found, nor where."""

import importlib.util
import pathlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portlint.catalog import shipped
from portlint.errors import Unreadable
from portlint.passes import start
from portlint.reading import FileResult
from portlint.source.analyse import analyse
from portlint.source.exports import Externals
from portlint.source.needed import Used, stands_in
from portlint.source.needles import Needles, whole
from portlint.source.text import decode
from tests.invoke import portlint

LONG = '''class Wide(Net):
    @property
    def quiet(self):
        """Says nothing."""
        return [
            1,
        ]

    def set(self, flag=flag):
        self.ok = flag

    async def later(self): pass

    class Inner:
        def quiet(self, a, b=(1, 2)):
            return a

        def loud(self):
            return self.cuda().to("cuda") if self.ok else None
''' + "".join(f"\n    def m{i}(self, x):\n        return x + {i}\n" for i in range(40))

HOLDER = """class Holder(Net):
    def __init__(self):
        self.make, self.op, self.size = gpu.Stream, torch.ops.mine.op, 1
        self.event = torch.cuda.Event

    def __call__(self, x):
        return self.op(x, self.make(), self . event())
""" + "".join(f"\n    def m{i}(self, x):\n        return x.event{i} + {i}\n" for i in range(30))

PIECES = [
    "import torch\n",
    "import torch as th, os\n",
    "from torch import cuda as gpu, device\n",
    "T = __import__('torch')\n",
    "ok = torch.cuda.is_available()\n",
    "flag = ok\n",
    "name = 'cuda' if ok else 'cpu'\n",
    "alias = gpu\n",
    "def helper(x):\n    return x.to(name)\n",
    "def place(x):\n    if flag:\n        return x.cuda()\n    return x\n",
    "class Net:\n    device = 'cuda'\n\n    def go(self):\n        return alias.Stream()\n",
    "x = 1; y = device('cuda')\n",
    "if flag:\n    z = th.zeros(1).cuda()\nelse:\n    z = None\n",
    "TEXT = '''\nx.cuda()\n'''\n",
    "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n",
    "if flash_attn is not None:\n    w = y.to('cuda')\n",
    "def gpu(): pass\n",
    "del ok\n",
    "stream = gpu.Stream\ns = stream()\n",
    "# a comment with cuda\n\n",
    "again = alias\nevent = again.Event()\n",
    "kernels = __import__('flash_attn')\nmore = kernels\n",
    "def use():\n    return more.flash_attn_func()\n",
    LONG,
    "'''What it\nis for.'''\nSIZES = [\n    1,\n    2,\n]; WORDS = WORD = {}\n",
    "flag = False\nok = None\nname = [1]\n",
    "try:\n    import apex\n    flag = True\nexcept ImportError:\n    flag = False\n",
    "if flag:\n    placed = x.cuda()\n",
    "def here():\n    return current_platform.is_rocm()\n",
    "def usable(x):\n    if not has_flashinfer_x():\n        return False\n    return x > 1\n",
    "def able(x):\n    found = here()\n    return found and usable(x)\n",
    "@cache\ndef wide(x):\n    return able(x)\n",
    "def newer():\n    return is_torch_equal_or_newer('2.11.0')\n",
    HOLDER,
]


def both(text: str, name: str = "code.py") -> tuple[FileResult, FileResult]:
    index = start(shipped())
    gated, whole = (
        analyse(text, name, index, Externals("code", False, {}), everything=everything)
        for everything in (False, True)
    )
    return gated, whole


def test_a_file_is_asked_what_it_imports_though_nothing_uses_it() -> None:
    gated, whole = both("from diffusers import e\np.enable_model_cpu_offload()\n")
    assert [sighting.rule for sighting in gated.sightings] == ["NEU818"]
    assert gated == whole


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9))
def test_programs_put_together_at_random(pieces: list[str]) -> None:
    gated, whole = both("".join(pieces))
    assert gated == whole


def _installed() -> list[pathlib.Path]:
    """Modules of the installed torch that speak of CUDA, kernels and compilers a lot."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return []
    root = pathlib.Path(spec.origin).parent
    folders = ("cuda", "amp", "utils", "optim", "nn/parallel", "distributed/_tools", "profiler")
    return sorted(path for folder in folders for path in (root / folder).glob("*.py"))


@pytest.mark.slow
@pytest.mark.skipif(not _installed(), reason="torch is not installed")
def test_modules_of_torch_itself() -> None:
    compared = 0
    for path in _installed():
        try:
            text = decode(path.read_bytes())
        except Unreadable:
            continue
        gated, whole = both(text, path.name)
        assert gated == whole, path
        compared += len(whole.sightings)
    assert compared > 50


def test_a_check_without_triage_prints_the_same(tmp_path: pathlib.Path) -> None:
    program = "".join(PIECES[:4]) + "a = gpu.Stream()\nb = torch.zeros(1).cuda()\n"
    (tmp_path / "code.py").write_text(program, encoding="utf-8")
    asked = ("check", "--format", "json")
    gated, whole = portlint(*asked, cwd=tmp_path), portlint(*asked, "--no-triage", cwd=tmp_path)
    assert gated.out == whole.out
    assert gated.json["summary"]["by_context"]["live"] > 1


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("import torch\nx = torch.cuda.Stream()\n", True),
        ("from flash_attn.ops.triton import layer_norm\n", True),
        ("m = importlib.import_module('flash_attn.ops.triton.rotary')\n", True),
        ("def here():\n    return current_platform.is_rocm()\n", True),
        ("inflated = utils.reload(flags)\n", False),
        ("class SlidingWindowConfig:\n    sliding_window = 4096\n", False),
    ],
)
def test_names_open_a_file_as_whole_words(text: str, opens: bool) -> None:
    gates = start(shipped()).gates
    assert gates.opens(gates.needles.find(text)) is opens


@given(st.lists(st.sampled_from(["a", "ab", "_a", "a1", "é", " ", ".", "(", "\n"])).map("".join))
def test_where_a_word_stands_alone_is_told_as_where_any_other_starts(text: str) -> None:
    needles = Needles([whole("a"), "ab"], [whole("a"), "b"])
    found = needles.find(text)
    alone = [match.start() for match in re.finditer(r"\ba\b", text)]
    assert [start for word, start in found.starts if word == whole("a")] == alone
    assert (whole("a") in found.words) == bool(alone)
    assert [start for word, start in found.starts if word == "b"] == [
        match.start() for match in re.finditer("b", text)
    ]


@given(st.lists(st.sampled_from(["a", "ab", "_a", "a1", "é", " ", ".", "(", "\n"])).map("".join))
def test_a_word_is_used_where_it_stands_alone(text: str) -> None:
    words = Used(set(), text)
    every = re.findall(r"\w+", text)
    assert all((name in words) == (name in every) for name in ("a", "ab", "_a", "é", "aé", "", "b"))


@given(
    st.sets(st.sampled_from(["x", "xy", "_x", "é", "x1"])),
    st.text(alphabet="xy_é1. \n", max_size=12),
)
def test_names_are_words_of_a_text_however_many_there_are(names: set[str], text: str) -> None:
    expected = any(re.search(rf"\b{name}\b", text) for name in names)
    assert stands_in(names, text) == expected
    assert stands_in({*names, *(f"q{number}" for number in range(30))}, text) == expected
