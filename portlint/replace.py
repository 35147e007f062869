"""Bytes -> a file that holds all of them: whoever ends the program, it is never half written."""

import contextlib
import errno
import os
import pathlib
import stat
import tempfile


def replace(file: pathlib.Path, data: bytes) -> None:
    """Write a file as a whole, or leave what was there. Raises OSError.

    A link stays one, permissions stay. A pipe or a device is written to; so is a file in a folder
    that takes no other.
    """
    known = _mode(file)
    if known is not None and not stat.S_ISREG(known):
        file.write_bytes(data)
        return
    if known is not None and not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    goal = pathlib.Path(os.path.realpath(file))
    try:
        handle, name = tempfile.mkstemp(".tmp", ".portlint-", goal.parent)
    except PermissionError:
        if known is None:
            raise
        file.write_bytes(data)
        return
    beside = pathlib.Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        beside.chmod(0o666 & ~_umask() if known is None else stat.S_IMODE(known))
        beside.replace(goal)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _mode(file: pathlib.Path) -> int | None:
    """Kind and permissions; None where there is no file."""
    try:
        return file.stat().st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    """What the user takes from new files; there is no way but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
