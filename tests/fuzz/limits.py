"""What an input may cost: seconds of CPU, and bytes of memory for the whole process."""

import contextlib
import resource
import signal
import warnings
from collections.abc import Iterator
from types import FrameType

from tests.fuzz.broken import Slow

SECONDS = 5.0
MEMORY = 1 << 30
SHOWN = (FutureWarning, SyntaxWarning, RuntimeWarning, UserWarning)
"""Warnings that Python would print between the lines of a report."""


def confine() -> None:
    """Hold this process to the memory, and let what Python would print be an error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for kind in SHOWN:
        warnings.simplefilter("error", kind)


@contextlib.contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """Raise Slow in what takes longer; a call that never comes back to Python is its parent's."""
    before = signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _late(number: int, frame: FrameType | None) -> None:
    raise Slow(f"takes more than {SECONDS:.0f} seconds")
