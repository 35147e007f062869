"""pip in another interpreter: what to install -> it is there, or a sentence; a line of progress."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

from portlint.errors import UsageError
from portlint.render.words import visible

PYPI = "https://pypi.org/simple"
UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|Connection refused"
    r"|Temporary failure in name|No matching distribution found.*\(from versions: none\)"
    r"|from versions: none|Network is unreachable|Max retries exceeded|Read timed out"
)
UNWANTED = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT")
"""What would let pip install somewhere else."""
STEPS = re.compile(r"^\s*(Collecting|Downloading|Installing collected|Using cached) ?(\S*)(.*)")


def install(
    python: pathlib.Path, wanted: Iterable[str], index: str | None, room: pathlib.Path
) -> None:
    """Install distributions; `room` is a folder for what pip downloads, on a disk with space."""
    room.mkdir(exist_ok=True)
    # kept in pip's cache as well, the wheels would take their 4 GB twice
    flags = ("--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar=off")
    command = (str(python), "-m", "pip", "install", *flags, *_indexes(index), *wanted)
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    environment = kept | {"TMPDIR": str(room), "PYTHONNOUSERSITE": "1"}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    with process, _ended(process):
        said = list(_shown(process.stdout))
    if process.returncode:
        raise UsageError(_why(said))


def _indexes(index: str | None) -> Iterator[str]:
    """PyTorch's own indexes lack torch-xla: the rest then comes from the usual place."""
    if index is None:
        return
    yield f"--index-url={index}"
    if "/whl" in index:
        yield f"--extra-index-url={os.environ.get('PIP_INDEX_URL', PYPI)}"


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Let an interrupt end pip too."""
    try:
        yield
    except BaseException:
        process.terminate()
        raise


def _shown(lines: Iterable[str]) -> Iterator[str]:
    """The lines of pip; on a terminal, what it does now stands on one line."""
    terminal = sys.stderr.isatty()
    for line in lines:
        step = STEPS.match(line)
        if terminal and step:
            words = visible(f"{step[1].lower()} {step[2]}{step[3] if 'MB' in step[3] else ''}")
            print(f"\r\x1b[K{words[:78]}", end="", file=sys.stderr, flush=True)
        yield line
    if terminal:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _why(said: list[str]) -> str:
    """One sentence on what pip could not do."""
    text = "".join(said)
    if "No space left" in text:
        return "the disk is full: make room, or choose another disk with --dir, and run it again"
    if UNREACHABLE.search(text):
        return (
            "no package index with torch and torch-xla can be reached: check the network, or name "
            "a mirror with --index-url, and run it again"
        )
    errors = [line.strip() for line in said if line.startswith("ERROR:")]
    last = (errors or [line.strip() for line in said if line.strip()] or ["it said nothing"])[-1]
    return f"pip could not install torch-xla: {visible(last.removeprefix('ERROR: '))[:300]}"
