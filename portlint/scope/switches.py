"""A file's pieces -> the lines that run only where somebody turns on what a class leaves off.

`def __init__(self, offload=False): self.offload = offload`: what stands behind `if self.offload:`
is not run by those who take the class as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint.scope.pieces import Pieces

TAKEN = re.compile(r"\bself\.(\w+)[ \t]*=[ \t]*\1[ \t]*$", re.MULTILINE)
OFF = r"\b{0}[ \t]*(?::[^,=\n]+)?=[ \t]*False\b"
SET = r"\.{0}[ \t]*(?::[^=\n]+)?=(?!=)"
GIVEN = r"(?<![\w.]){0}[ \t]*=(?!=)[ \t]*(?!(?:{0}|False)\b)"
BLOCK = (
    r"^([ \t]+)if (?:[^\n]* and )?self\.({0})(?: and [^\n]*)?:[ \t]*\n"
    r"((?:\1[ \t]+[^\n]*\n|[ \t]*\n)+)"
)
UNSURE = re.compile(r"\bor\b|\bnot[ \t]*\(")
"""With these a condition may hold without each of its parts."""


def left_off(cut: Pieces) -> frozenset[int]:
    """The numbers of such lines, from 1."""
    owners = dict(_fields(cut))
    if not owners:
        return frozenset()
    blocks = re.compile(BLOCK.format("|".join(sorted(owners))), re.MULTILINE)
    return frozenset(
        line
        for block in blocks.finditer(cut.text)
        if cut.pieces[cut.at(block.start())].owner == owners[block[2]]
        and not UNSURE.search(cut.text, block.start(), block.start(3))
        for line in _lines(cut.text, block)
    )


def _lines(text: str, block: re.Match[str]) -> range:
    first = text.count("\n", 0, block.start(3)) + 1
    return range(first, first + block[3].count("\n"))


def _fields(cut: Pieces) -> Iterator[tuple[str, int]]:
    """The fields that one constructor alone sets, to a parameter that is False, and its class."""
    for taken in TAKEN.finditer(cut.text):
        field, piece = taken[1], cut.pieces[cut.at(taken.start())]
        if piece.name != "__init__":
            continue
        head = cut.text[piece.at : taken.start()]
        if not re.search(OFF.format(field), head) or re.search(GIVEN.format(field), cut.text):
            continue
        if len(re.findall(SET.format(field), cut.text)) == 1:
            yield field, piece.owner
