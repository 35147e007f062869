"""Files -> what they import."""

from __future__ import annotations

from collections.abc import Sequence

from portlint.contents import contents
from portlint.discover import File
from portlint.reading import Shared
from portlint.source.glance import Glance, glance
from portlint.source.modules import module_name
from portlint.source.normal import normal
from portlint.source.text import LIMIT, decode

MANY = 1_000
"""Files below which processes cost more than they save."""


def glances(files: Sequence[File], jobs: int = 1) -> dict[str, Glance]:
    """Of Python files, by name; of what is too large or cannot be read whoever reads it tells."""
    if jobs <= 1 or len(files) < MANY:
        return _glances(files)
    from portlint.workers import apart

    parts = apart(_glances, [files[at::jobs] for at in range(jobs)])
    same = Shared()
    found = {name: _with(seen, same) for part in parts for name, seen in part.items()}
    return {file.name: found[file.name] for file in files if file.name in found}


def _glances(files: Sequence[File]) -> dict[str, Glance]:
    """Of some of them, in one process."""
    same = Shared()
    found = ((file.name, _glance(file)) for file in files)
    return {name: _with(seen, same) for name, seen in found if seen is not None}


def _with(seen: Glance, same: Shared) -> Glance:
    return Glance(same.pairs(seen.imports), same.pairs(seen.inner))


def _glance(file: File) -> Glance | None:
    try:
        text = normal(decode(contents(file.path, LIMIT))).text
        return glance(text, *module_name(file.name))
    except Exception:  # whoever reads the file fails at it alone, and tells of it
        return None
