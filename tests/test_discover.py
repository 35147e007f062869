"""Paths -> files: what a name says of a file, and which folders are not entered."""

import fnmatch
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.discover import KINDS, discover, kind_of

PATTERNS = [pattern for _, patterns in KINDS for pattern in patterns]
PARTS = sorted({part for p in PATTERNS for part in p.replace("[", "*").split("*") if part})
NAMES = st.lists(st.sampled_from([*PARTS, ".", "/", "x", "-", "\n", "é"]), min_size=1, max_size=5)


@given(NAMES.map("".join))
def test_a_name_is_of_the_first_kind_of_which_a_pattern_fits(name: str) -> None:
    own = name.rpartition("/")[2]
    fitting = [
        kind
        for kind, patterns in KINDS
        for p in patterns
        if fnmatch.fnmatchcase(name if "/" in p else own, f"*{p}" if "/" in p else p)
    ]
    assert kind_of(name) == next(iter(fitting), None)


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """Two files to read, and one in each folder that is not entered for what lies in it."""
    for name in (
        *("model.py", "pkg/net.py", "env/pyvenv.cfg", "env/a.py", "kernels/a.py"),
        *("kernels/include/cutlass/cutlass.h", "left/a.py", "build/a.py"),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / ".gitignore").write_text("left/\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "env")
    return tmp_path


def test_a_folder_is_skipped_with_the_reason(tree: pathlib.Path) -> None:
    found = discover([tree])
    assert [file.name for file in found.files] == ["model.py", "pkg/net.py"]
    assert found.skipped == [
        ("build/", "environment, build output or vendored code"),
        ("env/", "a virtual environment"),
        ("kernels/", "a copy of a kernel library"),
        ("left/", "ignored by .gitignore"),
        ("link/", "a link to a folder"),
    ]


def test_a_folder_that_is_named_is_entered_whatever_it_is(tree: pathlib.Path) -> None:
    assert [file.name for file in discover([tree / "env"]).files] == ["a.py"]
