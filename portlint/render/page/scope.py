"""Models and entry points -> how many are ready for what, and those with work in them first."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from portlint.render.parts import members
from portlint.report import Ease, Part, Report

STATES = ("ready", "runs", "unknown", "blocked")
"""From the best to the worst."""


class Piece(NamedTuple):
    """The parts in one state; x and width of their share of a bar in percent."""

    state: str
    parts: int
    x: float
    width: float


class Bar(NamedTuple):
    """How the parts that have a workload fare with it."""

    workload: str
    pieces: Sequence[Piece]


class Scope(NamedTuple):
    """The parts that count by workload and one by one; `clean` are ready for all that they have."""

    bars: Sequence[Bar]
    work: Sequence[Part]
    clean: Sequence[Part]
    others: Sequence[Part]


def scope(report: Report) -> Scope:
    """Parts of tests and examples stand apart."""
    live = [part for part in report.scope if part.context == "live"]
    work = [part for part in live if not _clean(part)]
    return Scope(
        [
            bar
            for bar in (_bar(live, workload) for workload in ("inference", "training"))
            if bar.pieces
        ],
        sorted(work, key=_worst),
        [part for part in live if _clean(part)],
        sorted((part for part in report.scope if part.context != "live"), key=_worst),
    )


def called(part: Part) -> str:
    """A model's name; a program is known by its file."""
    return part.path if part.name == "__main__" else part.name


def _clean(part: Part) -> bool:
    return all(ease.state == "ready" for ease in _eases(part))


def _eases(part: Part) -> list[Ease]:
    return [ease for ease in (part.inference, part.training) if ease is not None]


def _worst(part: Part) -> tuple[int, float, str, int]:
    eases = _eases(part)
    state = max((STATES.index(ease.state) for ease in eases), default=0)
    return -state, -max((ease.hours[1] for ease in eases), default=0.0), part.path, part.line


def _bar(parts: Sequence[Part], workload: str) -> Bar:
    counts: Counter[str] = Counter()
    for part in parts:
        if (ease := getattr(part, workload)) is not None:
            counts[ease.state] += members(part)
    total, done = counts.total(), 0
    pieces: list[Piece] = []
    for state in STATES:
        if count := counts[state]:
            x, width = 100 * done / total, 100 * count / total
            pieces.append(Piece(state, count, round(x, 2), round(width, 2)))
            done += count
    return Bar(workload, pieces)
