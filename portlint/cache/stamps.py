"""Files and what is known of them -> the digest of what each holds, read where it may differ.

As git trusts its index: size, times and number of a file say that it is what it was, unless it was
touched so shortly before it was read that a second change could bear the same time.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.contents import contents
from portlint.discover import File
from portlint.errors import Unreadable
from portlint.model import Frozen

Stamp = tuple[int, int, int, int]
"""Size, time of the content, time of the file's record, and its number; nanoseconds."""
Digest = bytes
SIZE = 16
RACY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use."""
LARGE = 64_000_000
"""Bytes of a file of which only the beginning, or nothing, is read: its stamp stands for it."""
NONE: Stamp = (-1, -1, -1, -1)
UNREAD = bytes(SIZE)
"""Of a file that cannot be read: nothing is known of it."""


class Stamped(NamedTuple):
    """What a file held when it bore a stamp; without one it is to be read again."""

    stamp: Stamp
    digest: Digest


class Table(Frozen, frozen=True, kw_only=True):
    """All files in columns, as they are kept."""

    names: list[str]
    stamps: list[Stamp]
    digests: bytes

    @classmethod
    def of(cls, known: Mapping[str, Stamped]) -> Table:
        """The columns of these rows."""
        stamps = [item.stamp for item in known.values()]
        digests = b"".join(item.digest for item in known.values())
        return cls(names=list(known), stamps=stamps, digests=digests)

    def rows(self) -> dict[str, Stamped]:
        """Name -> what is known."""
        digests = (self.digests[at : at + SIZE] for at in range(0, len(self.digests), SIZE))
        rows = zip(self.names, self.stamps, digests, strict=True)
        return {name: Stamped(stamp, digest) for name, stamp, digest in rows}

    def holds(self, files: Sequence[File], stamps: Sequence[Stamp]) -> bool:
        """Whether these are the files, and each bears the stamp that it bore."""
        if self.names != [file.name for file in files] or NONE in self.stamps:
            return False
        return self.stamps == stamps


def unpack(data: bytes) -> Table:
    """From what was kept. Raises msgspec.MsgspecError, ValueError."""
    table = msgspec.msgpack.decode(data, type=Table)
    if len(table.digests) != SIZE * len(table.names) or len(table.names) != len(table.stamps):
        raise ValueError("columns of different lengths")
    return table


def stamped(
    files: Sequence[File], stamps: Sequence[Stamp], known: Mapping[str, Stamped]
) -> dict[str, Stamped]:
    """Every file as it is now. Of those that cannot be read it is UNREAD."""
    return {
        file.name: _stamped(file, stamp, known.get(file.name))
        for file, stamp in zip(files, stamps, strict=True)
    }


def _stamped(file: File, stamp: Stamp, before: Stamped | None) -> Stamped:
    if before is not None and stamp == before.stamp != NONE:
        return before
    now = time.time_ns()
    settled = max(stamp[1], stamp[2]) < now - RACY
    return Stamped(stamp if settled else NONE, _digest(file, stamp))


def stamp_of(file: File) -> Stamp:
    """The stamp that a file bears; NONE where it is not there."""
    try:
        about = os.stat(file.where)  # noqa: PTH116 - a path costs more than the question
    except OSError:
        return NONE
    return (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)


def _digest(file: File, stamp: Stamp) -> Digest:
    about = hashlib.blake2b(file.kind.encode(), digest_size=SIZE)
    if file.kind == "weights" or stamp[0] > LARGE:
        about.update(repr(stamp).encode())
        return about.digest()
    try:
        about.update(b"\0" + contents(file.where, LARGE))
    except (OSError, Unreadable):
        return UNREAD
    return about.digest()
