"""What the plan and the findings cost -> bars by subject and by impact."""

from collections.abc import Mapping
from typing import NamedTuple

from portlint.model import IMPACTS
from portlint.report import Hours, Report
from portlint.rule import Rule

UNKNOWN = "not known"


class Share(NamedTuple):
    """A bar: hours where they are known, the count of findings, ends in percent of the longest."""

    name: str
    findings: int | None
    hours: Hours | None
    low: float
    high: float


def by_subject(report: Report, rules: Mapping[str, Rule]) -> list[Share]:
    """Of an audit by hours, of a check by findings; the largest first."""
    hours: dict[str, Hours] = {}
    for package in report.plan:
        name = rules[package.rule].subject if package.rule in rules else UNKNOWN
        low, high = hours.get(name, (0.0, 0.0))
        hours[name] = (low + package.hours[0], high + package.hours[1])
    counts = report.summary.by_subject
    names = sorted(
        {*hours, *counts}, key=lambda n: (-hours.get(n, (0, 0))[1], -counts.get(n, 0), n)
    )
    if not report.plan:
        most = max(counts.values(), default=0) or 1
        return [Share(n, counts[n], None, 0.0, 100 * counts[n] / most) for n in names]
    return _scaled({n: (None if n == UNKNOWN else counts.get(n, 0), hours.get(n)) for n in names})


def by_impact(report: Report) -> list[Share]:
    """From what breaks to what is not known; `info` costs nothing."""
    hours, counts = report.summary.hours_by_impact, report.summary.by_impact
    names = [n for n in (*IMPACTS[::-1], "unknown") if counts.get(n) or any(hours.get(n, ()))]
    return _scaled({n: (counts.get(n), hours.get(n)) for n in names})


def _scaled(rows: Mapping[str, tuple[int | None, Hours | None]]) -> list[Share]:
    most = max((hours[1] for _, hours in rows.values() if hours), default=0.0) or 1.0
    return [
        Share(name, count, hours, *(round(100 * h / most, 2) for h in hours or (0.0, 0.0)))
        for name, (count, hours) in rows.items()
    ]
