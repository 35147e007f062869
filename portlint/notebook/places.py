"""A notebook's JSON -> its code cells, line by line, each line with its place in the file."""

from __future__ import annotations

import bisect
import json
import json.scanner
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from portlint.errors import Unreadable

ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
"""What stands for one code point in a JSON string."""


class Line(NamedTuple):
    """A line of code: its cell and line (from 1), and its raw text at a place of the JSON file."""

    cell: int
    line: int
    at: int
    column: int
    raw: str
    code: str

    def place(self, column: int) -> int:
        """A column of the code -> the column in the JSON file, both from 1."""
        pieces = [match.end() for match in ESCAPE.finditer(self.raw)]
        passed = min(column - 1, len(pieces))
        return self.column + (pieces[passed - 1] if passed else 0)


class Located(str):
    """A string of a JSON file that knows at which character its quotes begin and end."""

    start: int
    end: int


class _Decoder(json.JSONDecoder):
    """A decoder whose strings know their place."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_string = _located
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _located(text: str, start: int, strict: bool = True) -> tuple[Located, int]:
    value, end = json.decoder.scanstring(text, start, strict)  # type: ignore[attr-defined]
    found = Located(value)
    found.start, found.end = start, end - 1
    return found, end


def code_lines(text: str) -> Iterator[list[Line]]:
    """The code cells of a notebook; Unreadable says what keeps it from being read."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for number, strings in _cells(_decoded(text)):
        yield list(_lines(number, strings, text, starts))


def _decoded(text: str) -> dict[str, Any]:
    try:
        data = _Decoder().decode(text)
    except (ValueError, RecursionError) as error:  # of the format, or of a number's length
        raise Unreadable(f"is no notebook, for it is not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(
        data.get("cells", data.get("worksheets")), list
    ):
        raise Unreadable("is no notebook: it has no list of cells")
    language = _language(data.get("metadata"))
    if language not in ("python", "python3", "ipython", ""):
        raise Unreadable(f"is a notebook in {language}, which portlint does not read")
    return data


def _language(metadata: object) -> str:
    """The language a notebook says it is in; "" where it says none."""
    given = metadata if isinstance(metadata, dict) else {}
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        group = given.get(part)
        if isinstance(group, dict) and isinstance(group.get(key), str):
            return str(group[key]).lower()
    return ""


def _cells(data: dict[str, Any]) -> Iterator[tuple[int, list[Located]]]:
    """The code cells: number among all cells from 1, and the strings their source is made of."""
    sheets = [s for s in data.get("worksheets", ()) if isinstance(s, dict)]
    listed = data.get("cells") or [cell for sheet in sheets for cell in sheet.get("cells") or ()]
    for number, cell in enumerate(listed, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", []))
            strings = source if isinstance(source, list) else [source]
            yield number, [part for part in strings if isinstance(part, Located)]


def _lines(
    cell: int, strings: Sequence[Located], text: str, starts: Sequence[int]
) -> Iterator[Line]:
    """The lines of a cell, each with the piece of the JSON file it was read from.

    A line may be made of several strings; its place is that of the first.
    """
    number, code, raw, place = 1, "", "", -1
    for string in strings:
        at = string.start
        for match in ESCAPE.finditer(text, string.start, string.end):
            place = at if place < 0 else place
            if match[0] in (r"\n", r"\u000a", r"\u000A"):
                yield _line(cell, number, code, raw, place, starts)
                number, code, raw, place = number + 1, "", "", -1
            else:
                raw += match[0]
                code += json.loads(f'"{match[0]}"')
            at = match.end()
    if raw or number == 1:
        yield _line(cell, number, code, raw, max(place, 0), starts)


def _line(cell: int, number: int, code: str, raw: str, at: int, starts: Sequence[int]) -> Line:
    row = bisect.bisect_right(starts, at)
    return Line(cell, number, row, at - starts[row - 1] + 1, raw, code)
