"""Real editors: each attaches, shows what is found, and applies a code action."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, NoReturn

import pytest

SCRIPTS = pathlib.Path(__file__).parent / "data" / "editors"
COMMAND = "\t".join((sys.executable, "-m", "portlint", "lsp"))
TEXT = 'import torch\n\ns = "\U0001f600"; x = torch.zeros(3).cuda()\n'
SILENCED = TEXT.replace(".cuda()", ".cuda()  # portlint: ignore[NEU102] reason")


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    """A program in a folder whose name editors have to take as it is."""
    found = tmp_path / "my models" / "größer.py"
    found.parent.mkdir()
    found.write_text(TEXT, encoding="utf-8")
    return found


def seen(command: list[str], file: pathlib.Path) -> Any:
    """What a script in an editor saw."""
    answer = file.parent.parent / "answer.json"
    told = {
        "PORTLINT_COMMAND": COMMAND,
        "PORTLINT_FILE": str(file),
        "PORTLINT_ANSWER": str(answer),
        "LC_ALL": "C.UTF-8",
    }
    homes = {"HOME": str(file.parent.parent), "XDG_CACHE_HOME": str(file.parent.parent / "cache")}
    done = subprocess.run(
        command, env={**os.environ, **told, **homes}, capture_output=True, text=True, timeout=240
    )
    assert answer.is_file(), done.stdout + done.stderr
    return json.loads(answer.read_text(encoding="utf-8"))


def without(reason: str, request: pytest.FixtureRequest) -> NoReturn:
    """Skip where an editor is missing, or fail where it must not be."""
    if request.config.getoption("--require-editor"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_neovim(file: pathlib.Path, request: pytest.FixtureRequest) -> None:
    if shutil.which("nvim") is None:
        without("no Neovim: install neovim", request)
    script = SCRIPTS / "neovim.lua"
    found = seen(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {script}"], file
    )
    (diagnostic,) = found["diagnostics"]
    assert (diagnostic["code"], diagnostic["lnum"], diagnostic["severity"]) == ("NEU102", 2, 1)
    row = TEXT.split("\n")[2].encode()
    assert row[diagnostic["col"] : diagnostic["end_col"]] == b"cuda()"
    assert "torch_xla.device()" in diagnostic["message"], "its options say trn1"
    assert found["hover"].startswith("**NEU102 cuda-method**")
    assert any("what NEU102" in title for title in found["titles"])
    assert found["silent"] is True
    assert file.read_text(encoding="utf-8") == SILENCED


def test_emacs(file: pathlib.Path, request: pytest.FixtureRequest) -> None:
    check = "(progn (package-initialize) (require 'eglot))"
    emacs = shutil.which("emacs")
    if (
        emacs is None
        or subprocess.run(
            [emacs, "--batch", "--eval", check], capture_output=True, timeout=60
        ).returncode
    ):
        without("no Emacs with eglot: install emacs-nox and elpa-eglot, or Emacs 29", request)
    found = seen([emacs, "--batch", "-l", str(SCRIPTS / "eglot.el")], file)
    (text,) = found["diagnostics"]
    assert "NEU102" in text
    assert found["silent"] is True
    assert file.read_text(encoding="utf-8") == SILENCED
