"""Helm and Jinja templates around YAML -> plain YAML of the same lines and columns."""

import re
from collections.abc import Iterator

from portlint.infra.tree import Node, Scalar
from portlint.model import Span

OPENING = re.compile(r"\{\{|\{%|\{#")
LINE = re.compile(r"^[ \t-]*(?P<key>[\w./-]+):[ \t]+(?P<value>[^#\n{]*?)[ \t]*$", re.MULTILINE)
NEAR = 300
"""Characters of a line around a directive that are looked at."""
CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}


def is_template(text: str) -> bool:
    """Whether a text holds template directives."""
    return "{{" in text or "{%" in text


def neutralised(text: str) -> str:
    """The text with each directive blanked out; one that makes a value becomes a word."""
    pieces: list[str] = []
    position = 0
    while found := OPENING.search(text, position):
        end = text.find(CLOSING[found[0]], found.end())
        if end < 0:
            break
        end += 2
        pieces.append(text[position : found.start()])
        pieces.append(_filler(text, found.start(), end))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _filler(text: str, start: int, end: int) -> str:
    """Spaces where the directive fills its lines, else letters; line breaks stay."""
    first = max(0, start - NEAR)
    before = text[first:start].rpartition("\n")[2]
    after = text[end : end + NEAR].partition("\n")[0].strip()
    alone = not before.strip() and len(before) < NEAR and (not after or after[0] in "{#")
    letter = " " if alone or "\n" in text[start:end] else "x"
    return re.sub(r"[^\n]", letter, text[start:end])


def by_line(text: str) -> Iterator[tuple[Scalar, Node]]:
    """`key: value` lines of a template that is not YAML even without its directives."""
    for number, line in enumerate(text.split("\n"), 1):
        match = LINE.match(line) if len(line) < 1000 else None
        if match and match["value"]:
            key, value = match.span("key"), match.span("value")
            yield (
                Scalar(match["key"], Span(number, key[0] + 1, number, key[1] + 1), ""),
                Scalar(
                    match["value"].strip("\"'"),
                    Span(number, value[0] + 1, number, value[1] + 1),
                    "",
                ),
            )
