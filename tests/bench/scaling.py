"""Measurements at one size -> what they say about another."""

from collections.abc import Mapping


def scaled(nothing: float, part: float, times: float) -> float:
    """The cost of the whole, of which a part was measured: starting up is paid once."""
    return nothing + (part - nothing) * times


def growth(cost: Mapping[float, float]) -> float:
    """Seconds by MB -> how much dearer a MB is in the largest corpus than in the smallest.

    The cost at 0 MB is that of starting up. It is left out: it would make the smallest look dear,
    and so hide growth.
    """
    sizes = sorted(size for size in cost if size)
    smallest, largest = ((cost[size] - cost[0]) / size for size in (sizes[0], sizes[-1]))
    return largest / smallest
