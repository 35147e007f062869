"""Report -> its findings as CSV, one in a row: for spreadsheets and notebooks."""

from portlint.model import Finding
from portlint.render import Style
from portlint.render.sheet import Cell, table
from portlint.report import Report

COLUMNS = (
    *("path", "line", "column", "cell", "rule", "name", "impact", "context", "counted"),
    *("confidence", "effort", "hours_low", "hours_high", "message", "replacement", "symbol"),
    *("root_cause", "layer", "lines", "places", "evidence", "snippet", "fingerprint"),
    "baselined",
)
"""New columns are added at the end."""


def render(report: Report, style: Style) -> str:
    """A row for every finding, as the report has them; `counted` and `baselined` are yes or no."""
    return table(COLUMNS, (_row(finding, style) for finding in report.findings))


def _row(finding: Finding, style: Style) -> tuple[Cell, ...]:
    low, high = finding.effort.hours
    cell = finding.cell
    return (
        *(finding.path, finding.line, finding.column),
        f"{cell.number}:{cell.line}" if cell else None,
        *(finding.rule, finding.name, finding.impact, finding.context),
        "yes" if finding.counts(style.counted) else "no",
        *(finding.confidence, finding.effort.label, low, high),
        *(finding.message, finding.replacement, finding.symbol),
        *(finding.root_cause, finding.layer, finding.lines, finding.places),
        " ".join(source.url for source in finding.evidence),
        *(finding.snippet.strip(), finding.fingerprint),
        "yes" if finding.baselined else "no",
    )
