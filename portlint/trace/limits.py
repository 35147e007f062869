"""What the child may use, set by itself before anything of the model runs. No torch here."""

from __future__ import annotations

import contextlib
import faulthandler
import math
import resource
from typing import IO

from portlint.trace.protocol import Request

GIB = 1 << 30
RESERVE = GIB // 2
"""Memory that is left to say that the model ran out of it."""
FILES = 4 * GIB
PROCESSES = 512


def limit(request: Request) -> None:
    """Memory, processor time, file sizes and processes."""
    memory = int(request.memory * GIB)
    seconds = math.ceil(request.timeout) + 5
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory + RESERVE),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, FILES, FILES),
        (resource.RLIMIT_NPROC, PROCESSES, PROCESSES),
    ):
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (soft, hard))


def watch(request: Request, stacks: IO[str]) -> None:
    """Write a stack shortly before time is up, and on a signal that ends the process."""
    faulthandler.enable(stacks, all_threads=False)
    faulthandler.dump_traceback_later(max(request.timeout * 0.9, request.timeout - 1), file=stacks)


def relax() -> None:
    """Use the reserve: the model is done, one way or the other."""
    with contextlib.suppress(OSError, ValueError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
