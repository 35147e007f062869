"""The audited code, read once -> its difficulty on every possible target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from portlint.effort.causes import Cause
from portlint.effort.unported import unported
from portlint.effort.weights import Weights
from portlint.effort.work import Work, work
from portlint.judged import Read, judged
from portlint.model import IMPACTS, Finding, NotAnalysed, Target
from portlint.plan.packages import title
from portlint.report import Change, Model, Option
from portlint.score import difficulty, score
from portlint.targets import resolve, supported


def matrix(
    read: Read,
    items: Sequence[NotAnalysed],
    figures: Weights,
    known: Mapping[Target, Sequence[Finding]],
) -> tuple[Option, ...]:
    """A row for the chosen target, then one for each chip, stack and workload that there is.

    `known` holds findings that are there already.
    """
    chosen = read.config.target
    base = _work(read, chosen, items, figures, known)
    rows = [_option(chosen, *base, base[0], figures, True)]
    for target in every():
        if target != chosen:
            made = _work(read, target, items, figures, known)
            rows.append(_option(target, *made, base[0], figures, False))
    return tuple(rows)


def every() -> Iterator[Target]:
    """Every chip, stack and workload at the newest release that ships it."""
    for row in supported():
        yield resolve(row.chip, row.stack, None, row.workload)[0]  # type: ignore[arg-type]


def _work(
    read: Read,
    target: Target,
    items: Sequence[NotAnalysed],
    figures: Weights,
    known: Mapping[Target, Sequence[Finding]],
) -> tuple[Work, Sequence[Finding]]:
    shown = known[target] if target in known else judged(read, target)
    counted = [f for f in shown if f.context in read.config.counted]
    models = _models(read, target)
    more = unported(read.configs, target, read.rules)
    return work(counted, items, models, read.rules.rules, figures, more), counted


def _models(read: Read, target: Target) -> list[Model]:
    return [model.reported(target, read.listing.root) for model in read.models]


def _option(
    target: Target,
    made: Work,
    counted: Sequence[Finding],
    base: Work,
    figures: Weights,
    chosen: bool,
) -> Option:
    here = {cause.key: cause for cause in made.causes}
    there = {cause.key: cause for cause in base.causes}
    return Option(
        chip=target.chip,
        stack=target.stack,
        sdk=target.sdk,
        workload=target.workload,
        difficulty=difficulty(made.hours, made.breaking, figures),
        score=score(made.hours, figures),
        hours=made.hours,
        by_impact={i: sum(f.impact == i for f in counted) for i in IMPACTS[::-1]},
        more=_changes(here, there),
        less=_changes(there, here),
        chosen=chosen,
    )


def _changes(mine: Mapping[str, Cause], others: Mapping[str, Cause]) -> tuple[Change, ...]:
    """The causes that only one has, or that are worse there, the dearest first."""
    found = [
        cause
        for key, cause in mine.items()
        if key not in others or IMPACTS.index(cause.impact) > IMPACTS.index(others[key].impact)
    ]
    found.sort(key=lambda c: (-IMPACTS.index(c.impact), -c.hours[1], c.key))
    return tuple(
        Change(root_cause=c.key, title=title(c), impact=c.impact, hours=c.hours) for c in found
    )
