"""Rows -> CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterable, Sequence

from portlint.render.words import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that spreadsheets compute instead of showing it."""

Cell = str | int | float | None


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """RFC 4180: a line of names, then the rows, each ending in CR LF; None is an empty cell."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(columns)
    for row in rows:
        lines.writerow([_cell(value) for value in row])
    return file.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(visible(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def harmless(text: str) -> str:
    """Text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
