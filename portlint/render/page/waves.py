"""The plan -> bars over time: what waits for what if each package has somebody to do it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.report import Package, Report, Stage

ROWS = 24
"""Bars that a person takes in; the longest chain is always among them."""
WIDTH, LEFT, ROW = 960, 330, 22
LONGEST = 42
"""Characters of a label that fit beside the bars, be they wide ones."""


class Bar(NamedTuple):
    """A package from its start to its end at the worst; `least` is the part it takes at best."""

    package: Package
    y: int
    x: float
    width: float
    least: float
    label: str


class Tick(NamedTuple):
    """A line at some hours."""

    x: float
    label: str


class Chart(NamedTuple):
    """The picture: its height, bars, ticks, and how many packages have no bar."""

    height: int
    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    left_out: int
    end: float


def chart(report: Report) -> Chart | None:
    """None where there is no order to show."""
    if len(report.plan) < 2:
        return None
    starts = _starts(report.plan, report.stages)
    end = max(starts[p.root_cause] + p.hours[1] for p in report.plan)
    if end <= 0:
        return None
    worth = sorted(report.plan, key=lambda p: (-p.critical, -p.hours[1], p.root_cause))[:ROWS]
    shown = sorted(worth, key=lambda p: (starts[p.root_cause], -p.critical, p.root_cause))
    scale = (WIDTH - LEFT - 10) / end
    bars = [_bar(p, starts[p.root_cause], scale, n) for n, p in enumerate(shown)]
    height = ROW * len(bars) + 30
    return Chart(height, bars, _ticks(end, scale), len(report.plan) - len(bars), end)


def _bar(package: Package, start: float, scale: float, number: int) -> Bar:
    low, high = package.hours
    title = package.title
    return Bar(
        package,
        number * ROW,
        round(LEFT + start * scale, 1),
        max(2.0, round(high * scale, 1)),
        round(low * scale, 1),
        title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…",
    )


def _starts(plan: Sequence[Package], stages: Sequence[Stage]) -> dict[str, float]:
    """When each can begin: after what it names, and after every package of the stages before.

    Whatever a package waits for is in an earlier wave.
    """
    before = {stage.name: stage.after for stage in stages}
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    done: dict[str, float] = {}
    for package in sorted(plan, key=lambda p: p.wave):
        waits = [ends.get(key, 0.0) for key in package.after]
        waits += [done.get(stage, 0.0) for stage in before.get(package.stage, ())]
        key, start = package.root_cause, max(waits, default=0.0)
        starts[key], ends[key] = start, start + package.hours[1]
        done[package.stage] = max(done.get(package.stage, 0.0), ends[key])
    return starts


def _ticks(end: float, scale: float) -> list[Tick]:
    step = next(s for s in _steps() if end / s <= 8)
    count = int(end / step)
    return [Tick(round(LEFT + n * step * scale, 1), f"{n * step:g}") for n in range(count + 1)]


def _steps() -> Iterable[float]:
    size = 0.25
    while True:
        yield from (size, size * 2, size * 4)
        size *= 8
