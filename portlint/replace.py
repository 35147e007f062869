"""Bytes -> a file that holds all of them: whoever ends the program, it is never half written."""

import contextlib
import errno
import os
import pathlib
import secrets
import stat
from collections.abc import Iterable, Iterator

PREFIX, SUFFIX = ".portlint-", ".tmp"


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
        put(goal, [data], 0o666 & ~_umask() if known is None else stat.S_IMODE(known))
    except PermissionError:
        if known is None:
            raise
        file.write_bytes(data)


def put(goal: pathlib.Path, pieces: Iterable[bytes | memoryview], mode: int) -> None:
    """Put the pieces in the place of what has this name, all of them or none. Raises OSError.

    Where the system has files without a name, nothing is left of one by who is killed meanwhile;
    it has another name only for the moment in which it takes the place of an older file.
    """
    beside = goal.with_name(f"{PREFIX}{secrets.token_hex(6)}{SUFFIX}")
    if not _nameless(goal, beside, pieces, mode):
        with _cleared(beside):
            with open(beside, "xb", opener=_private) as stream:
                stream.writelines(pieces)
            beside.chmod(mode)
            beside.replace(goal)


def _nameless(
    goal: pathlib.Path, beside: pathlib.Path, pieces: Iterable[bytes | memoryview], mode: int
) -> bool:
    """Write them to a file without a name, and give it its own; whether there are such files."""
    flag = getattr(os, "O_TMPFILE", 0)
    if not flag:
        return False
    try:
        handle = os.open(goal.parent, os.O_WRONLY | flag, 0o600)
    except OSError:
        return False
    with open(handle, "wb") as stream:  # noqa: PTH123 - a handle, not a path
        if not pathlib.Path(_path(handle)).exists():
            return False
        stream.writelines(pieces)
        stream.flush()
        os.fchmod(handle, mode)
        try:
            _link(handle, goal)
        except FileExistsError:
            _link(handle, beside)
            with _cleared(beside):
                beside.replace(goal)
    return True


def _link(handle: int, name: pathlib.Path) -> None:
    # the folder is needed for links to be followed; what begins with a slash ignores it
    os.link(_path(handle), name, src_dir_fd=handle)


def _path(handle: int) -> str:
    return f"/proc/self/fd/{handle}"


@contextlib.contextmanager
def _cleared(beside: pathlib.Path) -> Iterator[None]:
    """Take the file away again where what is done with it fails."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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
