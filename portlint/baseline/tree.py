"""A commit -> a temporary folder with its files, laid out as the work tree is."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.baseline import git
from portlint.baseline.git import Blob
from portlint.discover import kind_of
from portlint.errors import UsageError

KEPT = ("pyvenv.cfg",)
"""Files that tell what a folder is; of what portlint would not read nothing else is written."""
LARGEST = 64_000_000
"""Bytes: what is larger is not read either."""
POINTER = re.compile(rb"version https://git-lfs\b.*\nsize (\d+)\n", re.DOTALL)
"""What stands in a commit for a large file."""


class Tree(NamedTuple):
    """Where the files of a commit are; `folder` stands for the root of the file system.

    `paths` are those of today that were there, and files that may be what one of today was called.
    """

    folder: pathlib.Path
    paths: Sequence[pathlib.Path]

    def of(self, path: pathlib.Path) -> pathlib.Path:
        """The counterpart of a path of today."""
        full = _full(path)
        return self.folder / full.relative_to(full.anchor)


@contextlib.contextmanager
def tree(
    root: pathlib.Path, paths: Sequence[pathlib.Path], names: Iterable[str], commit: str
) -> Iterator[Tree]:
    """The files that the paths held at a commit, in a temporary folder.

    `names` are the files they hold today: one that is new may have come from elsewhere.
    """
    prefix = git.prefix(root)
    given = [os.path.relpath(_full(path), _full(root)).replace(os.sep, "/") for path in paths]
    every = list(git.blobs(root, commit))
    here = {b.path.removeprefix(prefix): b for b in every if b.path.startswith(prefix)}
    asked = {name: b for name, b in here.items() if any(_holds(g, name) for g in given)}
    added = {pathlib.PurePosixPath(name).suffix for name in names if name not in asked}
    others = [b for b in every if b.path.removeprefix(prefix) not in asked]
    gone = _gone(others, prefix, root, added) if added else {}
    wanted = {n: b for n, b in asked.items() if _read(n, b) or n in given} | gone
    with tempfile.TemporaryDirectory(prefix="portlint-") as folder:
        made = Tree(pathlib.Path(folder), ())
        home = made.of(root)
        try:
            _fill(root, home, wanted)
        except OSError as error:
            raise UsageError(
                f"--diff-base: the earlier files cannot be written to {folder}: {error.strerror}"
            ) from error
        was = [made.of(path) for path in paths]
        was = [path for path in was if path.exists()]
        yield made._replace(paths=[*was, *(home / name for name in gone)])


def _full(path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(os.path.normpath(path.absolute()))


def _holds(given: str, name: str) -> bool:
    return given in (".", name) or name.startswith(f"{given}/")


def _read(name: str, blob: Blob) -> bool:
    """Whether portlint reads such files, or needs them to know what a folder is."""
    kind = kind_of(name)
    small = blob.size <= LARGEST or kind == "weights"
    return small and (kind is not None or name.rpartition("/")[2] in KEPT)


def _gone(
    others: Iterable[Blob], prefix: str, root: pathlib.Path, ends: Collection[str]
) -> dict[str, Blob]:
    """Files with these endings that are there no more: a new one may have been one of them.

    They stand below the root under the name they had there, or in the whole repository.
    """
    top = pathlib.Path(os.path.realpath(root), *[".."] * prefix.count("/"))
    return {
        blob.path.removeprefix(prefix): blob
        for blob in others
        if pathlib.PurePosixPath(blob.path).suffix in ends
        and _read(blob.path, blob)
        and not os.path.lexists(top / blob.path)
    }


def _fill(root: pathlib.Path, home: pathlib.Path, wanted: Mapping[str, Blob]) -> None:
    """Write the files; a large one that did not change is that of today."""
    home.mkdir(parents=True, exist_ok=True)
    read = {}
    for name, blob in wanted.items():
        if kind_of(name) == "weights" and _size(root / name) == blob.size:
            _link(home / name, root / name)
        elif blob.size <= LARGEST:
            read[name] = blob
    for name, data in zip(read, git.contents(root, list(read.values())), strict=True):
        pointer = POINTER.match(data)
        if pointer and _size(root / name) == int(pointer[1]):
            _link(home / name, root / name)
        else:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(data)


def _link(path: pathlib.Path, to: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(_full(to))


def _size(path: pathlib.Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
