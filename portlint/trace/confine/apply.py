"""A request -> the child confined as far as this system can, and what holds it, in words."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import struct
from collections.abc import Iterator

from portlint.trace.confine import kernel, landlock, readable, seccomp
from portlint.trace.protocol import Request

CAPSET, VERSION_3 = (126, 91), 0x20080522
CAPABILITIES = 64
FILES, SIGNALS, CALLS = "files", "signals", "calls"
"""What held: rules on files, signals kept inside, the filter of system calls."""


def confine(request: Request, home: str) -> tuple[str, ...]:
    """Give up rights for good; what the system cannot do is left out of the answer."""
    parent, found = os.getppid(), []
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/oom_score_adj").write_text("1000")  # the first to go, not others
    with contextlib.suppress(OSError):
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    powerless()
    with contextlib.suppress(OSError):
        version = landlock.restrict(reads(request, home), writes(request, home))
        found += [FILES, SIGNALS] if version >= 6 else [FILES]
    with contextlib.suppress(OSError):
        seccomp.install(parent)
        found.append(CALLS)
    return tuple(found)


def powerless() -> None:
    """No capability is left, of root's either, and no program that is started brings one back."""
    with contextlib.suppress(OSError):
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    for number in range(CAPABILITIES):
        with contextlib.suppress(OSError):
            kernel.prctl(kernel.PR_CAPBSET_DROP, number)
    with contextlib.suppress(OSError):
        kernel.call(CAPSET, struct.pack("<Ii", VERSION_3, 0), bytes(24))


def reads(request: Request, home: str) -> list[str]:
    """All but people's homes, temporary files of others and secrets of the machine."""
    own = [home, request.root, *request.readable, *readable.interpreter()]
    folders = (pathlib.Path(request.root), *_folders(request))
    own += [str(readable.repository(folder, request.homes)) for folder in folders]
    return readable.readable(own, request.homes)


def writes(request: Request, home: str) -> list[str]:
    """The temporary folder, and the file that the exported program goes to."""
    if request.program:
        pathlib.Path(request.program).touch()
    return [home, *readable.DEVICES, *([request.program] if request.program else [])]


def _folders(request: Request) -> Iterator[pathlib.Path]:
    """Where the files of model and inputs are, seen from the folder that names are relative to."""
    here = pathlib.Path(request.cwd or request.root)
    for spec in (request.spec, request.inputs or ""):
        path = here / (spec.rpartition(":")[0] or spec)
        if spec and path.is_dir():
            yield path
        elif spec and path.is_file():
            yield path.parent
