"""Files and root causes -> where the work is: each file's lines, hours and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from portlint.effort.causes import Cause
from portlint.model import IMPACTS, Finding
from portlint.reading import FileResult
from portlint.report import FileRow, Hours

DIGITS = 4
"""Of an hour: a share of a hundredth among many files is still told from nothing."""


def heat(
    results: Sequence[FileResult], counted: Sequence[Finding], causes: Sequence[Cause]
) -> tuple[FileRow, ...]:
    """A row for every file that was read, by path; the hours add up to those of the causes."""
    hours: dict[str, Hours] = {}
    for path, (low, high) in _shares(causes):
        before = hours.get(path, (0.0, 0.0))
        hours[path] = (before[0] + low, before[1] + high)
    impacts = Counter((finding.path, finding.impact) for finding in counted)
    lines = {r.path: r.lines for r in results if r.not_analysed is None}
    lines |= {finding.path: 0 for finding in counted if finding.path not in lines}
    return tuple(
        FileRow(
            path=path,
            lines=lines[path],
            hours=_rounded(hours.get(path, (0.0, 0.0))),
            by_impact={i: n for i in IMPACTS[::-1] if (n := impacts[path, i])},
        )
        for path in sorted(lines)
    )


def _shares(causes: Sequence[Cause]) -> Iterator[tuple[str, Hours]]:
    """What a root cause costs in each of its files, by the places that it has there."""
    for cause in causes:
        places = Counter[str]()
        for finding in cause.findings:
            places[finding.path] += finding.places
        whole = places.total()
        low, high = cause.hours
        for path, count in places.items():
            yield path, (low * count / whole, high * count / whole)


def _rounded(hours: Hours) -> Hours:
    return round(hours[0], DIGITS), round(hours[1], DIGITS)
