"""The difference of two reports in a terminal: the verdict first, then from causes to places."""

from collections.abc import Iterator, Sequence

import click

from portlint.diff.values import Cause, Changed, Count, Difference, Place
from portlint.render.audit.fold import cut, wrapped
from portlint.render.difference import said
from portlint.render.words import hours, target, visible

SHOWN = 20
"""Lines of one kind; JSON has all."""
CAUSES = 10
COLORS = {"new": "red", "worse": "red", "grown": "yellow", "unseen": "yellow"}


def render(found: Difference, width: int) -> str:
    """Styled lines."""
    return "".join(f"{line}\n" for line in _lines(found, width))


def _lines(found: Difference, width: int) -> Iterator[str]:
    yield click.style(f"Change for {visible(target(found.new.target))}", bold=True)
    yield f"  {visible(said.verdict(found))}"
    yield f"  read: {said.read(found.old)}; now {said.read(found.new)}"
    for warning in found.warnings:
        for line in wrapped(f"note: {warning}", width, 2):
            yield click.style(line, fg="yellow")
    yield ""
    yield from (_count(one) for one in found.by_impact)
    yield from (_count(one) for one in found.by_subject)
    yield from _causes(found.causes, width)
    yield from _findings(found, width)
    yield from _models(found, width)
    yield from _unread(found, width)


def _count(one: Count) -> str:
    """`breaks             39 -> 20     32-162 h -> 20-100 h`."""
    counts = f"{one.old} -> {one.new}" if one.old != one.new else str(one.new)
    return f"  {cut(one.name, 16):16}  {counts:14}  {_spans(one)}".rstrip()


def _spans(one: Count) -> str:
    if one.old_hours and one.new_hours:
        spans = (one.old_hours, one.new_hours)
        return " -> ".join(dict.fromkeys(hours(span) for span in spans if span[1]))
    known = one.new_hours or one.old_hours
    return f"{hours(known)} (the {'new' if one.new_hours else 'old'} report)" if known else ""


def _causes(causes: Sequence[Cause], width: int) -> Iterator[str]:
    if not causes:
        return
    yield ""
    yield click.style(f"Root causes: {said.states(causes)}", bold=True)
    ordered = sorted(causes, key=lambda cause: said.ORDER.index(cause.state))
    for state in said.ORDER:
        mine = [cause for cause in ordered if cause.state == state]
        for cause in mine[:CAUSES]:
            words = f"{said.cost(cause):>20}  {visible(cause.title)} ({cause.impact})"
            word = click.style(f"{state:7}", fg=COLORS.get(state, "green"))
            yield f"  {word}{cut(words, width - 9)}"
        if len(mine) > CAUSES:
            yield f"  {state:7}{len(mine) - CAUSES:>15} more"


def _findings(found: Difference, width: int) -> Iterator[str]:
    yield ""
    yield click.style(f"Findings: {said.findings(found)}", bold=True)
    yield from _places("new", found.findings_new, width)
    yield from _changed(found.findings_changed, width)
    yield from _places("unseen", found.findings_unseen, width)
    yield from _places("gone", found.findings_gone, width)
    moved = [
        f"{c.old.path}:{c.old.line} -> {c.new.path}:{c.new.line}" for c in found.findings_moved
    ]
    yield from _limited("moved", moved, width)
    if said.aside(found):
        yield f"  {said.aside(found)}"


def _places(state: str, places: Sequence[Place], width: int) -> Iterator[str]:
    lines = [f"{p.path}:{p.line}: {p.impact} {p.rule} {p.message}" for p in places]
    yield from _limited(state, lines, width)


def _changed(changes: Sequence[Changed], width: int) -> Iterator[str]:
    for state, worse in (("worse", True), ("better", False)):
        lines = [
            f"{c.new.path}:{c.new.line}: {c.old.impact} ({c.old.context}) -> "
            f"{c.new.impact} ({c.new.context}) {c.new.rule}"
            for c in changes
            if c.worse == worse
        ]
        yield from _limited(state, lines, width)


def _limited(state: str, lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines[:SHOWN]:
        yield f"  {click.style(f'{state:7}', fg=COLORS.get(state, 'green'))}{cut(line, width - 9)}"
    if len(lines) > SHOWN:
        yield f"  {state:7}{len(lines) - SHOWN} more (all of them: --format json)"


def _models(found: Difference, width: int) -> Iterator[str]:
    if found.models:
        yield ""
        yield click.style("Models", bold=True)
    for change in found.models[:SHOWN]:
        yield f"  {cut(change.name, width - 2)}"
        lines = said.model(change)
        for line in lines[:SHOWN]:
            yield f"    {cut(line, width - 4)}"
        if len(lines) > SHOWN:
            yield f"    {len(lines) - SHOWN} more"
    if len(found.models) > SHOWN:
        yield f"  {len(found.models) - SHOWN} more models"
    if found.matrix:
        yield ""
        yield click.style("Targets", bold=True)
    for row in found.matrix:
        name = f"{row.chip} {row.stack} {row.workload}"
        yield f"  {cut(name, 32):32}  {cut(said.option(row), max(width - 36, 20))}"


def _unread(found: Difference, width: int) -> Iterator[str]:
    if found.not_analysed_new or found.not_analysed_gone:
        yield ""
        yield click.style("Not analysed", bold=True)
    yield from _limited("new", [f"{i.path} {i.reason}" for i in found.not_analysed_new], width)
    yield from _limited("gone", [f"{i.path} {i.reason}" for i in found.not_analysed_gone], width)
