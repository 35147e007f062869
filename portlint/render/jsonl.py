"""Report -> its findings as JSON, one on a line: for pipes and log stores."""

import msgspec

from portlint.render import Style
from portlint.report import Report


def render(report: Report, style: Style) -> str:
    """One object of the contract per finding, in the order of the report."""
    return "".join(f"{msgspec.json.encode(finding).decode()}\n" for finding in report.findings)
