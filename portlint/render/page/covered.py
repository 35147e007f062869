"""A model's coverage -> pieces of a bar, from what is documented to what nobody tells."""

from typing import NamedTuple

from portlint.render.models import WORDS
from portlint.report import Coverage


class Piece(NamedTuple):
    """A share of the operators; `key` is the class in the style sheet, x and width in percent."""

    key: str
    word: str
    ops: int
    x: float
    width: float


def pieces(coverage: Coverage | None) -> list[Piece]:
    """The verdicts that occur, in the order of the legend."""
    counts = {key: getattr(coverage, key) for key in WORDS} if coverage else {}
    total = sum(counts.values())
    found: list[Piece] = []
    done = 0
    for key, count in counts.items():
        if count:
            x, width = 100 * done / total, 100 * count / total
            found.append(Piece(key, WORDS[key], count, round(x, 2), round(width, 2)))
            done += count
    return found
