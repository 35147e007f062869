"""`portlint diff`: two files -> what changed between them, on standard output."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

from portlint.command import click_color, write
from portlint.diff.compare import compare, worse
from portlint.diff.saved import Saved, saved
from portlint.errors import UsageError
from portlint.model import CONTEXTS, IMPACTS
from portlint.render.difference import render


def run(flags: Mapping[str, Any]) -> int:
    """0, or with --fail-on-worse 1 where something at or above --fail-on is new or worse."""
    counted = frozenset({"live", *flags["include"]})
    if wrong := sorted(counted - set(CONTEXTS)):
        raise UsageError(f"--include {wrong[0]}: choose from guarded, test, example")
    level = flags["fail_on"]
    if level not in IMPACTS:
        raise UsageError(f"--fail-on {level}: choose from {', '.join(IMPACTS[::-1])}")
    found = compare(_read(flags["old"]), _read(flags["new"]), counted)
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    write(render(found, flags["format_"], width, click_color(flags["color"])))
    return int(flags["fail_on_worse"] and worse(found, level, counted) > 0)


def _read(file: pathlib.Path) -> Saved:
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{file}: there is no such file") from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    return saved(data, str(file))
