"""Rows and rules -> how sure each table is, and how long ago its oldest fact was checked."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from portlint.model import Frozen
from portlint.row import Row
from portlint.rule import Rule

RULES = "rules"
"""The table that the verdicts of rules stand for, beside those of tables/."""


class Hygiene(Frozen, frozen=True, kw_only=True):
    """A table in figures: rows by confidence, and the days of the oldest and the newest check."""

    table: str
    rows: int
    documented: int
    derived: int
    inferred: int
    unknown: int
    oldest: date
    newest: date


def hygiene(rows: Iterable[Row], rules: Mapping[str, Rule]) -> list[Hygiene]:
    """Every table by name, the verdicts of rules, and the sum of all as `all`."""
    said: dict[str, list[tuple[str, date]]] = collections.defaultdict(list)
    for row in rows:
        said[row.table].append((row.confidence, row.checked))
    said[RULES] = list(_verdicts(rules))
    every = [item for items in said.values() for item in items]
    return [_figures(name, said[name]) for name in sorted(said)] + [_figures("all", every)]


def _verdicts(rules: Mapping[str, Rule]) -> Iterator[tuple[str, date]]:
    for rule in rules.values():
        for verdict in rule.verdict:
            yield verdict.confidence, verdict.checked


def _figures(name: str, said: list[tuple[str, date]]) -> Hygiene:
    counts = collections.Counter(confidence for confidence, _ in said)
    days = [day for _, day in said]
    return Hygiene(
        table=name,
        rows=len(said),
        documented=counts["documented"],
        derived=counts["derived"],
        inferred=counts["inferred"],
        unknown=counts["unknown"],
        oldest=min(days),
        newest=max(days),
    )
