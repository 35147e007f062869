"""A file of named parts that is read part by part: whole and ours, or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.model import Frozen
from portlint.replace import PREFIX, put

MAGIC = b"portlint cache 1\n"
DIGEST = 16
LARGEST = 2_000_000_000
"""Bytes of a file that nobody of us wrote."""
OLD = 3_600
"""Seconds after which what a run began to write is one that was killed."""
TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by portlint: see https://bford.info/cachedir/\n"
)
TORN = (
    *(msgspec.MsgspecError, ValueError, LookupError, AttributeError, TypeError),
    *(RecursionError, MemoryError),
)
"""What reading bytes raises that are not what they should be."""


Pieces = bytes | Sequence[bytes | memoryview]
"""The bytes of a part, or what they are put together from."""


class Part(NamedTuple):
    """Where the bytes of a part are, and their digest."""

    start: int
    size: int
    digest: bytes


class Head(Frozen, frozen=True, kw_only=True):
    """What a file begins with: who wrote it and what it has."""

    writer: str
    parts: dict[str, Part]


class Archive:
    """An open file; its parts are read when they are asked for."""

    def __init__(self, handle: int, head: Head) -> None:
        self.handle = handle
        self.head = head

    def part(self, name: str) -> bytes | None:
        """The bytes of a part; None where there is none, or not as it was written."""
        part = self.head.parts.get(name)
        if part is None:
            return None
        try:
            data = _at(self.handle, part.start, part.size)
        except (OSError, OverflowError, *TORN):
            return None
        return data if _digest(data) == part.digest else None


@contextlib.contextmanager
def reading(file: pathlib.Path, writer: str) -> Iterator[Archive | None]:
    """The archive that this writer left in a file; None for anything else."""
    handle = _opened(file)
    if handle is None:
        yield None
        return
    try:
        head = _head(handle)
        yield Archive(handle, head) if head is not None and head.writer == writer else None
    finally:
        os.close(handle)


def _opened(file: pathlib.Path) -> int | None:
    """A handle of a regular file. What is a link, or a pipe that would wait, is not ours."""
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
    try:
        handle = os.open(file, os.O_RDONLY | sum(flags))
    except (OSError, ValueError):
        return None
    about = os.fstat(handle)
    if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST:
        return handle
    os.close(handle)
    return None


def _head(handle: int) -> Head | None:
    start = len(MAGIC) + DIGEST + 4
    try:
        first = _at(handle, 0, start)
        digest, size = first[len(MAGIC) : -4], int.from_bytes(first[-4:], "little")
        if not first.startswith(MAGIC) or size > os.fstat(handle).st_size:
            return None
        data = _at(handle, start, size)
        return msgspec.msgpack.decode(data, type=Head) if _digest(data) == digest else None
    except (OSError, *TORN):
        return None


def _at(handle: int, start: int, size: int) -> bytes:
    """So many bytes from there. Raises ValueError where there are fewer."""
    if not 0 <= start <= LARGEST or not 0 <= size <= LARGEST:
        raise ValueError("no place in a file")
    os.lseek(handle, start, os.SEEK_SET)
    found = os.read(handle, size)
    while len(found) < size:
        more = os.read(handle, size - len(found))
        if not more:
            raise ValueError("the file is cut off")
        found += more
    return found


def _digest(*pieces: bytes | memoryview) -> bytes:
    about = hashlib.blake2b(digest_size=DIGEST)
    for piece in pieces:
        about.update(piece)
    return about.digest()


def write(file: pathlib.Path, writer: str, parts: Mapping[str, Pieces]) -> bool:
    """Put an archive in the place of a file, whole or not at all; whether that could be done.

    A part may be given in many pieces, which are not put together in memory.
    Of two that write at once the last one wins: each writes a file of its own, and renames it.
    """
    try:
        _prepare(file.parent)
        put(file, _bytes(writer, parts), 0o600)
    except (OSError, ValueError):
        return False
    return True


def _bytes(writer: str, parts: Mapping[str, Pieces]) -> Iterator[bytes | memoryview]:
    """The head comes first, so its own length counts: places are told from its end, padded."""
    start, places = 0, {}
    listed = {name: [data] if isinstance(data, bytes) else data for name, data in parts.items()}
    for name, pieces in listed.items():
        places[name] = Part(start, sum(map(len, pieces)), _digest(*pieces))
        start += places[name].size
    room = len(MAGIC) + DIGEST + 4 + len(_encoded(writer, places)) + 8 * len(places)
    placed = {name: part._replace(start=room + part.start) for name, part in places.items()}
    head = _encoded(writer, placed)
    size = len(head).to_bytes(4, "little")
    first = MAGIC + _digest(head) + size + head
    yield from (first, b"\0" * (room - len(first)))
    for pieces in listed.values():
        yield from pieces


def _encoded(writer: str, parts: Mapping[str, Part]) -> bytes:
    return msgspec.msgpack.encode(Head(writer=writer, parts=dict(parts)))


def _prepare(folder: pathlib.Path) -> None:
    """The folder, there and marked as what need not be kept, backed up or put into git."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "CACHEDIR.TAG").write_text(TAG, encoding="utf-8")
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    for left in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime > OLD:
                left.unlink()
