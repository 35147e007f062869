"""What counts in a report -> its root causes and gaps, and the figures of the summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.effort.causes import Cause, causes
from portlint.effort.hours import total
from portlint.effort.unseen import Gap, gaps
from portlint.effort.weights import Weights
from portlint.model import IMPACTS, Finding, NotAnalysed
from portlint.report import Hours, Model
from portlint.rule import Rule


class Work(NamedTuple):
    """All that has to be done, and what may have to be."""

    causes: Sequence[Cause]
    gaps: Sequence[Gap]

    @property
    def hours(self) -> Hours:
        """The sum over everything."""
        found = [cause.hours for cause in self.causes]
        return total([*found, *(_rounded(gap.priced.hours) for gap in self.gaps)])

    @property
    def breaking(self) -> list[Hours]:
        """The hours of each root cause that breaks."""
        return [cause.hours for cause in self.causes if cause.impact == "breaks"]

    @property
    def by_impact(self) -> dict[str, Hours]:
        """The sum by impact; what is not known has none and counts as "unknown"."""
        found = {
            impact: total(c.hours for c in self.causes if c.impact == impact)
            for impact in IMPACTS[:0:-1]
        }
        return found | {"unknown": total(gap.priced.hours for gap in self.gaps)}


def work(
    findings: Sequence[Finding],
    items: Sequence[NotAnalysed],
    models: Sequence[Model],
    rules: Mapping[str, Rule],
    figures: Weights,
    more: Iterable[Gap] = (),
) -> Work:
    """The work that these findings make, which are those that count."""
    found = causes(findings, rules, figures)
    return Work(found, [*gaps(items, models, found, figures), *more])


def _rounded(hours: Hours) -> Hours:
    return round(hours[0], 2), round(hours[1], 2)
