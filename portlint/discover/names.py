"""A path -> its name from a root, as it is shown."""

import os
import pathlib


def name_of(path: str | pathlib.Path, root: pathlib.Path) -> str:
    """A path from the root, POSIX; bytes that are not UTF-8 show as `\\xff`."""
    return shown(os.path.relpath(path, root).replace(os.sep, "/"))


def shown(name: str) -> str:
    """A name as it is shown."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
