"""The programs of a repository: what is run by name, by path, by a launcher or as a notebook."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from portlint.scope.code import Code
from portlint.scope.launches import SETUP
from portlint.scope.pieces import MODULE

MAIN = "__main__"
NOTEBOOK = "notebook"
CONSOLE = re.compile(r"[\"']?(?<![\w.-])([\w.-]+)\s*=\s*([\w.]+)\s*:\s*(\w+)")
STARTS = frozenset(
    ".parse_args .ArgumentParser ArgumentParser argv .argv .backward .fit .generate "
    ".init_process_group init_process_group .from_pretrained".split()
)
"""What code at module level does in a file that is a program without saying so."""
NONE = re.compile(r"setup|conftest|__init__|conf|noxfile|versioneer")


class Entry(NamedTuple):
    """A program: its file, the line and name to show, and the pieces it begins with."""

    path: str
    line: int
    name: str
    pieces: tuple[int, ...]


class Console(NamedTuple):
    """A command that an installation makes: its name, and the function of a module it calls."""

    name: str
    module: str
    function: str


def entries(
    code: Code, kinds: Mapping[str, str], read: Callable[[str], str], launched: Collection[str]
) -> list[Entry]:
    """All programs that are no tests, one for each file and console script."""
    found: list[Entry] = []
    called: set[str] = set()
    for path in sorted(kinds):
        for console in _consoles(path, kinds[path], read):
            found += _of_console(code, console, path)
    called |= {entry.path for entry in found}
    imported = code.imported()
    for home, file in enumerate(code.files):
        name = PurePosixPath(file.path).stem
        if file.path in called or NONE.fullmatch(name):
            continue
        if file.path.endswith(".ipynb"):
            pieces = tuple(range(file.first, file.first + len(file.cut.pieces)))
            found.append(Entry(file.path, 1, NOTEBOOK, pieces))
        elif mains := tuple(code.kind(home, "main")):
            pieces = (file.first + MODULE, *mains)
            found.append(Entry(file.path, code.line(mains[-1]), MAIN, pieces))
        elif file.path in launched or name == MAIN or (home not in imported and _acts(code, home)):
            found.append(Entry(file.path, 1, MAIN, (file.first + MODULE,)))
    return found


def _acts(code: Code, home: int) -> bool:
    """Whether a file does at module level what only programs do."""
    file = code.files[home]
    if not any(word.lstrip(".") in file.cut.text for word in STARTS):
        return False
    words = code.words(home)
    top = [file.first, *code.kind(home, "loop"), *code.kind(home, "variable")]
    return any(not STARTS.isdisjoint(words[piece].every) for piece in top)


def _of_console(code: Code, console: Console, manifest: str) -> Iterator[Entry]:
    """The function that a console script calls; of modules of one name the nearest."""
    fits = [m for m in code.modules if m == console.module or m.endswith(f".{console.module}")]
    folder = manifest.rpartition("/")[0]
    fits.sort(key=lambda m: (not code.files[code.modules[m]].path.startswith(folder), len(m), m))
    for home in [code.modules[m] for m in fits[:1]]:
        file = code.files[home]
        function = sorted(code.meant(home, console.function))
        pieces = (file.first + MODULE, *code.kind(home, "main"), *function)
        line = code.line(function[0]) if function and code.homes[function[0]] == home else 1
        yield Entry(file.path, line, console.name, pieces)


def _consoles(path: str, kind: str, read: Callable[[str], str]) -> Iterator[Console]:
    name = path.rpartition("/")[2]
    if kind == "pyproject" and name == "pyproject.toml":
        yield from _in_pyproject(read(path))
    elif kind == "setupcfg" or name == SETUP:
        _, _, text = read(path).partition("console_scripts")
        text = re.split(r"\]" if name == SETUP else r"\n\[", text)[0]
        yield from (Console(*match) for match in CONSOLE.findall(text))


def _in_pyproject(text: str) -> Iterator[Console]:
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    tool = data.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (data.get("project"), poetry):
        scripts = table.get("scripts") if isinstance(table, dict) else None
        for name, value in (scripts if isinstance(scripts, dict) else {}).items():
            module, _, function = str(value).partition(":")
            yield Console(str(name), module.strip(), function.strip())
