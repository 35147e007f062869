"""Hours -> difficulty and score, by the published figures in rules/weights.toml."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from msgspec.structs import astuple

from portlint.effort.hours import middle
from portlint.effort.weights import Hardest, Levels, Weights
from portlint.report import Difficulty, Hours

WORDS: tuple[Difficulty, ...] = get_args(Difficulty)
"""From nothing to do to a new design."""


def difficulty(hours: Hours, breaking: Iterable[Hours], figures: Weights) -> Difficulty:
    """The word for a repository: by all its hours, and by the hardest thing nobody gets around.

    `breaking` are the hours of each root cause that breaks.
    """
    hardest = max((_least(middle(one), figures) for one in breaking), default=0)
    return WORDS[max(_whole(middle(hours), figures), hardest)]


def score(hours: Hours, figures: Weights) -> int:
    """0 (nothing to do) to 100: monotone in the middle of the range."""
    return round(100 * middle(hours) / (middle(hours) + figures.score.half))


def reasons(hours: Hours, breaking: Iterable[Hours], figures: Weights) -> Iterator[str]:
    """How score and difficulty come about, term by term in words."""
    half, mean = figures.score.half, middle(hours)
    yield f"hours: {hours[0]:g}-{hours[1]:g}, the sums over all packages; their middle is {mean:g}"
    yield f"score: 100 x {mean:g} / ({mean:g} + {half:g}) = {100 * mean / (mean + half):.1f}"
    told = _named(WORDS, "to", figures.difficulty)
    yield f"difficulty by all hours: {WORDS[_whole(mean, figures)]} ({told}, above: {WORDS[-1]})"
    hardest = max(map(middle, breaking), default=None)
    if hardest is not None:
        word, told = WORDS[_least(hardest, figures)], _named(WORDS[1:], "from", figures.hardest)
        yield f"difficulty by the hardest that breaks, {hardest:g} h: {word} at least ({told})"


def _whole(hours: float, figures: Weights) -> int:
    """Which word the middle of all hours comes to."""
    return sum(hours > limit for limit in astuple(figures.difficulty))


def _least(hours: float, figures: Weights) -> int:
    """Which word is the least where one root cause that breaks takes so long."""
    return sum(hours >= limit for limit in astuple(figures.hardest))


def _named(words: Sequence[str], sign: str, limits: Levels | Hardest) -> str:
    pairs = zip(words, astuple(limits), strict=False)
    return ", ".join(f"{word} {sign} {limit:g}" for word, limit in pairs)
