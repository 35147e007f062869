"""Report -> one line per finding and nothing else: what problem matchers read."""

from portlint.model import Finding
from portlint.render import Style
from portlint.render.words import told, visible
from portlint.report import Report


def render(report: Report, style: Style) -> str:
    """`path:line:col: impact CODE message`; the context stands at the end of the message."""
    return "".join(f"{line(finding)}\n" for finding in report.findings)


def line(finding: Finding) -> str:
    """One finding on one line."""
    context = "" if finding.context in ("live", "guarded") else f" ({finding.context})"
    where = f"{finding.path}:{finding.line}:{finding.column}"
    return f"{visible(where)}: {finding.impact} {finding.rule} {told(finding)}{context}"
