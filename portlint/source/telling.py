"""Conditions that can say something about devices or libraries, by their words alone.

A cheap question before libcst is asked: a condition without a telling word implies nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from portlint.source.chunks import Chunks

SEEDS = (
    "cuda|cudnn|hip|nccl|rocm|xpu|mps|npu|hpu|tpu|mlu|musa|mtia|neuron|xla|accelerator|gpu|"
    "find_spec|capability|out_of_tree"
)
SETS = (
    r"^\s*(?:[\w.]+\s*,\s*)*(?:\w+\.)*{0}\s*(?::[^=]*|,.*)?=[^=]|\b{0}\s*:=|"
    r"^\s*def\s+{0}\b|\bimport\b.*\b{0}\b"
)
"""What gives a name its meaning: an assignment, a function, an import."""
CALLED = re.compile(r"(?:(?<![\w.])|\bself\.)(\w+)\(")
SAYING_NOTHING = frozenset("self cls torch tl os Tensor dtype shape".split())
AROUND = 4
"""Lines before and after one that sets a name: those of the condition, the try, the call."""
BODY = 40
"""Lines of a function that answers a question."""


class Telling:
    """Words that lead to a device or a library in a file; `more` are such words from outside."""

    def __init__(self, chunks: Chunks, more: Iterable[str]) -> None:
        known = sorted(re.escape(word.lower()) for word in more if len(word) > 3)
        self.seeds = re.compile(rf"(?<![a-z])(?:{'|'.join([SEEDS, *known])})")
        self.chunks = chunks
        self.lines = chunks.lines
        self.known: dict[str, bool] = {}

    def any_of(self, tests: Iterable[ast.expr | None]) -> bool:
        """Whether one of these conditions, or what it names in this file, has a telling word."""
        tests = list(tests)
        asked = {word for test in tests if test for word in words(test)}
        return None in tests or any(self._tells(word) for word in sorted(asked))

    def _tells(self, word: str) -> bool:
        if word not in self.known:
            self.known[word] = False
            self.known[word] = self.seeds.search(word.lower()) is not None or self._led(word)
        return self.known[word]

    def _led(self, word: str) -> bool:
        """Whether what sets a name, or a function of that name, has a telling word."""
        if not word.isidentifier() or word in SAYING_NOTHING:
            return False
        for number in self.chunks.spelling(word):
            at, line = number - 1, self.lines[number - 1]
            if re.search(SETS.format(word), line):
                first, last = max(0, at - AROUND), at + AROUND
                if line.lstrip().startswith("def "):
                    first, last = at, at + BODY
                elif "import " in line:
                    first, last = at, at + 1
                if self.seeds.search("\n".join(self.lines[first:last]).lower()):
                    return True
                if any(map(self._tells, CALLED.findall(line.partition("=")[2]))):
                    return True
        return False


def words(node: ast.AST) -> Iterator[str]:
    """The names, attributes and strings of an expression."""
    for item in ast.walk(node):
        match item:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                yield word


def asks(tests: Iterable[ast.expr | None]) -> Iterator[str]:
    """The attributes of objects that conditions name."""
    for test in tests:
        for item in ast.walk(test) if test else ():
            if isinstance(item, ast.Attribute):
                yield item.attr
