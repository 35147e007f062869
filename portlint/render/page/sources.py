"""Evidence of everything the page says -> numbered sources, in the order they are met."""

from collections.abc import Iterable, Iterator

from portlint.model import Evidence
from portlint.report import Report


def sources(report: Report, counted: frozenset[str]) -> dict[Evidence, int]:
    """Each source once; findings that do not count cite nothing."""
    return {item: n for n, item in enumerate(dict.fromkeys(_cited(report, counted)), 1)}


def _cited(report: Report, counted: frozenset[str]) -> Iterable[Evidence]:
    for package in report.plan:
        yield from package.evidence
    for finding in report.findings:
        if finding.context in counted:
            yield from finding.evidence
    yield from _of_models(report)


def _of_models(report: Report) -> Iterator[Evidence]:
    for model in report.models:
        for row in model.attention:
            yield from row.evidence
        if model.fit is not None:
            yield from model.fit.evidence
