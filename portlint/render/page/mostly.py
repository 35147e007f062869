"""Values of several -> the one that most of them have, so that it is said once."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def mostly(values: Iterable[T]) -> T:
    """The most frequent one, the first among equals; there has to be one."""
    [(most, _)] = Counter(values).most_common(1)
    return most
