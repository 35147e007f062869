"""`--root DIR`: of a folder only some files are read, and everything is said as of the folder."""

import pathlib
from typing import Any

import pytest

from tests.invoke import portlint

CUDA = "import torch\n\nside = torch.nn.Linear(2, 2).cuda()\n"


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    """A repository with live code, tests, and a folder that its configuration leaves out."""
    (tmp_path / "portlint.toml").write_text('extend-exclude = ["legacy/"]\n', encoding="utf-8")
    for name in ("model.py", "pkg/train.py", "tests/loops.py", "legacy/old.py", "vendor/lib.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(CUDA, encoding="utf-8")
    return tmp_path


def findings(cwd: pathlib.Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portlint("check", "--format", "json", *arguments, cwd=cwd).json[
        "findings"
    ]
    return found


def test_a_file_is_told_of_as_in_an_audit_of_the_whole_root(repo: pathlib.Path) -> None:
    whole = findings(repo)
    for name in ("model.py", "pkg/train.py", "tests/loops.py"):
        part = findings(repo, "--root", ".", name)
        assert part == [finding for finding in whole if finding["path"] == name] != []
    alone = findings(repo, "tests/loops.py")
    assert (alone[0]["path"], alone[0]["context"]) == ("loops.py", "live")


def test_the_working_directory_does_not_matter(repo: pathlib.Path) -> None:
    there = findings(repo / "pkg", "--root", "..", "train.py")
    assert there == findings(repo, "--root", ".", "pkg/train.py")


def test_a_folder_is_all_that_it_holds(repo: pathlib.Path) -> None:
    found = findings(repo, "--root", ".", "pkg", "tests")
    assert {finding["path"] for finding in found} == {"pkg/train.py", "tests/loops.py"}
    assert findings(repo, "--root", ".") == findings(repo)


def test_what_the_root_leaves_out_stays_out_although_it_is_named(repo: pathlib.Path) -> None:
    assert findings(repo, "--root", ".", "legacy/old.py", "vendor/lib.py") == []
    shown = portlint("check", "--root", ".", "legacy/old.py", "--show-files", cwd=repo)
    assert "excluded by the configuration" in shown.out
    assert findings(repo, "legacy/old.py") != []


def test_a_path_outside_the_root_is_refused(repo: pathlib.Path) -> None:
    done = portlint("check", "--root", "pkg", "model.py", cwd=repo)
    assert (done.code, done.out) == (2, "")
    assert "model.py: is not below" in done.err and "--root" in done.err


@pytest.mark.parametrize("words", [("--root", "nowhere"), ("--root", ".", "nowhere.py")])
def test_a_path_that_is_not_there_is_refused(repo: pathlib.Path, words: tuple[str, ...]) -> None:
    done = portlint("check", *words, cwd=repo)
    assert done.code == 2 and "there is no such file or folder" in done.err


def test_without_paths_all_of_the_root_is_read(repo: pathlib.Path) -> None:
    assert findings(repo / "pkg", "--root", "..") == findings(repo)
