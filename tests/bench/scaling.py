"""Measurements at one size -> what they say about another."""

from collections.abc import Iterable


def scaled(nothing: float, part: float, times: float) -> float:
    """The cost of the whole, of which a part was measured: starting up is paid once."""
    return nothing + (part - nothing) * times


def each(start: float, runs: Iterable[tuple[float, float]]) -> float:
    """The seconds that a MB takes, of runs with their seconds and MB.

    The cost of starting up is left out of each run: it would make small ones look dear, and so hide
    growth.
    """
    listed = list(runs)
    return sum(used - start for used, _ in listed) / sum(size for _, size in listed)
