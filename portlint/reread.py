"""A file that was read before -> its text or its JSON object, for a second look."""

import json
import pathlib
from typing import Any

from portlint.contents import contents
from portlint.errors import Unreadable

HUGE = 64_000_000
"""Bytes of a file that was not read before, either."""


def text_of(path: pathlib.Path) -> str:
    """What a file says, for a second look at one that was read before; empty if it is gone."""
    try:
        text = contents(path, HUGE).decode("utf-8", "replace")
    except (OSError, Unreadable):
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def document(path: pathlib.Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none, which the infra pass has told."""
    try:
        found = json.loads(text_of(path))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
