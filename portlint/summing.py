"""Findings and the work they make -> the report in figures."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from portlint.catalog import Catalog
from portlint.effort.weights import Weights
from portlint.effort.work import Work
from portlint.model import CONTEXTS, IMPACTS, Finding
from portlint.reading import FileResult
from portlint.report import Summary
from portlint.score import difficulty, reasons, score


class Size(NamedTuple):
    """How much was analysed."""

    files: int
    lines: int


def size(results: Sequence[FileResult]) -> Size:
    """Of all that was read."""
    files = sum(result.not_analysed is None for result in results)
    return Size(files, sum(result.lines for result in results))


def summary(
    shown: Sequence[Finding],
    read: Size,
    work: Work,
    rules: Catalog,
    counted: Collection[str],
    figures: Weights,
) -> Summary:
    """Hours, difficulty and score come from findings in contexts that are `counted`."""
    mine = [f for f in shown if f.context in counted]
    return Summary(
        difficulty=difficulty(work.hours, work.breaking, figures),
        score=score(work.hours, figures),
        hours=work.hours,
        hours_by_impact=work.by_impact,
        by_impact={i: sum(f.impact == i for f in mine) for i in IMPACTS[::-1]},
        by_subject=_by_subject(mine, rules),
        by_context={c: sum(f.context == c for f in shown) for c in CONTEXTS},
        new=len(mine),
        files=read.files,
        lines=read.lines,
        reasons=tuple(reasons(work.hours, work.breaking, figures)),
    )


def _by_subject(counted: Sequence[Finding], rules: Catalog) -> dict[str, int]:
    counts = Counter(rules.rules[finding.rule].subject for finding in counted)
    return dict(sorted(counts.items()))
