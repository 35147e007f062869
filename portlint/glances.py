"""Files -> what they import."""

from __future__ import annotations

from collections.abc import Iterable

from portlint.contents import contents
from portlint.discover import File
from portlint.reading import Shared
from portlint.source.glance import Glance, glance
from portlint.source.modules import module_name
from portlint.source.normal import normal
from portlint.source.text import LIMIT, decode


def glances(files: Iterable[File]) -> dict[str, Glance]:
    """Of Python files, by name; of what is too large or cannot be read whoever reads it tells."""
    same = Shared()
    found = ((file.name, _glance(file)) for file in files)
    return {
        name: Glance(same.pairs(seen.imports), same.pairs(seen.inner))
        for name, seen in found
        if seen is not None
    }


def _glance(file: File) -> Glance | None:
    try:
        text = normal(decode(contents(file.path, LIMIT))).text
        return glance(text, *module_name(file.name))
    except Exception:  # whoever reads the file fails at it alone, and tells of it
        return None
