"""`portlint oracle install`: a folder -> a virtual environment in which torch-xla works."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import click

from portlint.errors import UsageError
from portlint.oracle import home, mark, needs, pip
from portlint.oracle.interpreter import VARIABLE
from portlint.oracle.lock import locked
from portlint.oracle.process import Gone, Worker
from portlint.oracle.protocol import Answer, Query, answer, query

WANTED = ("torch==2.9.0", "torch-xla==2.9.0", "numpy")
LOWERED = Query(op="aten.add.Tensor", args=({"t": [2], "d": "float32"}, {"t": [2], "d": "float32"}))
FALLEN = Query(
    op="aten.grid_sampler_2d.default",
    args=({"t": [1, 1, 2, 2], "d": "float32"}, {"t": [1, 1, 1, 2], "d": "float32"}, 0, 0, False),
)
"""A call that torch-xla lowers, and one that it leaves to the host."""


def main(flags: Mapping[str, Any]) -> int:
    """Make or complete the environment, and say where it is."""
    folder = home.environment(flags["folder"])
    needs.system()
    with locked(folder, lambda: click.echo(f"{folder}: another install runs: waiting", err=True)):
        if mark.ready(folder) and flags["python"] is None:
            click.echo(f"{folder}: is ready")
            return 0
        _refuse(folder)
        made_with = needs.python(flags["python"])
        needs.disk(folder, flags["index_url"])
        versions = _installed(folder, made_with, flags)
        mark.write(folder, mark.Mark(versions=versions))
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    click.echo(f"{folder}: {said}; {home.size(folder) / needs.GB:.1f} GB")
    if flags["folder"]:
        click.echo(f"let portlint find it: {VARIABLE}={home.python(folder)}")
    return 0


def _installed(folder: pathlib.Path, made_with: str, flags: Mapping[str, Any]) -> dict[str, str]:
    """The versions that work; an interrupted install is completed, or else made anew."""
    python, index = home.python(folder), flags["index_url"]
    if flags["python"] is None and python.exists() and _runs(python, "-m", "pip", "--version"):
        try:
            _filled(folder, index)
            return verified(python)
        except UsageError as error:
            click.echo(f"{folder}: is made anew: {error}", err=True)
    _made(folder, made_with)
    _filled(folder, index)
    return verified(python)


def _refuse(folder: pathlib.Path) -> None:
    if folder.is_file():
        raise UsageError(f"{folder}: is a file: name a folder")
    if folder.is_dir() and mark.read(folder) is None and any(folder.iterdir()):
        raise UsageError(f"{folder}: is not empty and not made by portlint: name another folder")


def _made(folder: pathlib.Path, made_with: str) -> None:
    """A virtual environment; its mark comes first, so that it is known as ours whatever happens."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write(folder, mark.Mark())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error
    if not _runs(made_with, "-m", "venv", str(folder)):
        raise UsageError(
            f"{made_with} cannot make a virtual environment: name another with --python"
        )


def _runs(*command: str | pathlib.Path) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _filled(folder: pathlib.Path, index: str | None) -> None:
    room = folder / "downloads"
    try:
        pip.install(home.python(folder), WANTED, index, room)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def verified(python: pathlib.Path) -> dict[str, str]:
    """The versions of an interpreter that lowers one call and leaves another to the host."""
    try:
        worker = Worker(str(python))
        try:
            found = [_asked(worker, number, call) for number, call in enumerate((LOWERED, FALLEN))]
        finally:
            worker.close()
    except Gone as gone:
        raise UsageError(f"{python}: torch-xla is installed but does not start: {gone}") from gone
    if [one.status for one in found] != ["lowered", "fallback"]:
        raise UsageError(
            f"{python}: torch-xla is installed but answers {found[0].status} and "
            f"{found[1].status} where lowered and fallback are right: remove it and install again"
        )
    return worker.versions


def _asked(worker: Worker, number: int, call: Query) -> Answer:
    worker.tell(query(number, call, ()))
    said = worker.hear(60)
    if said.status is None:
        raise Gone("an answer without a status", "crash")
    return answer(said)
