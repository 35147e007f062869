"""What a report holds -> the sections of its page, in reading order; the others are absent."""

from collections.abc import Iterator
from typing import NamedTuple

from portlint.report import Report


class Section(NamedTuple):
    """A section: its anchor, its heading, and the template that fills it."""

    id: str
    title: str
    template: str


def sections(report: Report) -> list[Section]:
    """The sections that have something to say."""
    return [Section(id_, title, f"{id_}.jinja") for id_, title in _present(report)]


def _present(report: Report) -> Iterator[tuple[str, str]]:
    if report.plan:
        yield "plan", "Plan of the work"
    if report.matrix:
        yield "targets", "Other chips and stacks"
    if any(row.lines for row in report.files):
        yield "heat", "Where the work is"
    if report.findings or report.plan:
        yield "effort", "Effort by impact and subject"
    if report.scope:
        yield "scope", "Models and entry points"
    if report.models:
        yield "models", "Traced models"
    if report.modules is not None and report.modules.modules:
        yield "modules", "Who imports whom"
    yield "findings", "Findings"
    if report.not_analysed:
        yield "unread", "Not analysed"
    yield "method", "Method and evidence"
