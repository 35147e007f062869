"""What an install needs of a machine: platform, Python and disk, each refused in a sentence."""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator

import msgspec

from portlint.errors import UsageError

PYTHONS = ("3.13", "3.12", "3.11", "3.10")
"""What torch-xla 2.9 has wheels for, the newest first."""
GB = 1_000_000_000
PLAIN = (12 * GB, 7.5 * GB)
"""Bytes during and after an install with torch's CUDA libraries (measured: 11.7 and 7.5 GB)."""
CPU = (2 * GB, 1 * GB)
PROBE = """
import ensurepip, json, platform, venv
print(json.dumps([platform.python_implementation(), platform.python_version()]))
"""


def system() -> None:
    """Refuse systems without wheels of torch-xla."""
    libc, _ = platform.libc_ver()
    found = f"{platform.system()} {platform.machine()}"
    if sys.platform != "linux" or platform.machine() != "x86_64" or libc != "glibc":
        of = f"{found} without glibc" if found == "Linux x86_64" else found
        raise UsageError(
            f"torch-xla exists for Linux on x86-64 with glibc only, and this is {of}: run the "
            "oracle on such a machine or in a container"
        )


def python(asked: pathlib.Path | None) -> str:
    """A Python that torch-xla has wheels for: the one asked for, or the first that is found."""
    if asked is not None:
        fault = _fault(str(asked))
        if fault:
            raise UsageError(f"--python {asked} {fault}")
        return str(asked)
    faults = []
    for candidate in _candidates():
        fault = _fault(candidate)
        if not fault:
            return candidate
        faults.append(f"{candidate} {fault}")
    raise UsageError(f"name a Python from 3.10 to 3.13 with --python: {faults[0]}")


def _candidates() -> Iterator[str]:
    yield sys.executable
    yield from filter(None, (shutil.which(f"python{version}") for version in PYTHONS))


def _fault(python: str) -> str:
    """Why an environment cannot be made with this Python; "" where it can."""
    if shutil.which(python) is None:
        return "cannot be run: there is no such program"
    done = subprocess.run(
        (python, "-c", PROBE), capture_output=True, stdin=subprocess.DEVNULL, check=False, cwd="/"
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if said and "ensurepip" in said[-1]:
            return "has no ensurepip: install python3-venv"
        return "does not run as a Python with venv"
    try:
        kind, version = msgspec.json.decode(done.stdout, type=tuple[str, str])
    except msgspec.MsgspecError:
        return "does not answer as Python does"
    if kind != "CPython":
        return f"is {kind}: torch-xla has wheels for CPython only"
    if version.rpartition(".")[0] not in PYTHONS:
        return f"is Python {version}: torch-xla 2.9 has wheels for 3.10 to 3.13"
    return ""


def disk(folder: pathlib.Path, index: str | None) -> None:
    """Refuse a disk that would be full before the install is done."""
    named = [index or os.environ.get("PIP_INDEX_URL"), os.environ.get("PIP_EXTRA_INDEX_URL")]
    during, after = CPU if any(url and "/cpu" in url for url in named) else PLAIN
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < during:
        raise UsageError(
            f"{there} has {free / GB:.1f} GB free, and the install needs {during / GB:g} GB, of "
            f"which {after / GB:g} GB stay: choose another disk with --dir, or the build without "
            "CUDA with --index-url https://download.pytorch.org/whl/cpu"
        )
