"""Some live files of a run -> what is asked of their texts; one of them is open at a time.

What stays of a file are the names that were read in it, and no text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.model import Span
from portlint.source.enclosing import around
from portlint.source.mentions import Mention, Reader
from portlint.source.sites import Key
from portlint.source.telling import Around, Seeds, Telling
from portlint.spelled import Index, Outlined, Read, indexed, outlined

Guards = Callable[[str, str, list[Mention]], Mapping[Key, str]]
"""File, text and mentions -> those that stand behind a guard, with its words."""


class Reading(NamedTuple):
    """Names that were read in a file: what it mentions there, and its operators so far."""

    names: frozenset[str]
    found: tuple[Mention, ...]
    operators: tuple[tuple[str, str], ...]


class Told(NamedTuple):
    """What a reading gave, and the decorators of the definitions that were read for it."""

    reading: Reading
    decorated: dict[str, list[str]]


class Texts:
    """What live files say; the last one stays at hand."""

    def __init__(self, read: Read) -> None:
        self.bytes = read
        self.last = ("", "")

    def __call__(self, path: str) -> str:
        """The text of a file."""
        if self.last[0] != path:
            self.last = (path, self.bytes(path).decode("utf-8", "replace"))
        return self.last[1]


class Shelf:
    """Answers about these files. Each question is asked of several, by path."""

    def __init__(
        self, paths: Sequence[str], read: Read, guards: Guards, seeds: Collection[str]
    ) -> None:
        self.paths = paths
        self.text = Texts(read)
        self.guards = guards
        self.seeds = seeds
        self.telling: Seeds | None = None
        self.names: frozenset[str] = frozenset()
        self.readers: dict[str, Reader] = {}
        self.opened: Reader | None = None

    def outlined(self) -> Outlined:
        """What all of them define."""
        return outlined(self.paths, self.text.bytes)

    def indexed(self, names: Sequence[str]) -> Index:
        """Which of them spell these names."""
        return indexed(self.paths, names, self.text.bytes)

    def know(self, names: frozenset[str]) -> None:
        """The names of which all mentions are read, wherever one of them is asked for."""
        self.names = names

    def alone(self, asked: Mapping[str, Collection[str]]) -> dict[str, dict[str, bool]]:
        """Whether a text has each of these names once only."""
        return {
            path: {name: self.text(path).count(name) == 1 for name in names}
            for path, names in asked.items()
        }

    def read(self, asked: Mapping[str, Iterable[frozenset[str]]]) -> dict[str, list[Told]]:
        """Read names in turn; those that were read before are left out."""
        return {path: list(self._read(path, turns)) for path, turns in asked.items()}

    def _read(self, path: str, turns: Iterable[frozenset[str]]) -> Iterable[Told]:
        for names in turns:
            known = self.readers.get(path)
            if known is not None and known.asked.issuperset(names):
                continue
            reader = self._open(path)
            reader.read(names)
            found = Reading(names, tuple(reader.found), tuple(reader.operators.items()))
            yield Told(found, reader.decorated)
            reader.found, reader.decorated = [], {}

    def _open(self, path: str) -> Reader:
        """The reader of a file, with its text at hand; that of the file before lets its own go."""
        reader = self.readers.setdefault(path, Reader(self.names))
        if self.opened is not reader:
            if self.opened is not None:
                self.opened.close()
            reader.open(self.text(path))
            self.opened = reader
        return reader

    def around(self, asked: Mapping[str, Sequence[Span]]) -> dict[str, dict[Span, list[str]]]:
        """The definitions around places."""
        found = {}
        for path, spans in asked.items():
            module = self._open(path).on(span.line for span in spans)
            found[path] = {span: around(module, span) for span in spans}
        return found

    def tell(self, asked: Mapping[str, Sequence[Around]]) -> dict[str, list[bool]]:
        """Whether conditions may be guards, by their words."""
        seeds = self.telling = self.telling or Seeds(self.seeds)
        found = {}
        for path, listed in asked.items():
            telling = Telling(self.text(path), seeds)
            found[path] = [telling.any_of(tests) for tests in listed]
        return found

    def guarded(self, asked: Mapping[str, list[Mention]]) -> dict[str, dict[Key, str]]:
        """The mentions that stand behind a guard, with its words."""
        return {
            path: dict(self.guards(path, self.text(path), mentions))
            for path, mentions in asked.items()
        }
