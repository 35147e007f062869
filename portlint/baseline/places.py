"""A run and a baseline -> where its paths start, and which of them the run looked at."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.baseline.entries import Mark


class Seen(NamedTuple):
    """What a run could find: files, and whether what only models show.

    `start` is the folder where the paths of the baseline start, `prefix` leads from there to the
    root of the run, `given` are the paths that were looked at, `unread` files that could not be.
    """

    start: pathlib.Path
    prefix: str
    given: Sequence[str]
    unread: frozenset[str]
    traced: bool = False

    def looked(self, path: str) -> bool:
        """Whether the run would have found what is in this file."""
        return path not in self.unread and any(
            given in ("", path) or path.startswith(f"{given}/") for given in self.given
        )

    def movable(self, path: str) -> bool:
        """Whether what a file lacks can be somewhere else: it was looked at, or is gone."""
        return self.looked(path) or not os.path.lexists(self.start / path)

    def missed(self, mark: Mark) -> bool:
        """Whether a mark that nothing matched means that something is gone."""
        return (self.traced or not mark.traced) and self.looked(mark.path)


def start(root: pathlib.Path, file: pathlib.Path) -> pathlib.Path:
    """Where the paths of a baseline start, whatever part of a repository is looked at.

    That is the top of the repository, else the folder of the baseline if the root is in it, else
    the root.
    """
    for folder in (root, *root.parents):
        if os.path.lexists(folder / ".git"):
            return folder
    beside = file.absolute().parent
    return beside if root.is_relative_to(beside) else root


def seen(
    root: pathlib.Path,
    paths: Iterable[pathlib.Path],
    unread: Iterable[str],
    file: pathlib.Path,
    traced: bool,
) -> Seen:
    """What a run over these paths could find; names in `unread` start at the root."""
    root = pathlib.Path(os.path.normpath(root.absolute()))
    first = start(root, pathlib.Path(os.path.normpath(file.absolute())))
    given = tuple(_name(path.absolute(), first) for path in paths)
    lost = frozenset(_name(root / name, first) for name in unread)
    return Seen(first, _name(root, first), given, lost, traced)


def _name(path: pathlib.Path, start: pathlib.Path) -> str:
    """POSIX from the start, "" for the start itself; as the names of a report are written."""
    name = os.path.relpath(path, start).replace(os.sep, "/")
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "" if name == "." else name
