"""Text -> a TOML document, or one sentence that says why it is none."""

import re
import tomllib
from typing import Any

from portlint.errors import Unreadable

PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+"
DOTTED = re.compile(rf"(?<![\w\"'-]){PART}(?:\.[ \t]*+{PART}){{100}}")
"""A key of so many parts is nobody's: what Python needs for one grows with their square."""


def document(data: bytes | str) -> dict[str, Any]:
    """The tables of a file. Raises Unreadable."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        if DOTTED.search(text):
            raise Unreadable("is not TOML: it is nested too deeply")
        return tomllib.loads(text)
    except (RecursionError, MemoryError) as error:
        raise Unreadable("is not TOML: it is nested too deeply") from error
    except ValueError as error:  # of the text's encoding, of the format, of a number in it
        raise Unreadable(f"is not TOML: {error}") from error
