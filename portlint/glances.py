"""Files -> what they import."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.contents import contents
from portlint.crew import Crew
from portlint.discover import File
from portlint.reading import Shared
from portlint.source.glance import Glance, glance
from portlint.source.modules import module_name
from portlint.source.normal import normal
from portlint.source.text import LIMIT, decode

MANY = 1_000
"""Files below which processes cost more than they save."""
PART = 200
"""Files that a process is handed at a time: it keeps what it found until it has looked at all."""


def glances(files: Sequence[File], crew: Crew | None = None) -> dict[str, Glance]:
    """Of Python files, by name; of what is too large or cannot be read whoever reads it tells."""
    if crew is None or len(files) < MANY:
        return _glances(files)
    parts = [files[at : at + PART] for at in range(0, len(files), PART)]
    same = Shared()
    found = (item for part in crew.each(_glances, parts) for item in part.items())
    return {name: _with(seen, same) for name, seen in found}


def _glances(files: Sequence[File]) -> dict[str, Glance]:
    """Of some of them, in one process."""
    same = Shared()
    found = ((file.name, _glance(file)) for file in files)
    return {name: _with(seen, same) for name, seen in found if seen is not None}


def _with(seen: Glance, same: Shared) -> Glance:
    return Glance(same.pairs(seen.imports), same.pairs(seen.inner))


def _glance(file: File) -> Glance | None:
    try:
        text = normal(decode(contents(file.where, LIMIT))).text
        return glance(text, *module_name(file.name))
    except Exception:  # whoever reads the file fails at it alone, and tells of it
        return None
