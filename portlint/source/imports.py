"""Imports between audited files: what a text imports, and which module and name that means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from portlint.reading import Export
from portlint.source.modules import FRAMEWORK

STATEMENT = re.compile(
    r"(?:^|;)[ \t]*(?:from[ \t]++(?P<source>[\w.]*)[ \t]*import\b[ \t]*"
    r"(?P<names>\([^)]{0,20000}\)|(?:[^\n\\;]|\\\n?)*)"
    r"|import[ \t]+(?P<plain>(?:[^\n\\;#]|\\\n?)*))",
    re.MULTILINE,
)
COMMENT = re.compile(r"#[^\n]*")
WORD = re.compile(r"[\s(\\]*([\w.]+|\*)")
Table = Mapping[str, Mapping[str, Export]]
"""Module (dotted, from the root) -> name -> what it is."""


class Modules:
    """Audited modules with the parts of their names, and for each dotted prefix those below it.

    `leading` has for the last part of each prefix the folders (dotted) in which it lies.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: dict[str, list[str]] = {}
        self.below: dict[str, list[str]] = {}
        self.leading: dict[str, set[str]] = {}
        self._around: dict[str, list[str]] = {}
        for name in sorted(set(names)):
            self.add(name)

    def add(self, name: str) -> None:
        """One more, which is none of those that are known."""
        self.names[name] = name.split(".")
        self._around.clear()
        for prefix in prefixes(name):
            if prefix not in self.below:
                folder, _, last = prefix.rpartition(".")
                self.leading.setdefault(last, set()).add(folder)
            self.below.setdefault(prefix, []).append(name)

    def around(self, start: str) -> list[str]:
        """The modules that a folder is, or lies in; outer ones first."""
        found = self._around.get(start)
        if found is None:
            known = (path for path in prefixes(start) if path in self.names)
            found = self._around[start] = list(known) if start else []
        return found

    def starting(self, source: str, starts: Sequence[str]) -> list[str]:
        """Those of some folders from which an import that is not relative leads on."""
        folders = self.leading.get(source.partition(".")[0])
        return [start for start in starts if start in folders] if folders else []


def between(module: str, imported: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The imports of a module that other audited files may give a meaning.

    What `torch.cuda.Stream` is the rules say, whether torch lies beside a model or not: its files
    speak to each other only.
    """
    if FRAMEWORK in module.split("."):
        return list(imported)
    return [pair for pair in imported if pair[0].split(".")[0] != FRAMEWORK]


def imports(text: str, module: str, package: bool) -> Iterator[tuple[str, str]]:
    """Module and name of every import in a text: "" for a whole module, "*" for all its names.

    A module that was named relative to this one begins with a dot and counts from the root.
    """
    return (pair for pair, _ in placed(text, module, package))


def placed(text: str, module: str, package: bool) -> Iterator[tuple[tuple[str, str], bool]]:
    """The same, each with whether its line is indented: it may then not run with the module."""
    parent = module if package else module.rpartition(".")[0]
    for match in _statements(text):
        inner = text[match.start()] in " \t"
        if match["source"] is None:
            for part in match["plain"].split(","):
                if word := WORD.match(part):
                    yield (word[1], ""), inner
            continue
        source = match["source"]
        if source.startswith("."):
            source = f".{relative(source, parent)}"
        for part in COMMENT.sub("", match["names"]).split(","):
            if word := WORD.match(part):
                yield (source, word[1]), inner


def _statements(text: str) -> Iterator[re.Match[str]]:
    """The import statements of a text; only where it says so are they looked for."""
    done, at = 0, text.find("import")
    while at >= 0:
        first = max(text.rfind("\n", 0, at) + 1, done)
        match = STATEMENT.match(text, first)
        while match is None and (first := text.find(";", first, at)) >= 0:
            match = STATEMENT.match(text, first)
            first += 1
        done = at  # what begins before it was tried
        if match is not None:
            yield match
            done = max(at, match.end())
        at = text.find("import", max(at + 1, done))


def relative(source: str, parent: str) -> str:
    """`..b` in package `a.c` -> `a.b`, from the root."""
    name = source.lstrip(".")
    up = len(source) - len(name) - 1
    parts = parent.split(".") if parent else []
    return ".".join([*parts[: len(parts) - up], *([name] if name else [])])


def prefixes(name: str) -> Iterator[str]:
    """`a.b.c` -> `a`, `a.b`, `a.b.c`."""
    parts = name.split(".")
    return (".".join(parts[:size]) for size in range(1, len(parts) + 1))


def meanings(
    imported: Iterable[tuple[str, str]], starts: Sequence[str], modules: Modules
) -> Iterator[tuple[str, str]]:
    """The audited modules, and the names in them ("" for all), that imports reach.

    `starts` are the folders (dotted) from which imports that are not relative can start.
    """
    for path, name in spoken(imported, starts, modules):
        if name is None:
            yield from ((found, "") for found in modules.below[path])
        else:
            yield path, name


def spoken(
    imported: Iterable[tuple[str, str]], starts: Sequence[str], modules: Modules
) -> Iterator[tuple[str, str | None]]:
    """The same, with None where it is all that stands at a dotted path or below it."""
    for source, name in imported:
        if source.startswith("."):
            yield from _spoken(source[1:], name, modules)
            continue
        leading = modules.starting(source, starts)
        if name:
            for start in leading:
                yield from _spoken(f"{start}.{source}" if start else source, name, modules)
            continue
        for start in starts:
            yield from ((found, "") for found in modules.around(start))
            if start in leading:
                path = f"{start}.{source}" if start else source
                yield from _spoken(path, name, modules, len(start))


def _spoken(
    path: str, name: str, modules: Modules, length: int = -1
) -> Iterator[tuple[str, str | None]]:
    """What is reached at a dotted path; of a whole module's also on the way, from a length on."""
    if not name:
        on_the_way = (found for found in prefixes(path) if len(found) > length)
        yield from ((found, "") for found in on_the_way if found in modules.names)
    elif path in modules.names:
        yield path, "" if name == "*" else name
    whole = f"{path}.{name}" if name else path
    if whole in modules.below:
        yield whole, None


def paths_of(source: str, starts: Iterable[str]) -> list[str]:
    """The dotted paths, from the root, where what an import names may lie."""
    if source.startswith("."):
        return [source[1:]]
    return [f"{start}.{source}" if start else source for start in starts]


def starts_of(module: str, package: bool, roots: Iterable[str]) -> list[str]:
    """Where the imports of a module can start: beside it, and in the roots."""
    return list(dict.fromkeys([module if package else module.rpartition(".")[0], *roots]))
