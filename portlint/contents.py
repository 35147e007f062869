"""A path -> the bytes of a regular file, so many at most: no FIFO is waited for, no device read."""

import os
import stat
from typing import BinaryIO

from portlint.errors import Unreadable

SMALL = 4_000_000
"""Bytes of a configuration, or of anything else that people write by hand."""


def contents(path: str | os.PathLike[str], limit: int = SMALL) -> bytes:
    """What is in a file. Raises OSError, and Unreadable for what is larger or no regular file."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise Unreadable(generated(size))
        data = file.read(size + 1)
        if len(data) > size:  # it grows while it is read
            data += file.read(limit)
    if len(data) > limit:
        raise Unreadable(generated(len(data)))
    return data


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, open for reading: what was one when it was listed may be a FIFO by now."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | getattr(os, "O_NOCTTY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable("is not a regular file")
    return os.fdopen(handle, "rb")


def generated(size: int) -> str:
    """What is said of a file too large to be read."""
    return f"has {size / 1e6:.0f} million characters: taken for generated data"
