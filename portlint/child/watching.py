"""A child is waited for: until it ends, its time is up, or it takes too much of the machine."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
from typing import Literal

Reason = Literal["", "timeout", "disk", "processes"]
PACE = 0.25
"""Seconds between two looks."""
DISK = 8 << 30
"""Bytes that all files of its folder may take."""
ENTRIES = 100_000
"""Files and folders in its folder."""
SPARE = 256 << 20
"""Bytes of the disk that are left alone, where that much was free."""
PROCESSES = 512
"""Processes that may be there more than at the start; a system counts them better by itself, but
not those of root."""


class Watch:
    """The limits of one child that the system does not keep by itself."""

    def __init__(self, process: subprocess.Popen[bytes], folder: str, timeout: float) -> None:
        self.process, self.folder = process, folder
        self.until = time.monotonic() + timeout
        self.floor = SPARE if free(folder) > 2 * SPARE else 0
        self.others = processes()

    def wait(self) -> tuple[int | None, Reason]:
        """The exit code, or why it has to be ended."""
        while True:
            left = self.until - time.monotonic()
            try:
                return self.process.wait(max(min(PACE, left), 0)), ""
            except subprocess.TimeoutExpired:
                if reason := self.exceeded() or ("timeout" if left <= PACE else ""):
                    return None, reason

    def exceeded(self) -> Reason:
        """What there is too much of."""
        if processes() - self.others > PROCESSES and group(self.process.pid) > PROCESSES:
            return "processes"
        if free(self.folder) < self.floor or not fits(self.folder):
            return "disk"
        return ""


def free(folder: str) -> int:
    """Bytes left on the disk of a folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:  # the model took its folder away
        return 1 << 62


def fits(folder: str) -> bool:
    """Whether the files of a folder are neither too many nor too large together."""
    size = number = 0
    for where, folders, files in os.walk(folder):
        number += len(folders) + len(files)
        for name in files:
            with contextlib.suppress(OSError):
                size += (pathlib.Path(where) / name).lstat().st_blocks * 512
        if size > DISK or number > ENTRIES:
            return False
    return True


def processes() -> int:
    """How many processes there are; 0 where the system has no /proc."""
    try:
        return sum(entry.name.isdigit() for entry in pathlib.Path("/proc").iterdir())
    except OSError:
        return 0


def group(leader: int) -> int:
    """How many processes a group or the session that it began has."""
    found = 0
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                found += leader in (int(fields[2]), int(fields[3]))
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the group: also what the model started and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
