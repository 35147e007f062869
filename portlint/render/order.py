"""Findings -> the order in which to read or keep them: repeats together, or the worst first."""

from collections import Counter
from collections.abc import Iterable, Sequence

from portlint.model import CONFIDENCES, IMPACTS, Finding, Impact


def repeats(findings: Iterable[Finding]) -> list[list[Finding]]:
    """What a file says more than once, together where it says it first."""
    groups: dict[tuple[str, str, str, str, str | None], list[Finding]] = {}
    for f in findings:
        groups.setdefault((f.path, f.rule, f.message, f.context, f.replacement), []).append(f)
    return list(groups.values())


def worst_first(findings: Iterable[Finding], counted: frozenset[str]) -> Sequence[Finding]:
    """Counted before the rest, then by impact; each rule once before any of them a second time.

    Within that, what costs most comes first, then what is surest, then the order of places.
    """
    ordered = sorted(
        findings,
        key=lambda f: (-f.effort.hours[1], -CONFIDENCES.index(f.confidence), f.sort_key),
    )
    ranked = []
    seen: Counter[tuple[bool, Impact, str]] = Counter()
    for finding in ordered:
        key = (not finding.counts(counted), finding.impact, finding.rule)
        seen[key] += 1
        ranked.append((key[0], -IMPACTS.index(finding.impact), seen[key], finding))
    ranked.sort(key=lambda item: item[:3])
    return [finding for *_, finding in ranked]


def costs(findings: Iterable[Finding], counted: frozenset[str]) -> list[list[Finding]]:
    """Findings by rule and impact: counted before the rest, the worst first, then the dearest."""
    groups: dict[tuple[bool, Impact, str], list[Finding]] = {}
    for f in findings:
        groups.setdefault((not f.counts(counted), f.impact, f.rule), []).append(f)
    ordered = sorted(
        groups.items(),
        key=lambda item: (
            item[0][0],
            -IMPACTS.index(item[0][1]),
            -max(f.effort.hours[1] for f in item[1]),
            -len(item[1]),
            item[0][2],
        ),
    )
    return [group for _, group in ordered]
