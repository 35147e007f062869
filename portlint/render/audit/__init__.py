"""The report of an audit in a terminal: verdict, what is ready, the plan, other targets."""

from collections.abc import Iterator

import click

from portlint.model import IMPACTS
from portlint.render import Style
from portlint.render.audit import matrix, plan, scope
from portlint.render.audit.fold import wrapped
from portlint.render.words import hours, target
from portlint.report import Report

COLORS = {"ready": "green", "easy": "green", "moderate": "yellow", "hard": "red", "redesign": "red"}


def lines(report: Report, style: Style) -> Iterator[str]:
    """From the whole to the parts; the sums that follow it end in the verdict again."""
    yield click.style(f"Migration to {target(report.target)}", bold=True)
    yield f"  {verdict(report)}"
    yield from _by_impact(report, style)
    if style.explain:
        for reason in report.summary.reasons:
            yield from wrapped(reason, style.width, 4)
    yield ""
    for part in (scope.lines, plan.lines, matrix.lines):
        shown = list(part(report, style))
        yield from shown
        if shown:
            yield ""


def verdict(report: Report) -> str:
    """`difficulty: hard  score: 70 of 100  effort: 24-141 h`."""
    figures = report.summary
    word = str(figures.difficulty)
    shown = click.style(word, bold=True, fg=COLORS.get(word))
    effort = hours(figures.hours) if figures.hours else "unknown"
    return f"difficulty: {shown}  score: {figures.score} of 100  effort: {effort}"


def _by_impact(report: Report, style: Style) -> Iterator[str]:
    """What the hours go into."""
    spans = report.summary.hours_by_impact
    counts = report.summary.by_impact
    told = [
        f"{hours(spans[impact])} for what {WORDS[impact]} ({counts.get(impact, 0)})"
        for impact in IMPACTS[::-1]
        if impact in spans and spans[impact][1]
    ]
    if spans.get("unknown", (0, 0))[1]:
        told.append(f"{hours(spans['unknown'])} for what is not known")
    if told:
        yield from wrapped(", ".join(told), style.width, 2)


WORDS = {"breaks": "breaks", "accuracy": "changes numbers", "slow": "is slow", "info": "is to know"}
