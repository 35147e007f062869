"""A whole folder's listing -> the part of it that some paths hold."""

import os
import pathlib
from collections.abc import Sequence

from portlint.discover.files import Listing
from portlint.discover.names import name_of
from portlint.errors import UsageError


def part(whole: Listing, paths: Sequence[pathlib.Path]) -> Listing:
    """Of a whole folder's listing what the paths hold; what the folder leaves out is skipped."""
    names = [name_of(path.absolute(), whole.root) for path in paths]
    outside = [str(p) for p, n in zip(paths, names, strict=True) if n.split("/")[0] == ".."]
    if outside:
        raise UsageError(f"{outside[0]}: is not below {whole.root}, which --root names")
    chosen, folders = set(names), tuple("" if n == "." else f"{n}/" for n in names)

    def kept(name: str) -> bool:
        return name.rstrip("/") in chosen or name.startswith(folders)

    files = [file for file in whole.files if kept(file.name)]
    unread, skipped = ([i for i in items if kept(i[0])] for items in whole[2:4])
    known = {file.name for file in files} | {name.rstrip("/") for name, _ in (*unread, *skipped)}
    asked = [name for name, folder in zip(names, paths, strict=True) if not os.path.isdir(folder)]
    skipped += [(name, "left out of the folder's files") for name in asked if name not in known]
    beside = tuple(file for file in whole.files if not kept(file.name))
    return Listing(whole.root, files, unread, skipped, beside)
