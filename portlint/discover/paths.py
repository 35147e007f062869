"""Paths -> a listing of what they hold."""

import errno
import os
import pathlib
from collections.abc import Sequence
from operator import attrgetter

from portlint.discover.files import Listing
from portlint.discover.kinds import kind_of
from portlint.discover.names import name_of
from portlint.discover.part import part
from portlint.discover.sort import sort
from portlint.discover.walk import Found, walk
from portlint.errors import UsageError
from portlint.ignored import compiled


def discover(
    paths: Sequence[pathlib.Path],
    exclude: Sequence[str] = (),
    base: pathlib.Path | None = None,
    within: pathlib.Path | None = None,
) -> Listing:
    """List what these paths hold; a path that is not there is a usage error.

    `exclude` are gitignore patterns that start at the folder `base` (default: the root). `within`
    is a root given by hand: of what it holds, only these paths are read.
    """
    for path in paths:
        _require(path)
    if within is not None:
        _require(within)
        return part(discover([within], exclude, base), paths)
    root = _root(paths)
    listing = Listing(root, [], [], [])
    spec = compiled(exclude) if exclude else None
    seen: set[str] = set()
    for path in paths:
        walked = os.path.isdir(path)
        name = name_of(path.absolute(), root)
        alone = Found(os.fspath(path.absolute()), name, kind_of(name))
        for found in walk(path.absolute(), listing, bool(exclude)) if walked else [alone]:
            if found.name in seen:
                continue
            seen.add(found.name)
            excluded = spec and spec.match_file(name_of(pathlib.Path(found.path), base or root))
            if excluded and walked:
                listing.skipped.append((found.name, "excluded by the configuration"))
            else:
                sort(found, listing, named=not walked)
    listing.files.sort(key=attrgetter("name"))
    listing.unreadable.sort()
    listing.skipped.sort()
    return listing


def _require(path: pathlib.Path) -> None:
    try:
        path.stat()
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        why = "there is no such file or folder" if missing else f"cannot be read: {error.strerror}"
        raise UsageError(f"{path}: {why}") from error


def _root(paths: Sequence[pathlib.Path]) -> pathlib.Path:
    folders = [p.absolute() if os.path.isdir(p) else p.absolute().parent for p in paths]
    return pathlib.Path(os.path.commonpath(folders)) if folders else pathlib.Path.cwd()
