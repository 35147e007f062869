"""Hours -> difficulty and score, by the published figures in rules/weights.toml."""

from collections.abc import Iterable
from typing import get_args

from portlint.effort.weights import Weights
from portlint.report import Difficulty, Hours

WORDS: tuple[Difficulty, ...] = get_args(Difficulty)
"""From nothing to do to a new design."""


def middle(hours: Hours) -> float:
    """The one figure that stands for a range."""
    return (hours[0] + hours[1]) / 2


def difficulty(hours: Hours, breaking: Iterable[Hours], figures: Weights) -> Difficulty:
    """The word for a repository: by all its hours, and by the hardest thing nobody gets around.

    `breaking` are the hours of each root cause that breaks.
    """
    levels = figures.difficulty
    limits = (levels.ready, levels.easy, levels.moderate, levels.hard)
    whole = sum(middle(hours) > limit for limit in limits)
    hardest = max((_least(middle(one), figures) for one in breaking), default=0)
    return WORDS[max(whole, hardest)]


def score(hours: Hours, figures: Weights) -> int:
    """0 (nothing to do) to 100: monotone in the middle of the range."""
    return round(100 * middle(hours) / (middle(hours) + figures.score.half))


def _least(hours: float, figures: Weights) -> int:
    least = figures.hardest
    return sum(hours >= limit for limit in (least.easy, least.moderate, least.hard, least.redesign))
