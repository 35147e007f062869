"""A folder -> the files below it that are its own."""

import os
import pathlib
from collections.abc import Container, Iterator
from typing import NamedTuple, TypeAlias

from portlint.discover.files import Listing
from portlint.discover.folders import by_content, by_name
from portlint.discover.kinds import kind_of
from portlint.discover.names import name_of, shown
from portlint.ignored import Ignored, git_files

Entry: TypeAlias = "os.DirEntry[str]"


class Found(NamedTuple):
    """A path on the way: its name from the root, of what kind, and whether it is surely a file."""

    path: str
    name: str
    kind: str | None
    regular: bool = False


def walk(folder: pathlib.Path, listing: Listing, every: bool) -> Iterator[Found]:
    """Files below a folder that git or .gitignore does not leave out; links are not followed.

    With `every` also those of a kind that is not read. They come in no order.
    """
    tracked = git_files(folder)
    ignore = Ignored(folder) if tracked is None else None
    left = [(os.fspath(folder), name_of(folder, listing.root), True)]
    while left:
        here, name, is_top = left.pop()
        entries, failed = _entries(here)
        speaks = ignore is not None and ignore.enter(here, entries)
        reason = None if is_top else by_content(here, entries, ignore)
        if reason is not None:
            listing.skipped.append((f"{name}/", reason))
            continue
        if failed:
            listing.unreadable.append((f"{name}/", failed))
        before = "" if name == "." else f"{name}/"
        for entry in entries.values():
            seen = f"{before}{shown(entry.name)}"
            if not _is_folder(entry):
                kind = kind_of(seen)
                if (every or kind) and _is_own(entry, folder, tracked, ignore if speaks else None):
                    yield Found(entry.path, seen, kind, entry.is_file(follow_symlinks=False))
            elif (reason := by_name(entry.name, entry.is_symlink())) is None:
                left.append((entry.path, seen, False))
            elif reason:
                listing.skipped.append((f"{seen}/", reason))


def _entries(folder: str) -> tuple[dict[str, Entry], str]:
    """What a folder holds, or why that cannot be told."""
    try:
        with os.scandir(folder) as found:
            return {entry.name: entry for entry in found}, ""
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"


def _is_folder(entry: Entry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_own(
    entry: Entry, folder: pathlib.Path, tracked: Container[str] | None, ignore: Ignored | None
) -> bool:
    """Whether a file belongs to a folder: to git there, and not by a link from elsewhere in it."""
    if entry.is_symlink() and inside(pathlib.Path(entry.path), folder):
        return False
    if tracked is not None and entry.path not in tracked and _regular(entry):
        return False
    return ignore is None or not ignore.covers(entry.path)


def _regular(entry: Entry) -> bool:
    """git lists no FIFOs or sockets; those are kept, to be reported as not analysed."""
    return entry.is_file(follow_symlinks=False) or entry.is_symlink()


def inside(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether a link leads to a file that is listed under its own name anyway, or to nothing."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True
