"""The user's folder for what portlint keeps, and the file in it for an audited root."""

import hashlib
import os
import pathlib

FOLDER = "PORTLINT_CACHE_DIR"
"""Names the folder, as --cache-dir does."""
OFF = "PORTLINT_NO_CACHE"
"""Anything but nothing: neither look for what was kept, nor keep anything."""


def is_off() -> bool:
    """Whether the user wants no cache at all."""
    return bool(os.environ.get(OFF))


def folder() -> pathlib.Path | None:
    """The folder; it need not exist. None where the user has no home.

    It is the user's and not the audited repository's, which could bring a cache along that says
    what it likes.
    """
    if named := os.environ.get(FOLDER):
        return pathlib.Path(named).absolute()
    caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME", ""))
    if caches.is_absolute():
        return caches / "portlint"
    try:
        return pathlib.Path.home() / ".cache" / "portlint"
    except RuntimeError:
        return None


def file_of(subject: pathlib.Path, kind: str, within: pathlib.Path) -> pathlib.Path:
    """The file for a folder: of the audited ones each has its own."""
    name = hashlib.blake2b(os.fsencode(subject), digest_size=10).hexdigest()
    return within / f"{kind}-{name}.bin"
