"""A rule -> its page, written to the user's cache where an editor can open it."""

from __future__ import annotations

import functools
import os
import pathlib

from portlint import catalog
from portlint.explain import find, rules


def folder() -> pathlib.Path:
    """The folder of the pages that this catalogue gives; it need not exist."""
    named = pathlib.Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else pathlib.Path.home() / ".cache"
    return base / "portlint" / "rules" / catalog.shipped().digest


@functools.cache
def written(which: str) -> str | None:
    """The URL of a rule's page, by code or name; None where nothing can be written.

    UsageError where there is no such rule.
    """
    rule = find(which)
    try:
        file = folder() / f"{rule.code}.md"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f"{file.name}.{os.getpid()}")
            part.write_text(rules(rule.code, "markdown"), encoding="utf-8")
            part.replace(file)
    except (OSError, RuntimeError):
        return None
    return file.as_uri()
