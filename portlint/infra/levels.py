"""What a shell reader keeps while it reads: commands, compound statements, levels of nesting."""

import re
from typing import NamedTuple

from portlint.infra.shellwords import Word

CUDA_TEST = re.compile(
    r"nvidia|nvcc|\bcuda\b|\bgpu\b|cuda_?(is_?)?avail|(has|with|use|enable|have|is)_?(gpu|cuda)",
    re.IGNORECASE,
)


class Command(NamedTuple):
    """One simple command; `body` is the range of the here-document it is given.

    `taken` says that a substitution takes its output.
    """

    assignments: tuple[Word, ...]
    words: tuple[Word, ...]
    guard: str | None = None
    body: tuple[int, int] | None = None
    conditional: bool = False
    taken: bool = False


class Block:
    """A compound statement being read: `if`, `case`, a loop or braces."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.test = ""
        self.testing = kind in ("if", "loop", "case")
        self.guard: str | None = None

    def turn(self, word: str) -> None:
        """`then`, `do`, `else` begin a branch; `elif` begins another test."""
        self.testing = word == "elif"
        self.guard = None if self.testing else guard_of(self.test)


class Level:
    """A script, subshell or command substitution being read, and its unfinished command."""

    def __init__(self, opener: str) -> None:
        self.opener = opener
        self.blocks: list[Block] = []
        self.pieces: list[str] = []
        self.start = self.end = 0
        self.bare = True
        self.assignments: list[Word] = []
        self.words: list[Word] = []
        self.skip = False
        self.before: str | None = None
        self.body: tuple[int, int] | None = None

    @property
    def block(self) -> Block | None:
        """The innermost compound statement."""
        return self.blocks[-1] if self.blocks else None


def guard_of(test: str) -> str | None:
    """The guard that a condition makes, if it asks for CUDA or a GPU."""
    found = CUDA_TEST.search(test)
    return f"behind a test for `{found[0]}`" if found else None
