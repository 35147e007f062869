"""Markdown or CSV -> the lines of its tables, each with its number and its cells by column."""

import csv
import io
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from portlint.errors import UsageError


class Line(NamedTuple):
    """One line of a table: its number in the file, from 1, and what stands in each column."""

    number: int
    cells: dict[str, str]


def lines(text: str, name: str) -> Iterator[Line]:
    """All lines of all tables, below the head of their table; `name` tells the format."""
    suffix = pathlib.PurePath(name).suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _csv(text, "," if suffix == ".csv" else "\t")
    if suffix in (".md", ".markdown"):
        return _markdown(text)
    raise UsageError(f"{name}: is neither Markdown (.md) nor CSV (.csv, .tsv)")


def _csv(text: str, comma: str) -> Iterator[Line]:
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=comma)
    head = next(rows, [])
    for cells in rows:
        if any(cells):
            yield _line(rows.line_num, head, cells)


def _markdown(text: str) -> Iterator[Line]:
    head: list[str] = []
    cells: list[str] = []
    number = 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        match token.type:
            case "tr_open":
                cells = []
                number = token.map[0] + 1 if token.map else 0
            case "inline" if number:
                cells.append(_words(token))
            case "thead_close":
                head, cells = cells, []
            case "tr_close" if head and cells:
                yield _line(number, head, cells)
            case "table_close":
                head, number = [], 0


SPOKEN = frozenset(["text", "code_inline"])


def _words(token: Token) -> str:
    """What a cell says without its markup."""
    breaks = ("html_inline", "softbreak", "hardbreak")
    parts = (
        "\n" if part.type in breaks else part.content if part.type in SPOKEN else ""
        for part in token.children or ()
    )
    return "".join(parts).strip()


def _line(number: int, head: Sequence[str], cells: Sequence[str]) -> Line:
    named = zip(map(column, head), cells, strict=False)
    return Line(number, {name: cell.strip() for name, cell in named if name})


COLUMNS = {
    "name": r"(pytorch |aten |torch )?(op|operator|operation|function|api)s?( name)?|name|aten",
    "status": r"(neuron )?(status|support|supported|availability|support (status|level))\??",
    "dtypes": r"(supported )?(d ?types?|data ?types?|types?)( supported)?",
    "fallback": r"((cpu|host) )?(fallback|falls back)( (to )?(cpu|host))?\??",
    "note": r"notes?|comments?|remarks?|limitations?|restrictions?|constraints?|details",
    "sdk": r"since|(min(imum)? |sdk |neuron )*(sdk|release|version)|introduced( in)?",
    "native-eager": r"(native )?eager( mode)?",
    "native-compile": r"(native )?(torch )?compiled?( mode)?|graph( mode)?",
    "xla": r"(pytorch |torch )?(xla|lazy)( mode)?",
    "vllm": r"vllm( neuron)?",
}
"""What the head of a column says, in small letters and without signs, by what it means here."""


def column(head: str) -> str:
    """`Data types` -> "dtypes"; "" for a column that means nothing here."""
    words = re.sub(r"[^a-z0-9?]+", " ", head.lower()).strip()
    return next((name for name, form in COLUMNS.items() if re.fullmatch(form, words)), "")
