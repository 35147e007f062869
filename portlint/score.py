"""Findings -> hours, difficulty and score, by the published figures in rules/weights.toml."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from portlint.catalog import Catalog
from portlint.model import EffortLabel, Finding
from portlint.rule import Effort, Rule, SymbolRow

Difficulty = Literal["ready", "easy", "moderate", "hard", "redesign"]
LEVELS: tuple[Difficulty, ...] = ("ready", "easy", "moderate", "hard")
LABELS: tuple[tuple[float, Literal["trivial", "small", "medium", "large"]], ...] = (
    (1, "trivial"),
    (4, "small"),
    (24, "medium"),
    (80, "large"),
)


def weights(catalog: Catalog) -> Mapping[str, Any]:
    """The figures of rules/weights.toml."""
    return tomllib.loads((catalog.folder / "weights.toml").read_text(encoding="utf-8"))


def effort_of(rule: Rule, row: SymbolRow | None) -> Effort:
    """The rule's effort, or that of the table row that matched."""
    if row is None or not row.hours:
        return rule.effort
    low, _, high = row.hours.partition("-")
    return Effort(once=(float(low), float(high or low)), each=rule.effort.each)


def label(effort: Effort) -> EffortLabel:
    """The word for an effort, from the high end of its range."""
    word = next((name for limit, name in LABELS if effort.once[1] < limit), None)
    return EffortLabel(label=word or "redesign", hours=effort.once)


def root_causes(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings that cost work, grouped by what causes them, in order of appearance."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.impact != "info":
            groups.setdefault(finding.root_cause, []).append(finding)
    return groups


def hours_of(group: Sequence[Finding], each: float) -> tuple[float, float]:
    """One root cause: the first place's range, plus a figure for each further place."""
    low = max(f.effort.hours[0] for f in group)
    high = max(f.effort.hours[1] for f in group)
    more = each * (len(group) - 1)
    return round(low + more, 2), round(high + more, 2)


def total(ranges: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The sum of ranges, low and high."""
    pairs = list(ranges)
    return round(sum(p[0] for p in pairs), 2), round(sum(p[1] for p in pairs), 2)


def difficulty(high: float, figures: Mapping[str, Any]) -> Difficulty:
    """The word for a repository whose effort ends at `high` hours."""
    return next((level for level in LEVELS if high <= figures["difficulty"][level]), "redesign")


def score(high: float, figures: Mapping[str, Any]) -> int:
    """0 (nothing to do) to 100: monotone in the high end of the effort range."""
    half: float = figures["score"]["half"]
    return round(100 * high / (high + half))
