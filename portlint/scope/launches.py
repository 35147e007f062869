"""Files that are not Python -> which programs they start, and which of them install what.

A Dockerfile, a shell script or a job in YAML belongs to the programs it names, also through another
script; what says which packages are needed belongs to every program below its folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from portlint.context import path_context

LAUNCHERS = frozenset(["dockerfile", "shell", "yaml"])
INSTALLERS = frozenset(["requirements", "pyproject", "setupcfg", "dockerfile"])
SETUP = "setup.py"
CONDA = re.compile(r"(conda|environment).*\.ya?ml")
COMMENT = re.compile(r"(^|\s)#[^\n]*")
SCRIPT = re.compile(r"(?<![\w./-])[\w./-]*\w\.(?:py|sh|bash|sbatch|slurm)\b")
MODULE = re.compile(r"(?:^|[\s\"',\[])-m[\s\"',]+([A-Za-z_][\w.]*)")
ASIDE = frozenset(
    "requirements docker dockerfiles environments envs conda deploy .devcontainer".split()
)
"""Folders that hold what is meant for the folder around them."""


class Launches:
    """The launchers of a run, each with the Python files that it starts.

    `kinds` are all files with what they are, `modules` the audited modules with their files.
    """

    def __init__(
        self, kinds: Mapping[str, str], read: Callable[[str], str], modules: Mapping[str, str]
    ) -> None:
        self.by_name: dict[str, list[str]] = {}
        for path in kinds:
            self.by_name.setdefault(path.rpartition("/")[2], []).append(path)
        named: dict[str, set[str]] = {}
        for path, kind in kinds.items():
            if kind in LAUNCHERS and path_context(path) != "test":
                text = COMMENT.sub("", read(path))
                found = {f for word in SCRIPT.findall(text) for f in self._script(word, path)}
                found |= {f for word in MODULE.findall(text) for f in _module(word, modules)}
                named[path] = found - {path}
        self.started = {path: _through(path, named) for path in named}
        self.programs = frozenset().union(*self.started.values())

    def files(self, program: str, installers: Iterable[str]) -> set[str]:
        """The launchers of a program, and what installs it: no launcher of other programs."""
        found = {path for path, named in self.started.items() if program in named}
        return found | {path for path in installers if not self.started.get(path)}

    def _script(self, word: str, path: str) -> Iterator[str]:
        """The audited file that a path names: of several the one nearest to the launcher."""
        plain = word.lstrip("./")
        fits = [
            found
            for found in self.by_name.get(plain.rpartition("/")[2], ())
            if found == plain or found.endswith(f"/{plain}")
        ]
        here = PurePosixPath(path).parts[:-1]
        if fits:
            yield min(fits, key=lambda found: (-_shared(here, found), found.count("/"), found))


def _through(path: str, named: Mapping[str, set[str]]) -> set[str]:
    """The Python files named by a file, and by the scripts that it names."""
    seen, left = {path}, [path]
    while left:
        new = named.get(left.pop(), set()) - seen
        seen |= new
        left.extend(new)
    return {found for found in seen if found.endswith(".py")}


def _shared(folders: tuple[str, ...], path: str) -> int:
    others = PurePosixPath(path).parts[:-1]
    return next(
        (n for n, (a, b) in enumerate(zip(folders, others, strict=False)) if a != b), len(folders)
    )


def _module(word: str, modules: Mapping[str, str]) -> Iterator[str]:
    """The file that `python -m word` starts; modules of other libraries are none."""
    for name in (word, f"{word}.__main__"):
        fits = [m for m in modules if m == name or m.endswith(f".{name}")]
        if fits:
            yield modules[min(fits, key=lambda m: (m.count("."), m))]


def installers(kinds: Mapping[str, str]) -> dict[str, str]:
    """File that says what has to be installed -> the folder it says it for ("" for all)."""
    found = {}
    for path, kind in kinds.items():
        name = path.rpartition("/")[2]
        if kind in INSTALLERS or name == SETUP or CONDA.fullmatch(name):
            folder = PurePosixPath(path).parent
            while folder.name in ASIDE:
                folder = folder.parent
            found[path] = "" if str(folder) == "." else f"{folder}/"
    return found
