"""rules/weights.toml -> the figures that hours, difficulty and score are made of."""

import functools
import pathlib
import tomllib

import msgspec

from portlint.catalog import Catalog
from portlint.model import Frozen


class Levels(Frozen, frozen=True, kw_only=True):
    """The middle of the whole range, in hours, up to which a word holds."""

    ready: float
    easy: float
    moderate: float
    hard: float


class Hardest(Frozen, frozen=True, kw_only=True):
    """The middle of one root cause that breaks, in hours, from which a word is the least."""

    easy: float
    moderate: float
    hard: float
    redesign: float


class Half(Frozen, frozen=True, kw_only=True):
    """Hours that score 50."""

    half: float


class Bounds(Frozen, frozen=True, kw_only=True):
    """How much less and more a thing costs that is smaller or larger than its rule's."""

    least: float
    most: float


class Again(Frozen, frozen=True, kw_only=True):
    """The share that further root causes of one rule count with, by what its root causes are."""

    symbol: float
    place: float


class Quick(Frozen, frozen=True, kw_only=True):
    """The high end, in hours, up to which a package is quick."""

    hours: float


class Unseen(Frozen, frozen=True, kw_only=True):
    """Hours that one thing may cost at most of which nothing is known."""

    file: float
    model: float
    operator: float
    attention: float


class Unserved(Frozen, frozen=True, kw_only=True, rename="kebab"):
    """Hours that a kind of attention may cost at most which no kernel serves as it is."""

    limited: float
    compiler_path: float


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All figures; what other parts keep in the same file is theirs to read."""

    difficulty: Levels
    hardest: Hardest
    score: Half
    size: Bounds
    again: Again
    quick: Quick
    unseen: Unseen
    unserved: Unserved


def weights(catalog: Catalog) -> Weights:
    """The figures of a catalogue."""
    return _read(catalog.folder / "weights.toml")


@functools.cache
def _read(file: pathlib.Path) -> Weights:
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Weights)
