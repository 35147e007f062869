"""Memory that this process may take for a while: what a stranger sent must not exhaust it."""

from __future__ import annotations

import contextlib
import mmap
import pathlib
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def allowance(more: int) -> Iterator[None]:
    """Let this process grow by `more` bytes; beyond, a MemoryError. Nothing where it cannot tell.

    A message of a few bytes can claim to hold lists of any length within each other, for which
    a decoder makes room before it looks.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(pathlib.Path("/proc/self/statm").read_text("ascii").split()[0])
        wanted = pages * mmap.PAGESIZE + more
        if soft == resource.RLIM_INFINITY or wanted < soft:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (OSError, ValueError):
        pass
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
