"""Findings -> root causes: what has to be dealt with once, wherever it shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.effort.hours import Priced, priced
from portlint.effort.weights import Weights
from portlint.model import IMPACTS, Finding, Impact
from portlint.report import Hours
from portlint.rule import Rule


class Cause(NamedTuple):
    """A root cause: its findings in the order of the report, and what it costs."""

    key: str
    rule: Rule
    findings: Sequence[Finding]
    priced: Priced

    @property
    def impact(self) -> Impact:
        """The worst of its findings."""
        return max((f.impact for f in self.findings), key=IMPACTS.index)

    @property
    def hours(self) -> Hours:
        """Rounded to hundredths, as reports show them."""
        low, high = self.priced.hours
        return round(low, 2), round(high, 2)


def grouped(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings that cost work by what causes them, in order of appearance."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.impact != "info":
            groups.setdefault(finding.root_cause, []).append(finding)
    return groups


def causes(findings: Iterable[Finding], rules: Mapping[str, Rule], figures: Weights) -> list[Cause]:
    """The root causes of findings with their hours, in order of appearance."""
    found = []
    for key, group in grouped(findings).items():
        rule = rules[group[0].rule]
        found.append(Cause(key, rule, group, priced(group, rule.effort, figures.size)))
    return [_again(cause, rank, figures) for cause, rank in zip(found, _ranks(found), strict=True)]


def _ranks(found: Sequence[Cause]) -> list[int]:
    """Which cause of its rule each one is, from the dearest (0) on."""
    by_rule: dict[str, list[Cause]] = {}
    for cause in found:
        by_rule.setdefault(cause.rule.code, []).append(cause)
    ranks = {
        cause.key: rank
        for group in by_rule.values()
        for rank, cause in enumerate(sorted(group, key=lambda c: (-c.priced.middle, c.key)))
    }
    return [ranks[cause.key] for cause in found]


def _again(cause: Cause, rank: int, figures: Weights) -> Cause:
    """A cause whose like is dealt with as well costs less."""
    if rank == 0:
        return cause
    share = figures.again.place if cause.rule.root_cause == "place" else figures.again.symbol
    return cause._replace(priced=cause.priced.times(share, f"one of several of {cause.rule.code}"))
