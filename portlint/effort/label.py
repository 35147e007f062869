"""A rule or a row of its table -> the effort of one place, in hours and in a word."""

from typing import Literal

from portlint.model import EffortLabel
from portlint.rule import Effort, Rule, SymbolRow

LABELS: tuple[tuple[float, Literal["trivial", "small", "medium", "large"]], ...] = (
    (1, "trivial"),
    (4, "small"),
    (24, "medium"),
    (80, "large"),
)


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
