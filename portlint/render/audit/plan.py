"""The plan in a terminal: what to begin with, the longest chain, then every stage."""

from collections.abc import Iterator, Mapping, Sequence

import click

from portlint.render import Style
from portlint.render.audit.fold import cut, listed, tail, wrapped
from portlint.render.words import hours, plural, visible
from portlint.render.work import Part, Row, parts, total
from portlint.report import Package, Report

SHOWN = 6
"""Rows of a stage, the dearest; JSON and HTML have all, and so has text with --explain-score."""
NAMED = 4
CHAIN = 8
WHY = 300
FILE = 20
"""Cells for a file below which none is shown."""


def lines(report: Report, style: Style) -> Iterator[str]:
    """Nothing where there is nothing to do."""
    if not report.plan:
        return
    found = parts(report.plan, report.stages, apart=style.explain)
    count = plural(len(report.plan), "work package")
    yield click.style(f"Plan: {count} in {plural(len(found), 'stage')}", bold=True)
    for note in _notes(report.plan):
        yield from wrapped(note, style.width, 2)
    numbers = {part.stage.name: number for number, part in enumerate(found, 1)}
    for part in found:
        yield from _stage(part, numbers, style)


def _notes(plan: Sequence[Package]) -> Iterator[str]:
    quick = [package.title for package in plan if package.quick]
    if quick:
        span = hours(total(p for p in plan if p.quick))
        yield f"quick wins, {span} together: {listed(quick, NAMED)}"
    chain = [package for package in plan if package.critical]
    if len(chain) > 1:
        names = [package.title for package in chain]
        span = hours(total(chain))
        yield f"longest chain, {span} however many work on it: {listed(names, CHAIN, ' > ')}"
    vendor = [package.title for package in plan if package.vendor]
    if vendor:
        yield f"only AWS can take away: {listed(vendor, NAMED)}"


def _stage(part: Part, numbers: Mapping[str, int], style: Style) -> Iterator[str]:
    stage = part.stage
    waits = sorted(numbers[name] for name in stage.after if name in numbers)
    after = f", after {', '.join(map(str, waits))}" if waits else ""
    head = f"{numbers[stage.name]}. {visible(stage.title)}, {hours(stage.hours)}{after}"
    yield click.style(f"  {cut(head, style.width - 2)}", bold=True)
    for line in wrapped(cut(stage.why, WHY), style.width, 5, 0):
        yield click.style(line, dim=True)
    shown, rest = (part.rows, ()) if style.explain else _dearest(part.rows)
    for one in shown:
        yield from _row(one, style)
    if rest:
        packages = [package for one in rest for package in one.packages]
        yield f"{hours(total(packages)):>15}  {plural(len(packages), 'more package')}"


def _dearest(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows to show, in their order, and the rest."""
    ranked = sorted(range(len(rows)), key=lambda number: (-rows[number].hours[1], number))
    kept = set(ranked[:SHOWN] if len(rows) > SHOWN + 1 else ranked)
    rest = [row for number, row in enumerate(rows) if number not in kept]
    return [row for number, row in enumerate(rows) if number in kept], rest


def _row(found: Row, style: Style) -> Iterator[str]:
    """One line: hours, what, how often, marks, and the first file if there is room for it."""
    marks = "".join(f" [{word}]" for word in found.marks)
    count = f", {plural(found.places, 'place')}" if found.places else ""
    room = style.width - 17 - len(count) - len(marks)
    several = len(found.packages) > 1 and len(found.title) > room
    title = cut(found.title.partition(" (")[0] if several else found.title, room)
    more = f" +{len(found.files) - 1}" if len(found.files) > 1 else ""
    left = room - len(title) - len(more) - 2
    file = f": {tail(found.files[0], left)}{more}" if found.files and left >= FILE else ""
    shown = click.style(f"{file}", dim=True) + click.style(marks, fg="cyan")
    yield f"{hours(found.hours):>15}  {title}{count}{shown}"
    if style.explain:
        for reason in found.packages[0].reasons if _told(found) else ():
            yield from (click.style(part, dim=True) for part in wrapped(reason, style.width, 19))


def _told(found: Row) -> bool:
    """Whether the reasons say more than the hours that stand above them."""
    reasons = found.packages[0].reasons
    return len(reasons) > 1 or reasons != (hours(found.hours),)
