"""Report -> Markdown for a comment on a pull request: worst first, details folded, bounded."""

from collections.abc import Iterator

from portlint.render import Style
from portlint.render.markdown import found, head, models, plan, scope
from portlint.render.markdown.fit import Section, fitted, size, whole
from portlint.report import Report

ROOM = 65_000
"""GitHub takes 65 536 characters."""
PLACES = (20, 10, 5, 3)
"""Places named of each rule: as many as let everything fit."""


def render(report: Report, style: Style) -> str:
    """The verdict and what blocks, then the details; what does not fit is counted."""
    parts: list[Section] = []
    for places in PLACES:
        parts = list(_sections(report, style, places))
        text = whole(parts)
        if size(text) <= ROOM:
            return text
    return fitted(parts, ROOM)


def _sections(report: Report, style: Style, places: int) -> Iterator[Section]:
    yield from head.sections(report, style)
    yield from plan.sections(report)
    yield from scope.sections(report)
    yield from models.sections(report)
    yield from found.sections(report, style, places)
    yield Section(head.foot(report))
