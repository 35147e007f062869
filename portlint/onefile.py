"""One file of a folder -> whether a walk of the folder comes to it, and what lies beside it."""

import os
import pathlib
from collections.abc import Sequence
from pathlib import PurePosixPath

from portlint.discover import name_of, skip
from portlint.ignored import Ignored, compiled, git_files


def packages_beside(root: pathlib.Path, name: str) -> list[str]:
    """The `__init__.py` files of the packages that lie beside a file or the folders it is in."""
    found = []
    for folder in list(PurePosixPath(name).parents)[::-1]:
        try:
            entries = sorted(entry.name for entry in os.scandir(root / folder) if entry.is_dir())
        except OSError:
            continue
        inits = (folder / entry / "__init__.py" for entry in entries)
        found += [str(init) for init in inits if os.path.isfile(root / init)]
    return found


def left_out(
    path: pathlib.Path,
    root: pathlib.Path,
    exclude: Sequence[str] = (),
    base: pathlib.Path | None = None,
) -> str | None:
    """Why a walk from the root does not come to a file below it; None where it does.

    A file that is not on disk yet is left out only by the folders it stands in.
    """
    tracked = git_files(path.parent) if os.path.lexists(path) else None
    ignore = Ignored(root) if tracked is None else None
    for folder in reversed(path.parents[: len(path.relative_to(root).parts) - 1]):
        reason = skip(folder, folder.name, ignore)
        if reason is not None:
            return reason or "part of git's own folder"
    if compiled(exclude).match_file(name_of(path, base or root)):
        return "excluded by the configuration"
    known = ignore is None or not ignore.covers(path)
    known = known and (tracked is None or os.fspath(path) in tracked)
    return None if known else "ignored by .gitignore"
