"""What git, or the .gitignore files where git cannot be asked, leaves out of a folder."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import warnings
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from portlint.contents import contents
from portlint.errors import Unreadable
from portlint.gitcall import call

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def git_files(folder: pathlib.Path) -> set[str] | None:
    """The files git knows or would add below a folder; None outside a work tree or without git."""
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        done = call(folder, *listing)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    names = done.stdout.split(b"\0")
    found = {f"{os.fspath(folder)}{os.sep}{os.fsdecode(name)}" for name in names if name}
    return found or None


def compiled(lines: Iterable[str]) -> GitIgnoreSpec:
    """Patterns of git whose search takes no more than the square of a path. Raises ValueError."""
    from pathspec import GitIgnoreSpec  # many runs need no patterns

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at sets of characters that `re` will read otherwise
        try:
            spec = GitIgnoreSpec.from_lines(lines)
            for pattern in spec.patterns:
                if pattern.regex is not None:
                    pattern.regex = re.compile(_straight(pattern.regex.pattern))
        except re.error as error:
            raise ValueError(str(error)) from error
    return spec


STAR = "[^/]*"
FIXED = r"(?:\\.|\[\^?\]?[^\]/]*\]|\[\^/\](?!\*)|[^\\\[\]/(){}$*+?|^.])+"
STARRED = re.compile(rf"\[\^/\]\*({FIXED})(?=\[\^/\]\*)")
"""A star of a pattern and the characters up to the next one, as pathspec writes them."""
DEEP = 2
"""Times that a pattern may say "any folders": each more is one more power of a path's length."""


def _straight(regex: str) -> str:
    """The first place where what stands after a star fits is as good as any later one."""
    if regex.count(".+") > DEEP:
        raise ValueError("any folders, too many times")
    straight = STARRED.sub(r"(?>[^/]*?\1)", regex)
    while straight.count(f"{STAR}{STAR}"):
        straight = straight.replace(f"{STAR}{STAR}", STAR)
    return straight


ANYWHERE = "^(?:.+/)?"
"""How pathspec writes a pattern that begins in any folder."""


class Ignored:
    """The .gitignore files of a folder that git cannot be asked about: the nearest one decides."""

    def __init__(self, top: pathlib.Path) -> None:
        self.top = os.fspath(top)
        self.specs: dict[str, tuple[tuple[str, Lines], ...]] = {}

    def covers(self, path: str | pathlib.Path, folder: bool = False) -> bool:
        """Whether a file (or a folder as a whole) is left out."""
        whole = os.fspath(path)
        for above, lines in self._around(whole.rpartition(os.sep)[0]):
            said = lines.say(whole[len(above) :].lstrip(os.sep) + "/" * folder)
            if said is not None:
                return said
        return False

    def enter(self, folder: str, names: Container[str]) -> bool:
        """Whether anything is said of the files of a folder that holds these names."""
        if ".gitignore" not in names and folder not in self.specs:
            self.specs[folder] = self._above(folder)
        return bool(self._around(folder))

    def _around(self, folder: str) -> tuple[tuple[str, Lines], ...]:
        """The folders with such a file, from this one up, and what it says."""
        if folder not in self.specs:
            lines = _lines(folder)
            self.specs[folder] = (*(((folder, lines),) if lines else ()), *self._above(folder))
        return self.specs[folder]

    def _above(self, folder: str) -> tuple[tuple[str, Lines], ...]:
        above = os.path.dirname(folder)  # noqa: PTH120 - once for every folder
        return () if folder in (self.top, above) else self._around(above)


class Lines:
    """The patterns of one .gitignore file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.spec = compiled(lines)
        regexes = [p.regex.pattern for p in self.spec.patterns if p.include is not None and p.regex]
        self.any = _any(re.sub(r"\(\?P<\w+>", "(?:", regex) for regex in regexes)

    def say(self, name: str) -> bool | None:
        """Whether a name from the file's folder is left out; None: it is not spoken of."""
        name = name.replace(os.sep, "/")
        return self.spec.check_file(name).include if self.any.search(name) else None


def _any(regexes: Iterable[str]) -> re.Pattern[str]:
    """One search that answers for the many names that no pattern fits.

    Most patterns begin in any folder: those are tried together behind each of its slashes.
    """
    deep: list[str] = []
    other: list[str] = []
    for regex in regexes:
        (deep if regex.startswith(ANYWHERE) else other).append(regex.removeprefix(ANYWHERE))
    together = [f"{ANYWHERE}(?:{'|'.join(deep)})"] if deep else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile("|".join([*together, *other]))


def _lines(folder: str) -> Lines | None:
    file = f"{folder}{os.sep}.gitignore"
    if not os.path.isfile(file):
        return None
    try:
        lines = contents(file).decode("utf-8", "replace").splitlines()
    except (OSError, Unreadable):
        return None
    known = [line for line in lines if is_pattern(line)]
    return Lines(known) if known else None


def is_pattern(line: str) -> bool:
    """Whether a line means something to git, which passes over those that do not."""
    try:
        compiled([line])
    except ValueError:
        return False
    return True
