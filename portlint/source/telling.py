"""Conditions that can say something about devices or libraries, by their words alone.

A cheap question before libcst is asked: a condition without a telling word implies nothing.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SEEDS = (
    "cuda|cudnn|hip|nccl|rocm|xpu|mps|npu|hpu|tpu|mlu|musa|mtia|neuron|xla|accelerator|gpu|"
    "find_spec|capability|out_of_tree"
)
SETS = (
    r"^\s*(?:[\w.]+\s*,\s*)*(?:\w+\.)*{0}\s*(?::[^=]*|,.*)?=[^=]|\b{0}\s*:=|"
    r"^\s*def\s+{0}\b|\bimport\b.*\b{0}\b"
)
"""What gives a name its meaning: an assignment, a function, an import."""
SETTING = ("=", "def", "import")
"""One of these is in every such line: a pattern for each word costs more than to look for them."""
CALLED = re.compile(r"(?:(?<![\w.])|\bself\.)(\w+)\(")
SAYING_NOTHING = frozenset("self cls torch tl os Tensor dtype shape".split())
AROUND = 4
"""Lines before and after one that sets a name: those of the condition, the try, the call."""
BODY = 40
"""Lines of a function that answers a question."""


class Condition(NamedTuple):
    """What a condition names: all its names, attributes and strings, and its attributes alone."""

    words: frozenset[str]
    attributes: frozenset[str]


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
    return Condition(frozenset(attributes | others), frozenset(attributes))


class Telling:
    """Words that lead to a device or a library in a file; `more` are such words from outside."""

    def __init__(self, text: str, seeds: re.Pattern[str]) -> None:
        self.seeds = seeds
        self.text = text
        self.lines = text.split("\n")
        self.offsets = [0, *itertools.accumulate(len(line) + 1 for line in self.lines)]
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
        if self.seeds.search(word.lower()) is not None:
            return None
        if not word.isidentifier() or word in SAYING_NOTHING:
            return frozenset()
        called: set[str] = set()
        for at in self._spelling(word):
            line = self.lines[at]
            if any(mark in line for mark in SETTING) and re.search(SETS.format(word), line):
                first, last = max(0, at - AROUND), at + AROUND
                if line.lstrip().startswith("def "):
                    first, last = at, at + BODY
                elif "import " in line:
                    first, last = at, at + 1
                if self.seeds.search("\n".join(self.lines[first:last]).lower()):
                    return None
                called.update(CALLED.findall(line.partition("=")[2]))
        return frozenset(called)

    def _spelling(self, name: str) -> Iterator[int]:
        """The lines that hold a name, counted from nought."""
        at = self.text.find(name)
        while at >= 0:
            line = bisect.bisect_right(self.offsets, at)
            yield line - 1
            at = self.text.find(name, self.offsets[line])


def seeds(more: Iterable[str]) -> re.Pattern[str]:
    """What a telling word looks like, in lower case; `more` are such words from outside."""
    known = sorted(re.escape(word.lower()) for word in more if len(word) > 3)
    return re.compile(rf"(?<![a-z])(?:{'|'.join([SEEDS, *known])})")
