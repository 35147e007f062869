"""A report -> what of it was not there before: what people are shown."""

import msgspec

from portlint.report import Report


def fresh(report: Report) -> Report:
    """The report without the findings that a baseline or a revision had; its figures stay."""
    if not report.summary.hidden:
        return report
    new = tuple(finding for finding in report.findings if not finding.baselined)
    return msgspec.structs.replace(report, findings=new)
