"""Equal things -> one of them: what comes from other processes, or from many files, comes anew."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Once(Generic[T]):
    """Gives for a thing the first that is equal."""

    def __init__(self, known: Iterable[T] = ()) -> None:
        self.known = {thing: thing for thing in known}

    def __call__(self, thing: T) -> T:
        """The one that is kept."""
        return self.known.setdefault(thing, thing)
