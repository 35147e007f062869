"""Findings and a baseline -> which of them it had, and what became of the rest of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from shlex import quote
from typing import NamedTuple

from portlint.baseline.entries import Baseline, Mark, mark, total
from portlint.baseline.match import match
from portlint.baseline.places import Seen
from portlint.model import Finding, Target


class Standing(NamedTuple):
    """A baseline beside a run.

    `old` are the numbers of the findings that it had, `found` their marks where they stand now.
    `missed` is no longer found, `unseen` is what the run did not look at.
    """

    old: frozenset[int]
    found: Counter[Mark]
    missed: Counter[Mark]
    unseen: Counter[Mark]


def standing(
    findings: Sequence[Finding],
    baseline: Baseline,
    run: Seen,
    last: Callable[[int], bool] = lambda number: False,
) -> Standing:
    """Everything that was found, also what the configuration leaves out, against a baseline."""
    marks = [mark(finding, run.prefix) for finding in findings]
    matched = match(marks, baseline.marks, run.movable, last)
    missed = Counter({m: n for m, n in matched.left.items() if run.missed(m)})
    found = Counter(marks[number] for number in matched.old)
    return Standing(matched.old, found, missed, matched.left - missed)


def remarks(found: Standing, baseline: Baseline, target: Target, again: str) -> Iterator[str]:
    """What to say beside the report; `again` are the words that name the paths of the run.

    Of a baseline for another target nothing is stale: its own may still find it.
    """
    if baseline.target != target:
        yield (
            f"{baseline.file}: was written for {_named(baseline.target)}, and this run is for"
            f" {_named(target)}: what only this one has counts as new"
        )
    count = total(found.missed.values())
    if count and _same(baseline.target, target):
        what = "1 finding in it is" if count == 1 else f"{count} findings in it are"
        yield (
            f"{baseline.file}: {what} no longer found:"
            f" `portlint baseline --prune {quote(str(baseline.file))}{again}` takes them out"
        )


def _same(one: Target, other: Target) -> bool:
    """Whether two targets are told apart by nothing but the release."""
    return (one.chip, one.stack, one.workload) == (other.chip, other.stack, other.workload)


def _named(target: Target) -> str:
    work = "inference and training" if target.workload == "both" else target.workload
    return f"{target.chip}, {target.stack}, SDK {target.sdk}, {work}"
