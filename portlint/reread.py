"""A file that was read before -> its text or its JSON object, for a second look."""

import json
import os
from typing import Any

from portlint.contents import contents
from portlint.errors import Unreadable

HUGE = 64_000_000
"""Bytes of a file that was not read before, either."""


def text_of(path: str | os.PathLike[str]) -> str:
    """What a file says, for a second look at one that was read before; empty if it is gone."""
    return lines_of(path).decode("utf-8", "replace")


def lines_of(path: str | os.PathLike[str]) -> bytes:
    """The same as bytes: lines end in a line feed, as they do in the text."""
    try:
        found = contents(path, HUGE)
    except (OSError, Unreadable):
        return b""
    return found.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in found else found


def document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none, which the infra pass has told."""
    text = text_of(path)
    try:
        found = json.loads(text)
        if "\\u" in text:  # half of a character could stand in no report
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
