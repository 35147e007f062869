"""Conditions that can say something about devices or libraries, by their words alone.

A cheap question before trees are made: a condition without a telling word implies nothing.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import ahocorasick_rs

from portlint.source.lines import is_word

SEEDS = (
    "cuda|cudnn|hip|nccl|rocm|xpu|mps|npu|hpu|tpu|mlu|musa|mtia|neuron|xla|accelerator|gpu|"
    "find_spec|capability|out_of_tree"
)
TARGETS = re.compile(r"\s*(?:[\w.]+\s*,\s*)*(?:\w+\.)*")
VALUE = re.compile(r"\s*(?::[^=]*|,.*)?=[^=]")
WALRUS = re.compile(r"\s*:=")
DEFINING = re.compile(r"\s*def\s+")
IMPORTING = re.compile(r"\bimport\b")
"""What stands before and after a name that gets its meaning on a line."""
CALLED = re.compile(r"(?:(?<![\w.])|\bself\.)(\w+)\(")
TRUTH = re.compile(r"\b(?:and|or|not|if)\b|^\s*+[\w.]++\s*+(?:#|$)")
"""Values that are true where the names in them are."""
WORD = re.compile(r"\w+")
SAYING_NOTHING = frozenset("self cls torch tl os Tensor dtype shape".split())
AROUND = 4
"""Lines before one that sets a name in which what governs it begins, and lines that it goes on."""
GOVERNS = re.compile(r"(?:if|elif|else|while|for|try|except|with|case|match|and|or|not)\b|\)")
"""How a line begins, or goes on, that says when those below it run."""
BRINGS = ("import ", "from ", "assert ")
BODY = 40
"""Lines of a function that answers a question."""


class Condition(NamedTuple):
    """What a condition names: all its names, attributes and strings, and its attributes alone.

    Both are sorted. There are many conditions, of few words each: a set takes five times as much.
    """

    words: tuple[str, ...]
    attributes: tuple[str, ...]


Around = tuple[Condition | None, ...]
"""The conditions around a place; None is one that has no text of its own."""


def condition(test: ast.expr) -> Condition:
    """A condition without its tree."""
    attributes: set[str] = set()
    others: set[str] = set()
    for item in ast.walk(test):
        match item:
            case ast.Attribute(attr=word):
                attributes.add(word)
            case ast.Name(id=word) | ast.Constant(value=str(word)):
                others.add(word)
    return Condition(tuple(sorted(attributes | others)), tuple(sorted(attributes)))


class Seeds:
    """Words that tell of a device or a library by themselves; `more` are such words from outside.

    They are told in lower case, and only where no letter stands before them.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        known = {word.lower() for word in more if len(word) > 3}
        self.needles = ahocorasick_rs.AhoCorasick(sorted({*SEEDS.split("|"), *known}))
        self.known: dict[str, bool] = {}

    def tell(self, word: str) -> bool:
        """Whether a word holds one."""
        if word not in self.known:
            self.known[word] = next(self._places(word.lower()), None) is not None
        return self.known[word]

    def lines(self, text: str) -> list[int]:
        """The lines of a text that hold one, counted from nought; some twice."""
        lower = text.lower()
        found = []
        line, seen = 0, 0
        for at in self._places(lower):
            line += lower.count("\n", seen, at)
            found.append(line)
            seen = at
        return found

    def _places(self, text: str) -> Iterator[int]:
        try:
            found = self.needles.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # a lone surrogate, which is no part of any word
            plain = text.encode("utf-8", "replace").decode()
            found = self.needles.find_matches_as_indexes(plain, overlapping=True)
        starts = {at for _, at, _ in found}
        return (at for at in sorted(starts) if not "a" <= text[at - 1 : at] <= "z")


class Telling:
    """Words that lead to a device or a library in a file."""

    def __init__(self, text: str, seeds: Seeds) -> None:
        self.seeds = seeds
        self.text = text
        self.lines = text.split("\n")
        self.offsets = [0, *itertools.accumulate(len(line) + 1 for line in self.lines)]
        self.seeded: frozenset[int] | None = None
        self.led: dict[str, frozenset[str] | None] = {}

    def any_of(self, tests: Around) -> bool:
        """Whether one of these conditions, or what it names in this file, has a telling word."""
        asked = {word for test in tests if test for word in test.words}
        return None in tests or any(self._tells(word) for word in sorted(asked))

    def _tells(self, word: str) -> bool:
        """Whether a word is telling, or leads to one that is."""
        found, left = {word}, [word]
        while left:
            here = left.pop()
            if here not in self.led:
                self.led[here] = self._leads(here)
            called = self.led[here]
            if called is None:
                self.led[word] = None
                return True
            left.extend(called - found)
            found |= called
        self.led.update((nothing, frozenset()) for nothing in found)
        return False

    def _leads(self, word: str) -> frozenset[str] | None:
        """What the lines that set a word call; None where it or they have a telling word."""
        if self.seeds.tell(word):
            return None
        if not word.isidentifier() or word in SAYING_NOTHING:
            return frozenset()
        called: set[str] = set()
        for at in self._spelling(word):
            line = self.lines[at]
            if sets(line, word):
                if any(map(self._is_told, self._speaking(at))):
                    return None
                called.update(_followed(line.partition("=")[2]))
        return frozenset(called)

    def _speaking(self, at: int) -> Iterator[int]:
        """The lines that may say something of what is set on a line."""
        line = self.lines[at]
        if line.lstrip().startswith("def "):
            return iter(range(at, at + BODY))
        if "import " in line:
            return iter((at,))
        return itertools.chain(self._before(at), self._written(at))

    def _before(self, at: int) -> Iterator[int]:
        """The conditions, tries and imports just before a line."""
        governs = False
        for number in range(max(0, at - AROUND), at):
            line = self.lines[number].strip()
            governs = governs or GOVERNS.match(line) is not None
            if governs or line.startswith(BRINGS):
                yield number
            governs = governs and not line.partition(" #")[0].rstrip().endswith(":")

    def _written(self, at: int) -> Iterator[int]:
        """A line, and those on which the brackets are closed that it opens."""
        deep = 0
        for number, line in enumerate(self.lines[at : at + AROUND], at):
            yield number
            deep += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            if deep <= 0 and not line.endswith("\\"):
                return

    def _is_told(self, at: int) -> bool:
        """Whether a line holds a telling word."""
        if self.seeded is None:
            self.seeded = frozenset(self.seeds.lines(self.text))
        return at in self.seeded

    def _spelling(self, name: str) -> Iterator[int]:
        """The lines that hold a name, counted from nought."""
        at = self.text.find(name)
        while at >= 0:
            line = bisect.bisect_right(self.offsets, at)
            yield line - 1
            at = self.text.find(name, self.offsets[line])


def _followed(value: str) -> list[str]:
    """The names that a value may have from others what it says."""
    return (WORD if TRUTH.search(value) else CALLED).findall(value)


def sets(line: str, word: str) -> bool:
    """Whether a line gives a name its meaning: by an assignment, as a function, by an import."""
    at = line.find(word)
    while at >= 0:
        end = at + len(word)
        if not is_word(line[at - 1 : at]) and not is_word(line[end : end + 1]):
            before = line[:at]
            if (
                (VALUE.match(line, end) and TARGETS.fullmatch(before))
                or WALRUS.match(line, end)
                or DEFINING.fullmatch(before)
                or IMPORTING.search(before)
            ):
                return True
        at = line.find(word, end)
    return False
