"""Substrings that the catalogue asks for -> which of them a text has, and where: in one pass.

A hundred tests for substrings, one after the other, cost more than reading a file does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import ahocorasick_rs

Parts = tuple[str, ...]
"""Substrings that a text must have, all of them."""


class Spelled(NamedTuple):
    """The substrings that a text has; those that are placed with the characters they start at."""

    words: frozenset[str]
    starts: tuple[tuple[str, int], ...] = ()

    def besides(self, words: Iterable[str]) -> Spelled:
        """The same of a text that has these substrings too."""
        return self._replace(words=self.words.union(words))

    def has(self, gates: Iterable[Parts]) -> bool:
        """Whether the text has all parts of one of these."""
        return any(self.words.issuperset(gate) for gate in gates)


class Needles:
    """What is looked for; of the `placed` substrings it is told where they are."""

    def __init__(self, words: Iterable[str], placed: Iterable[str]) -> None:
        first = sorted(set(placed))
        self.words = (*first, *sorted(set(words).difference(first)))
        self.placed = len(first)
        self.search = ahocorasick_rs.AhoCorasick(self.words, store_patterns=False)

    def find(self, text: str) -> Spelled:
        """Every one of them that the text has, those inside of others included."""
        try:
            found = self.search.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # a lone surrogate, which is no part of any word
            plain = text.encode("utf-8", "replace").decode()
            found = self.search.find_matches_as_indexes(plain, overlapping=True)
        words = frozenset(self.words[number] for number in {item[0] for item in found})
        places = ((self.words[item[0]], item[1]) for item in found if item[0] < self.placed)
        return Spelled(words, tuple(places))
