"""Report -> counts per file as CSV: what was read, what was found there, what could not be read."""

from collections import Counter
from collections.abc import Sequence

from portlint.model import CONTEXTS, IMPACTS, Finding
from portlint.render import Style
from portlint.render.sheet import Cell, table
from portlint.report import FileRow, Report

COLUMNS = (
    *("path", "lines", "findings", *IMPACTS[::-1]),
    *CONTEXTS,
    *("hours_low", "hours_high", "not_analysed"),
)
"""New columns are added at the end."""


def render(report: Report, style: Style) -> str:
    """A row for every file, by path.

    Impacts count what counts, contexts all that was found. Lines and hours are those of an audit;
    a check, which has none, lists only files with findings and files that were not analysed.
    """
    found: dict[str, list[Finding]] = {row.path: [] for row in report.files}
    unread: dict[str, list[str]] = {}
    for finding in report.findings:
        found.setdefault(finding.path, []).append(finding)
    for item in report.not_analysed:
        found.setdefault(item.path, [])
        unread.setdefault(item.path, []).append(item.reason)
    known = {row.path: row for row in report.files}
    rows = (
        _row(path, found[path], known.get(path), unread.get(path, ()), style)
        for path in sorted(found)
    )
    return table(COLUMNS, rows)


def _row(
    path: str, found: Sequence[Finding], known: FileRow | None, unread: Sequence[str], style: Style
) -> tuple[Cell, ...]:
    impacts = Counter(f.impact for f in found if f.context in style.counted)
    contexts = Counter(f.context for f in found)
    return (
        *(path, known.lines if known else None, len(found)),
        *(impacts[impact] for impact in IMPACTS[::-1]),
        *(contexts[context] for context in CONTEXTS),
        *(known.hours if known else (None, None)),
        "; ".join(unread),
    )
