"""A catalogue of stub rules and a small repository: reports that stay when real rules change."""

import datetime
import pathlib

import msgspec
import pytest

from portlint import catalog, config, engine
from portlint.report import Knowledge, Report, Tool

RULES = pathlib.Path(__file__).parent / "data" / "rules"
REPOSITORY = {
    "model.py": """\
import fastkernel
import torch


def forward(x, y):
    side = torch.cuda.Stream()
    return fastkernel.attend(x, y), torch.nonzero(x), side


TABLE = (
    torch.zeros(1, dtype=torch.float64),
    torch.zeros(2, dtype=torch.float64),
    torch.zeros(3, dtype=torch.float64),
    torch.zeros(4, dtype=torch.float64),
    torch.zeros(5, dtype=torch.float64),
    torch.zeros(6, dtype=torch.float64),
)
""",
    "odd, names: 100%.py": """\
import torch

def stream():
\tx = ("数", "\x1b[31m", "\u202e", "</pre><script>alert(1)</script>"); y = torch.cuda.Stream()
\treturn x, y, "a long line " "that does not fit " "into any terminal " "and goes on", torch.float64
""",
    "optional.py": """\
try:
    import fastkernel
except ImportError:
    fastkernel = None
""",
    "tests/test_model.py": """\
import torch

torch.cuda.Stream()
torch.cuda.Stream()
""",
    "broken.py": "import torch\ntorch.cuda.Stream(\n",
}
"""Path -> text: every impact, repeats, odd names and characters, all contexts but examples."""


def write(root: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    """The files below a folder, which is made."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def use_stub_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine and the command line see the stub rules only."""
    stub = catalog.load(RULES)
    monkeypatch.setattr(catalog, "shipped", lambda: stub)


def report(root: pathlib.Path, *, audit: bool = False, jobs: int = 1) -> Report:
    """A report under the catalogue in force, with what changes between releases held still."""
    empty = root.parent / "empty.toml"
    empty.touch()
    flags = {"jobs": jobs, "sdk": "2.33", "audit": audit}
    settings, _ = config.read((root,), flags, empty, catalog.shipped().rules)
    done = engine.run(settings)
    return msgspec.structs.replace(
        done.report,
        tool=Tool(name="portlint", version="0"),
        knowledge=Knowledge(sdk="2.33", checked=datetime.date(2026, 1, 2), digest="0"),
    )
