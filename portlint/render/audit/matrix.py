"""Other targets as a compact table in a terminal."""

from collections.abc import Iterator, Sequence

import click

from portlint.render import Style
from portlint.render.audit.fold import wrapped
from portlint.render.choices import Choice, choices, differs
from portlint.render.words import hours
from portlint.report import Report

WIDE = 90
"""Cells from which on the table has all its columns."""


def lines(report: Report, style: Style) -> Iterator[str]:
    """The chosen target, marked, and the others from the least work; below each what differs."""
    if not report.matrix:
        return
    yield click.style("Targets, and what changes against the chosen one", bold=True)
    found = choices(report.matrix)
    rows = [_cells(one, style.width >= WIDE) for one in found]
    head = _head(style.width >= WIDE)
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    yield click.style(_row(head, widths, " "), dim=True)
    for one, cells in zip(found, rows, strict=True):
        line = _row(cells, widths, ">" if one.first.chosen else " ")
        yield click.style(line, bold=True) if one.first.chosen else line
        for words in differs(one.first):
            yield from (click.style(part, dim=True) for part in wrapped(words, style.width, 6))


def _head(wide: bool) -> tuple[str, ...]:
    start = ("target", *(("SDK",) if wide else ()), "workload", "difficulty")
    return (*start, *(("score",) if wide else ()), "hours", "breaks")


def _cells(found: Choice, wide: bool) -> tuple[str, ...]:
    option = found.first
    start = (found.where, *((option.sdk,) if wide else ()), option.workload, option.difficulty)
    score = (str(option.score),) if wide else ()
    return (*start, *score, hours(option.hours), str(option.by_impact.get("breaks", 0)))


def _row(cells: Sequence[str], widths: Sequence[int], mark: str) -> str:
    *first, last = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{mark} {'  '.join([*first, last.rstrip().rjust(len(last))])}"
