"""This portlint -> the words that tell it from any other that could have written a cache.

They change with every source of ours, every rule, the interpreter and the libraries that read code.
What they were is kept beside the compiled catalogue, for as long as no file of all these changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pathlib
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from portlint import __version__

LIBRARIES = {"libcst": "libcst", "yaml": "pyyaml", "packaging": "packaging", "pathspec": "pathspec"}
"""What reads the audited code beside us: module and distribution."""
PACKAGE = pathlib.Path(__file__).parent.parent
RACY = 2_000_000_000
"""Nanoseconds after its last change for which a file may change again and bear the same time."""


class State(NamedTuple):
    """A digest of names, sizes and times, and the youngest time."""

    digest: str
    youngest: int

    @property
    def is_settled(self) -> bool:
        """Whether the next change of a file will show."""
        return self.youngest < time.time_ns() - RACY


def state(rules: pathlib.Path) -> State:
    """How the files stand that what we do depends on; their contents are not read."""
    about = hashlib.blake2b(f"{sys.version}\0{__version__}".encode(), digest_size=16)
    youngest = 0
    for path in _files(rules):
        stat = os.stat(path)  # noqa: PTH116 - once for every file of ours, at every start
        number = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        about.update(f"{path}\0{number}\n".encode("utf-8", "surrogateescape"))
        youngest = max(youngest, stat.st_mtime_ns, stat.st_ctime_ns)
    return State(about.hexdigest(), youngest)


def writer(digest: str) -> str:
    """What tells this portlint, by contents; `digest` is that of its rules."""
    from importlib.metadata import version  # half of what a short command costs

    about = hashlib.blake2b(f"{sys.version}\0{__version__}\0{digest}".encode(), digest_size=16)
    for path in sorted(PACKAGE.rglob("*.py")):
        about.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    for distribution in LIBRARIES.values():
        about.update(version(distribution).encode() + b"\0")
    return about.hexdigest()


def _files(rules: pathlib.Path) -> Iterator[str]:
    for folder in dict.fromkeys((os.fspath(PACKAGE), os.fspath(rules))):
        for top, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{top}{os.sep}{name}" for name in sorted(names))
    for module in LIBRARIES:
        found = importlib.util.find_spec(module)
        if found is not None and found.origin:
            yield found.origin
