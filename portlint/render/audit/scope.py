"""What is ready and what is blocked, in a terminal."""

from collections.abc import Iterator

import click

from portlint.render import Style
from portlint.render.audit.fold import cut, tail
from portlint.render.parts import STATES, Use, counted, many, uses
from portlint.render.words import hours, impacts, plural
from portlint.report import Part, Report

COLORS = {"blocked": "red", "unknown": "yellow", "runs": "yellow", "ready": "green"}
SHOWN = 6
"""Parts of one state that are named."""
NAME = 24
PATH = 16
"""Cells of a model's name at most, and of a path beside it at least."""


def lines(report: Report, style: Style) -> Iterator[str]:
    """Counts by kind and workload, then the first parts of each state."""
    if not report.scope:
        return
    found = [use for use in uses(report.scope) if use.part.context == "live"]
    yield click.style("Ready and blocked, by root causes", bold=True)
    for kind, word in (("model", "models"), ("entry", "entry points")):
        for workload in ("inference", "training"):
            states = counted(found, kind, workload)
            if states:
                told = ", ".join(f"{state} {count}" for state, count in states.items())
                yield f"  {word}, {workload}: {told}"
    aside = sum(part.context != "live" for part in report.scope)
    if aside:
        yield f"  {plural(aside, 'part')} of tests and examples: see --format json"
    for state in STATES:
        mine = [use for use in found if use.ease.state == state]
        yield from (_line(use, style) for use in mine[:SHOWN])
        if len(mine) > SHOWN:
            yield f"  {'':9}{many(mine[SHOWN:])} more {state}"


def _line(use: Use, style: Style) -> str:
    """`blocked  training of train.py (Net): 4-12 h, 2 breaks`; the path gives way to the name."""
    part, ease = use.part, use.ease
    word = click.style(f"{ease.state:9}", fg=COLORS[ease.state])
    todo = impacts(ease.by_impact)
    why = f": {hours(ease.hours)}, {todo}" if todo and ease.state != "ready" else ""
    room = style.width - len(f"  {ease.state:9}{use.workload} of {why}")
    return f"  {word}{use.workload} of {_called(part, room)}{why}"


def _called(part: Part, room: int) -> str:
    """A program is known by its file; of several models in one file only the name tells which."""
    if part.name == "__main__":
        return tail(part.path, room)
    more = f" +{len(part.others)}" if part.others else ""
    name = f"{cut(part.name, NAME)}{more}"
    left = room - len(f" ({name})")
    if left >= min(PATH, len(part.path)):
        return f"{tail(part.path, left)} ({name})"
    return name if part.kind == "model" else tail(part.path, room)
