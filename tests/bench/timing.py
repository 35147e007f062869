"""A command -> the CPU time, wall time and memory of it and of all processes it started."""

import hashlib
import os
import pathlib
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec


class Command(NamedTuple):
    """What to run, and what its environment has beside ours; `ends` are the codes it may end with.

    It runs in `folder`, where no configuration lies.
    """

    words: tuple[str, ...]
    folder: pathlib.Path
    env: Mapping[str, str] = {}
    ends: tuple[int, ...] = (0, 1)


class Usage(msgspec.Struct, frozen=True):
    """What one run cost: seconds, and MB of the largest of its processes; what it printed."""

    cpu: float
    wall: float
    peak: float
    digest: str
    printed: int


class Failed(Exception):
    """A command that cannot be measured, in a sentence."""


class NoSuchFlag(Failed):
    """This version does not know a flag that a row asks for."""


def run(command: Command) -> Usage:
    """Run it once. The kernel adds up what the process and those it waited for have used."""
    out, err = (command.folder / f"printed.{name}" for name in ("out", "err"))
    with out.open("wb") as stdout, err.open("wb") as stderr:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env=os.environ | command.env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    _check(command, process.returncode, err)
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = out.stat().st_size
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, digest, size)


def _check(command: Command, code: int, err: pathlib.Path) -> None:
    """Only a run that did its work is a measurement."""
    if code in command.ends:
        return
    said = err.read_text(encoding="utf-8", errors="replace").strip()
    if "o such option" in said:
        raise NoSuchFlag(said.removeprefix("error: ").splitlines()[-1])
    last = " / ".join(said.splitlines()[-2:]) or "it said nothing"
    raise Failed(f"{' '.join(command.words)[:200]} ended with {code}: {last}")


def in_turns(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Usage]]:
    """Each command as often as there are rounds, one after the other in each round."""
    found: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(run(command))
    return found


def middle(runs: Sequence[Usage], what: str = "cpu") -> float:
    """The median over the runs of their `cpu`, `wall` or `peak`."""
    figures: list[float] = [getattr(run, what) for run in runs]
    return statistics.median(figures)
