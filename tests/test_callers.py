"""Default devices are guarded where every call in the audited files gives another one."""

import pathlib

import pytest

from portlint.context import path_context
from tests.marks import marks, reported, run

REPOSITORIES = {
    "a function that another module calls with a device": {
        "pkg/__init__.py": "",
        "pkg/noise.py": """
import torch

def noise(size, device="cuda"):  # expect: NEU105 guarded
    return torch.zeros(size, device=device)
""",
        "pkg/run.py": """
from .noise import noise as draw

def start(x):
    return draw(2, x.device)
""",
    },
    "one call leaves the default in place": {
        "pkg/__init__.py": "",
        "pkg/noise.py": """
import torch

def noise(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)
""",
        "pkg/run.py": """
from pkg import noise

def start(x):
    return noise.noise(2, x.device), noise.noise(3)
""",
    },
    "classes, methods and functions of the same name": {
        "fill.py": """
import torch

class Fill:
    def __init__(self, size, device="cuda"):  # expect: NEU105 guarded
        self.x = torch.zeros(size, device=device)

    def grow(self, size, device="cuda:0"):  # expect: NEU105 guarded
        return torch.zeros(size, device=device)

def grow(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)
""",
        "main.py": """
from fill import Fill

def start(device):
    return Fill(2, device=device).grow(3, device)
""",
    },
    "what is handed on, spread out or never called": {
        "tools.py": """
import torch

def handed(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)

def spread(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)

def uncalled(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)

def start(sizes, options, device):
    return map(handed, sizes), handed(2, device), spread(2, **options)
""",
    },
    "calls of tests do not count, those of examples where there are no others": {
        "tools.py": """
import torch

def tested(size, device="cuda"):  # expect: NEU105
    return torch.zeros(size, device=device)

def shown(size, device="cuda"):  # expect: NEU105 guarded
    return torch.zeros(size, device=device)
""",
        "tests/test_tools.py": """
from tools import tested

def test_it():
    assert tested(2, "cpu").shape
""",
        "examples/show.py": """
from tools import shown

print(shown(2, device="cpu"))
""",
    },
}


@pytest.mark.parametrize("title", REPOSITORIES)
def test_a_default_that_no_call_leaves_in_place_is_guarded(
    title: str, tmp_path: pathlib.Path
) -> None:
    root = tmp_path / "repo"
    for name, text in REPOSITORIES[title].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    expected = {m for name, text in REPOSITORIES[title].items() for m in marks(text, name)}
    assert reported(run(root)) == expected


def test_helpers_of_tests_are_tests_and_hidden_folders_hold_no_program() -> None:
    assert path_context("src/pkg/testing_utils.py") == "test"
    assert path_context(".agents/skills/dump.py") == "example"
    assert path_context(".github/workflows/deploy.yml") == "live"
    assert path_context("src/pkg/attesting.py") == "live"
