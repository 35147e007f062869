"""A Python text -> the pieces of it that run apart: module level, functions, classes, methods.

Told by indentation, as Python does: parsing a large repository takes longer than all that is made
of it here. What is not told (a function in a function) belongs to the piece around it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import NamedTuple

LITERAL = re.compile(
    r"#[^\n]*"
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"""|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL,
)
"""Comments and long strings, in which nothing is looked for, and the short strings between them."""
KEPT = re.compile(r"[\"'](?:[\w.]+|[^\s\"']+\.(?:cu|cpp|cc))[\"']")
FIELD = re.compile(r"\{([^{}]*)\}")
HEAD = re.compile(
    r"^(?:([ \t]*)(?:(@)|(?:async[ \t]+)?(def|class)[ \t]+(\w+))|((?: {4}|\t)?)([^\s#)\]}]))",
    re.MULTILINE,
)
"""A decorator, a definition, or a statement at module level or in a class of it."""
MAIN = re.compile(r"if[ \t(]+(?:__name__[ \t]*==|[\"']__main__[\"'][ \t]*==)")
TYPING = re.compile(r"if[ \t(]+(?:\w+\.)?TYPE_CHECKING\b[^\n]*:[ \t]*$", re.MULTILINE)
LOOP = re.compile(r"(?:for|while|with)\b")
VARIABLE = re.compile(r"([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)")
MODULE = 0
"""The place of a module's own piece among those of its file."""


class Piece(NamedTuple):
    """A part of a file: its name, what it is, the class it is in, and where its name stands.

    `kind` is "module", "main" (the block that runs in a program only), "typing" (the one that
    never does), "loop" (one at module level: what scripts do), "variable" (what a module-level
    name is set to), "function", "class" or "method"; `owner` is the place of a method's class.
    """

    name: str
    kind: str
    owner: int
    at: int


class Pieces(NamedTuple):
    """The pieces of a text, and from which offsets on the code, or the lines, are of which piece.

    The two differ in decorators: they stand with what they decorate, and run with what is around.
    """

    text: str
    pieces: list[Piece]
    starts: list[int]
    owners: list[int]
    lines: list[tuple[int, int]]

    def at(self, offset: int) -> int:
        """The piece that an offset belongs to."""
        return self.owners[bisect.bisect_right(self.starts, offset) - 1]

    def on(self, line: int) -> int:
        """The piece that a line (from 1) belongs to."""
        offset = -1
        for _ in range(line - 1):
            offset = self.text.find("\n", offset + 1)
        return self.lines[bisect.bisect_right(self.lines, (offset + 1, len(self.pieces))) - 1][1]

    def line(self, piece: int) -> int:
        """The line on which a piece is named."""
        return self.text.count("\n", 0, self.pieces[piece].at) + 1

    def parts(self, text: str) -> Iterator[tuple[int, str]]:
        """The code of pieces, each in one part or several, from this text or one like it."""
        ends = [*self.starts[1:], len(text)]
        for owner, start, end in zip(self.owners, self.starts, ends, strict=True):
            yield owner, text[start:end]


def pieces(text: str) -> Pieces:
    """Cut a text."""
    reader = _Reader(LITERAL.sub(_blank, text))
    for match in HEAD.finditer(reader.text):
        reader.take(match)
    starts, owners = zip(*reader.code, strict=True)
    return Pieces(reader.text, reader.pieces, list(starts), list(owners), sorted(reader.lines))


def _blank(match: re.Match[str]) -> str:
    """As many lines without a comment or a sentence; what is one word, or put in, may be a name."""
    text = match[1]
    if text is None or "\n" in text:
        return "\n" * match[0].count("\n")
    before = match.string[match.start() - 1 : match.start()]
    if before in ("f", "F") and "{" in text:
        return " ".join(["", *FIELD.findall(text), ""])
    return text if KEPT.fullmatch(text) else '""'


class _Reader:
    """Keeps the definitions that are open: how far each is indented, and which piece it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = [Piece("", "module", -1, 0)]
        self.code = [(0, MODULE)]
        self.lines = [(0, MODULE)]
        self.open: list[tuple[int, int]] = []
        self.decorated: tuple[int, int] | None = None

    def take(self, match: re.Match[str]) -> None:
        indent = len((match[1] or match[5] or "").expandtabs(8))
        if self.decorated and indent > self.decorated[0]:
            return  # the arguments of a decorator go on
        while self.open and self.open[-1][0] >= indent:
            self.open.pop()
        around = self.open[-1][1] if self.open else MODULE
        if self.open and self.pieces[around].kind != "class":
            return
        if match[3]:
            self._define(match, indent, around)
        elif match[2]:
            self.decorated = self.decorated or (indent, match.start())
            self._switch(self.code, match.start(), around)
        else:
            self._statement(match, indent, around)

    def _define(self, match: re.Match[str], indent: int, around: int) -> None:
        owner = around if self.open else -1
        kind = "class" if match[3] == "class" else "method" if self.open else "function"
        first = self.decorated[1] if self.decorated else match.start()
        self._begin(Piece(match[4], kind, owner, match.start(4)), indent, match.start(), first)

    def _statement(self, match: re.Match[str], indent: int, around: int) -> None:
        at = match.start()
        self.decorated = None
        if not indent:
            kind, name = _statement(self.text, at)
            if kind:
                self._begin(Piece(name, kind, -1, at), indent, at, at)
                return
        self._switch(self.code, at, around)
        self._switch(self.lines, at, around)

    def _begin(self, piece: Piece, indent: int, at: int, first: int) -> None:
        self.decorated = None
        self.pieces.append(piece)
        self.open.append((indent, len(self.pieces) - 1))
        self._switch(self.code, at, len(self.pieces) - 1)
        self._switch(self.lines, first, len(self.pieces) - 1)

    def _switch(self, points: list[tuple[int, int]], at: int, piece: int) -> None:
        if points[-1][1] != piece:
            points.append((at, piece))


def _statement(text: str, at: int) -> tuple[str, str]:
    """The kind and the name of a statement at module level that is a piece; "" for any other."""
    if text[at] == "i" and MAIN.match(text, at):
        return "main", ""
    if text[at] == "i" and TYPING.match(text, at):
        return "typing", ""
    if text[at] in "fw" and LOOP.match(text, at):
        return "loop", ""
    set_ = VARIABLE.match(text, at)
    return ("variable", set_[1]) if set_ else ("", "")
