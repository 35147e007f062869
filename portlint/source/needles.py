"""Substrings that the catalogue asks for -> which of them a text has, and where: in one pass.

A hundred tests for substrings, one after the other, cost more than reading a file does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import ahocorasick_rs

Match = tuple[int, int, int]
"""The number of a word, the character it starts at, and that after its end."""
Parts = tuple[str, ...]
"""Substrings that a text must have, all of them."""


MUCH = 400_000
"""Characters from which a search that takes longer to make is done sooner."""
END = "\b"
"""Around a word that is to stand alone: as a part of another one it is not the name in question."""


def whole(word: str) -> str:
    """What `Spelled.words` has of a word that stands alone, as a name does where it is imported."""
    return f"{END}{word}{END}" if word else ""


def within(words: Iterable[str]) -> Callable[[str], set[str]]:
    """What tells which of these words are parts of another one; marks of whole words count."""
    listed = sorted(set(words))
    search = ahocorasick_rs.AhoCorasick(listed, store_patterns=False)
    return lambda text: {
        listed[number] for number, *_ in search.find_matches_as_indexes(text, overlapping=True)
    }


class Spelled(NamedTuple):
    """The substrings that a text has; those that are placed with the characters they start at."""

    words: frozenset[str]
    starts: tuple[tuple[str, int], ...] = ()

    def besides(self, words: Iterable[str]) -> Spelled:
        """The same of a text that has these substrings too."""
        return self._replace(words=self.words.union(words))

    def has(self, gates: Iterable[Parts]) -> bool:
        """Whether the text has all parts of one of these."""
        return any(map(self.words.issuperset, gates))


class Needles:
    """What is looked for, some as `whole` words; of the `placed` it is told where they are."""

    def __init__(self, words: Iterable[str], placed: Iterable[str]) -> None:
        first = sorted({word for word in placed if not word.startswith(END)})
        alone = sorted(_inner(placed).difference(first))
        every = set(words)
        self.whole = _inner(every).union(alone)
        plain = {word for word in every if not word.startswith(END)} | self.whole
        self.words = (*first, *alone, *sorted(plain.difference(first, alone)))
        self.plain, self.placed = len(first), len(first) + len(alone)
        self.alone = {
            number: whole(word) for number, word in enumerate(self.words) if word in self.whole
        }
        self.search = ahocorasick_rs.AhoCorasick(self.words, store_patterns=False)
        self.left = MUCH

    def _found(self, text: str) -> list[Match]:
        """Every place; who reads much searches by a table that takes longer to make."""
        self.left -= len(text)
        if self.left < 0 and self.left + len(text) >= 0:
            self.search = ahocorasick_rs.AhoCorasick(
                self.words, store_patterns=False, implementation=ahocorasick_rs.Implementation.DFA
            )
        return self.search.find_matches_as_indexes(text, overlapping=True)

    def find(self, text: str) -> Spelled:
        """Every one of them that the text has, those inside of others included."""
        try:
            found = self._found(text)
        except UnicodeEncodeError:  # a lone surrogate, which is no part of any word
            plain = text.encode("utf-8", "replace").decode()
            found = self._found(plain)
        numbers = {item[0] for item in found}
        words = {self.words[number] for number in numbers}
        words.update(self._alone(text, found, numbers))
        return Spelled(frozenset(words), tuple(self._places(text, found)))

    def _places(self, text: str, found: Iterable[Match]) -> Iterator[tuple[str, int]]:
        for number, start, end in found:
            if number < self.plain:
                yield self.words[number], start
            elif number < self.placed and _stands_alone(text, start, end):
                yield self.alone[number], start

    def _alone(self, text: str, found: Iterable[Match], numbers: set[int]) -> Iterator[str]:
        """Those of the words found that stand alone somewhere."""
        left = numbers.intersection(self.alone)
        for number, start, end in found:
            if number in left and _stands_alone(text, start, end):
                left.discard(number)
                yield self.alone[number]


def _inner(words: Iterable[str]) -> frozenset[str]:
    """Those of the words that are to stand alone, without what marks them."""
    return frozenset(word.strip(END) for word in words if word.startswith(END))


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum() or "_" in (before, after))
