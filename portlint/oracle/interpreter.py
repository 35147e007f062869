"""Which interpreter has torch-xla: the one that is named, else the one in the user's cache.

No file of a repository names it: who wrote that would choose what runs on this machine.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Literal, NamedTuple

import msgspec

from portlint.errors import UsageError
from portlint.model import Frozen
from portlint.oracle import mark
from portlint.oracle.home import environment, python

VARIABLE = "PORTLINT_XLA_PYTHON"
OPTION = "--oracle-python"
NONE = (
    "there is no interpreter with torch-xla: run `portlint oracle install`, or name one in "
    f"{VARIABLE} or with {OPTION}"
)
PROBE = """
import json, platform, sys
from importlib import metadata
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
found = {name.replace("-", "_"): version(name) for name in ("torch", "torch-xla")}
print(json.dumps({"python": platform.python_version(), **found}))
"""
"""What is installed, without importing any of it: an import takes seconds."""
OLDEST = (3, 10)
PATIENCE = 60.0
Source = Literal["option", "env", "cache"]


class Interpreter(Frozen, frozen=True, kw_only=True):
    """One that can be asked: `versions` of python, torch and torch_xla, and who named it."""

    python: str
    source: Source
    versions: dict[str, str]


class Named(NamedTuple):
    """An interpreter nobody looked at yet; `by` says in words who named it."""

    python: pathlib.Path
    source: Source
    by: str


def named(asked: pathlib.Path | None) -> Named | None:
    """The interpreter that counts; `asked` is that of the command line."""
    if asked is not None:
        return Named(asked, "option", f"{OPTION} names")
    if value := os.environ.get(VARIABLE):
        return Named(pathlib.Path(value).expanduser(), "env", f"{VARIABLE} names")
    folder = environment()
    if mark.ready(folder):
        return Named(python(folder), "cache", "`portlint oracle install` made")
    if mark.read(folder) is not None:
        raise UsageError(f"{folder}: the install is not complete: run `portlint oracle install`")
    return None


def find(asked: pathlib.Path | None) -> Interpreter:
    """The interpreter that counts, looked at; UsageError says what it lacks and what to do."""
    found = named(asked)
    if found is None:
        raise UsageError(NONE)
    return look(found)


def look(at: Named) -> Interpreter:
    """What an interpreter has; UsageError in one sentence where it does not do."""
    where = shutil.which(at.python)
    if where is None:
        missing = "which cannot be run" if at.python.exists() else "which does not exist"
        raise UsageError(f"{at.by} {at.python}, {missing}: {_instead(at)}")
    # not resolved: a virtual environment is known by the name of its link
    where = str(pathlib.Path(where).absolute())
    versions = probe(where, at)
    fault = _fault(versions)
    if fault:
        raise UsageError(f"{at.by} {at.python}, {fault}: {_instead(at)}")
    return Interpreter(python=where, source=at.source, versions=versions)


def probe(python: str, at: Named) -> dict[str, str]:
    """The versions of python, torch and torch_xla; "" for what is not installed."""
    outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        done = subprocess.run(
            (python, "-c", PROBE),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=outside,
            cwd="/",
            timeout=PATIENCE,
            check=True,
        )
        return msgspec.json.decode(done.stdout, type=dict[str, str])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        raise UsageError(f"{at.by} {at.python}, which is no Python: {_instead(at)}") from error


def _fault(versions: dict[str, str]) -> str:
    """What keeps these versions from answering."""
    if _numbers(versions["python"]) < OLDEST:
        return f"Python {versions['python']}, which is older than 3.10"
    for name in ("torch", "torch_xla"):
        if not versions[name]:
            return f"which has no {name}"
    if _numbers(versions["torch"]) != _numbers(versions["torch_xla"]):
        return (
            f"whose torch {versions['torch']} does not match its torch_xla {versions['torch_xla']}"
        )
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Major and minor version."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _instead(at: Named) -> str:
    if at.source == "cache":
        return "run `portlint oracle remove` and `portlint oracle install`"
    return "name one with torch 2.9 and torch-xla 2.9, or run `portlint oracle install`"
