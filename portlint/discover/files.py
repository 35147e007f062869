"""What discovery finds: files, and a listing of them."""

import os
import pathlib
from typing import NamedTuple, Self


class _File(NamedTuple):
    where: str
    name: str
    kind: str


class File(_File):
    """A file to look at: where it is, its name from the root (POSIX), and what it is."""

    __slots__ = ()

    def __new__(cls, path: str | pathlib.Path, name: str, kind: str) -> Self:
        """Most files of a run are only listed: their paths are made when they are asked for."""
        return super().__new__(cls, os.fspath(path), name, kind)

    @property
    def path(self) -> pathlib.Path:
        """Where it is."""
        return pathlib.Path(self.where)


class Listing(NamedTuple):
    """What discovery found: the root, files to read, files that cannot be, and what was skipped.

    `beside` are files of the root that are not read: they are there, which tells what is its own.
    """

    root: pathlib.Path
    files: list[File]
    unreadable: list[tuple[str, str]]
    skipped: list[tuple[str, str]]
    beside: tuple[File, ...] = ()
