"""A finding of a whole thing -> the hours that a thing of its size takes."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from portlint.effort.label import label
from portlint.effort.weights import Bounds
from portlint.model import Finding
from portlint.rule import Effort, Rule


def sized(
    findings: Iterable[Finding], rules: Mapping[str, Rule], bounds: Bounds
) -> Iterator[Finding]:
    """The findings, each with the effort of what it speaks of: a short kernel takes less."""
    for finding in findings:
        effort = rules[finding.rule].effort
        share = factor(finding, effort, bounds)
        if share == 1:
            yield finding
            continue
        low, high = finding.effort.hours
        hours = (round(low * share, 2), round(high * share, 2))
        yield msgspec.structs.replace(finding, effort=label(Effort(once=hours)))


def factor(finding: Finding, effort: Effort, bounds: Bounds) -> float:
    """How large it is in the unit of its rule's hours; 1 where nobody knows."""
    if not effort.lines or finding.lines is None:
        return 1.0
    return min(bounds.most, max(bounds.least, finding.lines / effort.lines))
