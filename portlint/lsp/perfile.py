"""A finding in a file without comments -> the lines of the configuration that silence it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import tomllib
from typing import NamedTuple

SPECIAL = re.compile(r"([\\*?\[\]!#])")
KEY = "per-file-ignores"


class Change(NamedTuple):
    """Text to insert before a line (from 0) of a configuration file."""

    line: int
    text: str


def entry(path: pathlib.Path, base: pathlib.Path, code: str) -> str:
    """The line of `per-file-ignores`: the path as a pattern that fits no other file."""
    name = os.path.relpath(path, base).replace(os.sep, "/")
    pattern = "/" + SPECIAL.sub(r"\\\1", name)
    return f'{json.dumps(pattern, ensure_ascii=False)} = ["{code}"]'


def header(file: pathlib.Path) -> str:
    """The table that the line belongs to."""
    return f"[{KEY}]" if file.name != "pyproject.toml" else f"[tool.portlint.{KEY}]"


def change(text: str, file: pathlib.Path, line: str) -> Change | None:
    """Where the line goes; None where it has to be put in by hand."""
    rows = text.split("\n")
    head = header(file)
    at = next((n for n, row in enumerate(rows) if row.split("#")[0].strip() == head), None)
    if at is not None:
        made = Change(at + 1, f"{line}\n")
    else:
        last = len(rows) - (not rows[-1])
        made = Change(last, ("\n" if text.strip() else "") + f"{head}\n{line}\n")
    rows[made.line : made.line] = made.text.removesuffix("\n").split("\n")
    try:
        tomllib.loads("\n".join(rows))
    except tomllib.TOMLDecodeError:
        return None
    return made
