"""A folder -> why it is not entered, if it is not."""

import os
import pathlib
from collections.abc import Container

from portlint.ignored import Ignored

SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn .venv venv .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache "
    "__pycache__ node_modules site-packages build dist .ipynb_checkpoints .portlint_cache "
    "third_party third-party 3rdparty vendor vendored _vendor".split()
)
"""Environments, build outputs and vendored trees: skipped, and listed by --show-files."""

VENDORED = ("include/cutlass/cutlass.h", "include/ck/ck.hpp", "include/ck_tile/core.hpp")
"""Files that tell a copy of a kernel library, whatever its folder is called."""


MARKS = frozenset(("include", "pyvenv.cfg", ".git"))
"""Names in a folder that tell what it is."""


def skip(path: str | pathlib.Path, name: str, ignore: Ignored | None) -> str | None:
    """Why a folder is not entered: a reason to show, "" for a silent one, None to enter it."""
    reason = by_name(name, os.path.islink(path))
    return by_content(os.fspath(path), MARKS, ignore) if reason is None else reason


def by_name(name: str, link: bool) -> str | None:
    """The same as far as the folder's name says it, and whether that is a link."""
    if name == ".git":
        return ""
    if name in SKIPPED_FOLDERS or name.endswith((".egg-info", ".dist-info")):
        return "environment, build output or vendored code"
    return "a link to a folder" if link else None


def by_content(folder: str, names: Container[str], ignore: Ignored | None) -> str | None:
    """The same by what may lie in it, as these names have it, and by git."""
    here = f"{folder}{os.sep}"
    if "include" in names and any(os.path.exists(here + mark) for mark in VENDORED):
        return "a copy of a kernel library"
    if "pyvenv.cfg" in names and os.path.exists(f"{here}pyvenv.cfg"):
        return "a virtual environment"
    if ignore is None and ".git" in names and os.path.exists(f"{here}.git"):
        return "a git repository of its own"
    if ignore is not None and ignore.covers(folder, folder=True):
        return "ignored by .gitignore"
    return None
