"""Hours -> difficulty and score, by the published figures in rules/weights.toml."""

from collections.abc import Iterable, Iterator
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


def reasons(hours: Hours, breaking: Iterable[Hours], figures: Weights) -> Iterator[str]:
    """How score and difficulty come about, term by term in words."""
    half, mean = figures.score.half, middle(hours)
    yield f"hours: {hours[0]:g}-{hours[1]:g}, the sums over all packages; their middle is {mean:g}"
    yield f"score: 100 x {mean:g} / ({mean:g} + {half:g}) = {100 * mean / (mean + half):.1f}"
    levels = figures.difficulty
    limits = (levels.ready, levels.easy, levels.moderate, levels.hard)
    whole = sum(mean > limit for limit in limits)
    told = ", ".join(f"{word} to {limit:g}" for word, limit in zip(WORDS, limits, strict=False))
    yield f"difficulty by all hours: {WORDS[whole]} ({told}, above: {WORDS[-1]})"
    hardest = max(map(middle, breaking), default=None)
    if hardest is not None:
        least = figures.hardest
        floors = (least.easy, least.moderate, least.hard, least.redesign)
        told = ", ".join(
            f"{word} from {limit:g}" for word, limit in zip(WORDS[1:], floors, strict=True)
        )
        word = WORDS[_least(hardest, figures)]
        yield f"difficulty by the hardest that breaks, {hardest:g} h: {word} at least ({told})"


def _least(hours: float, figures: Weights) -> int:
    least = figures.hardest
    return sum(hours >= limit for limit in (least.easy, least.moderate, least.hard, least.redesign))
