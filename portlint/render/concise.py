"""Report -> one line per finding and nothing else: what problem matchers read."""

from portlint.model import Finding
from portlint.render import Style
from portlint.render.words import aside, told, visible
from portlint.report import Report


def render(report: Report, style: Style) -> str:
    """`path:line:col: impact CODE message`, the path from where portlint was started."""
    return "".join(f"{line(finding, style)}\n" for finding in report.findings)


def line(finding: Finding, style: Style) -> str:
    """One finding on one line; one that does not count begins its message with its context."""
    where = visible(f"{style.prefix}{finding.path}:{finding.line}:{finding.column}")
    message = aside(finding, style.counted) + told(finding)
    return f"{where}: {finding.impact} {finding.rule} {message}"
