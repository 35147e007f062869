"""One install or removal of a folder at a time, over all processes of this machine."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator

from portlint.errors import UsageError


@contextlib.contextmanager
def locked(folder: pathlib.Path, waits: Callable[[], object]) -> Iterator[None]:
    """Hold the lock file beside a folder; `waits` is called where another process has it."""
    import fcntl  # not on Windows, where torch-xla is not either

    file = folder.with_name(f"{folder.name}.lock")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("w")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
