"""The code of a file's pieces -> the names in it: what is used, what is called, what is offered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

WORD = re.compile(r"(?:[.\"']|: |-> |\| )?[A-Za-z_]\w*\b(?!=(?!=))")
"""A name with what is before it; that of an argument (`train=True`) means nothing here."""
CALL = re.compile(
    r"(?<![\w.])((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)\(|^[ \t]*@([\w.]+)|(\)\.\w+)\(", re.MULTILINE
)
ASKED = re.compile(r"\bis(?:instance|subclass)\((?:[^()]|\([^()]*\))*\)")
DECORATED = re.compile(r"^[ \t]*@(?:\w+\.)+\w+", re.MULTILINE)
ENTRY = re.compile(
    r"[\"'][\w.]*[\"'][ \t]*(?::\s*([A-Za-z_]\w*)|,[ \t]*([A-Z]\w*))[ \t]*(?=[,})\n]|$)"
)
"""A line of a table from which one thing is taken by its name."""
QUOTED = re.compile(r"[\"'][:,][ \t]")
TABLE = re.compile(r"[{}]")
LISTED = re.compile(r"(?:^[ \t]+[A-Z]\w+,[ \t]*\n){3,}", re.MULTILINE)
"""Classes line by line: as good as a table."""
NAMES = "flash_att is_kernel( bitsandbytes bnb deepspeed hqq awq gptq xformers".split()
LIBRARIES = f"(?:{'|'.join(map(re.escape, NAMES))})"
CHOSEN = re.compile(
    rf"^([ \t]+)(?:el)?if [^\n]*{LIBRARIES}[^\n]*:[ \t]*\n(?:\1[ \t]+[^\n]*\n|[ \t]*\n)+",
    re.MULTILINE,
)
"""What stands behind a condition that asks for such a library by name: a choice, as in a table."""
NEGATED = re.compile(rf"\bnot [\w.]*{LIBRARIES}|!=|is None")


class Words(NamedTuple):
    """Names as they are spelled: `.f` of `a.f`, `"f` in a string, `f` of `f` and of `f()`.

    `typed` are names after a colon, an arrow or a bar: mostly of types. `calls` are those that are
    called or decorate (`a` and `.c` of `a.b.c()`), `made` those of them without a dot, `offered`
    what the lines of a table hold.
    """

    every: set[str]
    typed: set[str]
    calls: set[str]
    made: set[str]
    offered: list[frozenset[str]]


def none() -> Words:
    """No names."""
    return Words(set(), set(), set(), set(), [])


def words(texts: Iterable[tuple[int, str]], calling: Iterable[int]) -> dict[int, Words]:
    """Piece -> its names; calls are noted for the pieces `calling` only, decorators there too."""
    found: dict[int, Words] = {}
    asked = frozenset(calling)
    for place, text in texts:
        known = found.setdefault(place, none())
        if place in asked:
            for call, decorator, method in CALL.findall(text):
                _called((call or decorator or method).split("."), known)
            text = DECORATED.sub("", text)
        if any(name in text for name in NAMES):
            text = CHOSEN.sub(_unless_negated, text)
        if "isinstance(" in text:
            text = ASKED.sub("", text)
        text = _without_tables(text, known)
        for word in set(WORD.findall(text)):
            (known.typed if word[0] in ":-|" else known.every).add(word.lstrip(":->| "))
    return found


def _without_tables(text: str, known: Words) -> str:
    """The text without what its tables offer, which is noted."""
    if ",\n" in text:
        for lines in LISTED.findall(text):
            known.offered.append(frozenset(lines.replace(",", " ").split()))
            text = text.replace(lines, "")
    if len(QUOTED.findall(text)) < 2:
        return text
    tables = [ENTRY.findall(part) for part in TABLE.split(text)]
    offered = [frozenset(a or b for a, b in table) for table in tables if len(table) > 1]
    known.offered.extend(offered)
    names = frozenset().union(*offered)
    return ENTRY.sub(lambda m: "" if (m[1] or m[2]) in names else m[0], text) if names else text


def _called(chain: list[str], known: Words) -> None:
    first, *others = chain
    if first != ")":
        known.calls.add(first)
        known.made.update(() if others else [first])
    known.calls.update(f".{name}" for name in others[-1:])


def _unless_negated(match: re.Match[str]) -> str:
    condition, _, _ = match[0].partition("\n")
    return match[0] if NEGATED.search(condition) else ""
