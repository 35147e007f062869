"""Report -> its findings as JSON, one on a line: for pipes and log stores."""

from collections.abc import Iterator

import msgspec

from portlint.render import Style
from portlint.report import Report


def render(report: Report, style: Style) -> Iterator[str]:
    """One object of the contract per finding, in the order of the report."""
    for finding in report.findings:
        yield f"{msgspec.json.encode(finding).decode()}\n"
