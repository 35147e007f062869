"""CUDA and C++ sources -> the extensions they are built into, by the names Python knows those by.

What `setup.py` builds is loaded by name. Where it does not list the sources (a glob, CMake), all
those below its folder that no other extension lists are taken for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from portlint.scope.code import Code
from portlint.scope.launches import COMMENT, SETUP

NATIVE = frozenset(["cuda", "cpp"])
EXTENSION = re.compile(r"(?<!\w)\w*Extension\(")
NAME = re.compile(r"\s*(?:name\s*=\s*)?f?[\"']([\w.{}]+)[\"']")
SOURCE = re.compile(r"[\"']([^\"'\n]*[\w-]\.(?:cu|cpp|cc|cxx|c))[\"']")
LOADED = frozenset([".cu", ".cpp", ".cc"])
"""Attributes that a text seems to have where it names sources, as `load(sources=…)` does."""


class Extension(NamedTuple):
    """Something compiled: what Python calls it, its sources, and the script that builds it."""

    name: str
    files: frozenset[str]
    script: str


def extensions(kinds: Mapping[str, str], read: Callable[[str], str]) -> list[Extension]:
    """All extensions that the build scripts of a repository name; `kinds` says what a file is."""
    sources = {path for path, kind in kinds.items() if kind in NATIVE}
    if not sources:
        return []
    found = [
        item
        for path in kinds
        if path.rpartition("/")[2] == SETUP
        for item in _built(path, COMMENT.sub("", read(path)), sources)
    ]
    taken = frozenset().union(*(item.files for item in found))
    return [item if item.files else _all_below(item, sources - taken) for item in found]


def _built(script: str, text: str, sources: set[str]) -> Iterable[Extension]:
    starts = [match.end() for match in EXTENSION.finditer(text)]
    for start, end in zip(starts, [*starts, len(text)][1:], strict=True):
        if name := NAME.match(text, start):
            words = {word.lstrip("./") for word in SOURCE.findall(text, start, end)}
            listed = {path for path in sources if any(_ends(path, word) for word in words)}
            yield Extension(name[1].rpartition(".")[2], _around(listed, sources), script)


def _ends(path: str, word: str) -> bool:
    return path == word or path.endswith(f"/{word}")


def _around(listed: Iterable[str], sources: set[str]) -> frozenset[str]:
    """Sources with the headers beside them."""
    found = set(listed)
    folders = {path.rpartition("/")[0] for path in found}
    headers = (".h", ".hpp", ".cuh")
    found |= {p for p in sources if p.endswith(headers) and p.rpartition("/")[0] in folders}
    return frozenset(found)


def _all_below(item: Extension, sources: set[str]) -> Extension:
    folder = item.script.removesuffix(SETUP)
    return item._replace(files=frozenset(p for p in sources if p.startswith(folder)))


def loading(
    code: Code, known: Iterable[Extension], kinds: Mapping[str, str]
) -> dict[int, frozenset[str]]:
    """Piece -> the sources (and build scripts) of what it loads, as far as its words tell."""
    by_name: dict[str, set[str]] = {}
    for item in known:
        by_name.setdefault(item.name, set()).update(item.files, [item.script])
    stems: dict[str, set[str]] = {}
    for path, kind in kinds.items():
        if kind in NATIVE:
            stems.setdefault(PurePosixPath(path).stem, set()).add(path)
    found = {}
    for home, file in enumerate(code.files):
        text = file.cut.text
        if any(name in text for name in by_name) or any(end in text for end in LOADED if stems):
            for at, words in code.words(home).items():
                imported = code.imported_names(at)
                if files := _loaded(words.every | imported, by_name, stems):
                    found[at] = frozenset(files)
    return found


def _loaded(
    words: set[str], by_name: Mapping[str, set[str]], stems: Mapping[str, set[str]]
) -> set[str]:
    plain = {word.lstrip(".\"'") for word in words}
    found = {file for name in plain & by_name.keys() for file in by_name[name]}
    if not LOADED.isdisjoint(words):
        named = {file for stem in plain & stems.keys() for file in stems[stem]}
        found |= _around(named, {file for files in stems.values() for file in files})
    return found
