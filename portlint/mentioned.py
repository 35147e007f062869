"""The live files of a run -> every use of the functions and classes that are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from portlint.meant import Meant
from portlint.reading import FileResult
from portlint.source.lineage import DEFINED, lineage
from portlint.source.mentions import Reader
from portlint.units import OPERATORS, Unit, Use, passes

MANY = 10
"""Files: a name that more of them spell is too common to tell whose it is."""
WORD = re.compile(r"\w+")


class Mentioned:
    """Reads the files that spell a name, each name once."""

    def __init__(
        self, live: Mapping[str, FileResult], read: Callable[[str], str], roots: Sequence[str]
    ) -> None:
        self.texts = {path: read(path) for path in live}
        defined = {path: frozenset(DEFINED.findall(text)) for path, text in self.texts.items()}
        known = frozenset().union(*defined.values())
        self.spelled: dict[str, list[str]] = {}
        for path, text in self.texts.items():
            for word in known.intersection(WORD.findall(text)):
                self.spelled.setdefault(word, []).append(path)
        self.lineage = lineage(self.texts.values())
        self.meant = Meant(live, defined, self.lineage, roots)
        self.few = frozenset(n for n, paths in self.spelled.items() if len(paths) <= MANY)
        self.operating = [path for path, text in self.texts.items() if OPERATORS in text]
        self.readers: dict[str, Reader] = {}
        self.done: set[str] = set()
        self.found: dict[str, list[Use]] = {}
        self.operators: dict[str, Unit] = {}

    def uses(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, list[Use]]]:
        """Each unit with its uses; with none where others may use it in ways no text here tells."""
        asked = list(units)
        able = [unit for unit in asked if not self._is_open(unit) and not self._at_home(unit)]
        names = {unit.name for unit in able} - self.done
        while names:
            names = self._read(names)
        yield from ((unit, []) for unit in asked if unit not in able)
        for unit in able:
            found = list(self._uses(unit))
            yield unit, found if any(self.meant.does(use, unit) for use in found) else []

    def _at_home(self, unit: Unit) -> bool:
        """Whether a unit's own file gives it to others, or uses it where it always runs."""
        reader = self._reader(unit.path, {unit.name})
        nodes = reader.defined.get(unit.qualified, ())
        if not all(passes(decorator) for node in nodes for decorator in node.decorator_list):
            return True
        return any(
            use.path == unit.path and not use.mention.inside and not use.mention.tests
            for use in self.found.get(unit.name, ())
            if self.meant.can(use, unit)
        )

    def _is_open(self, unit: Unit) -> bool:
        """Whether Python or a framework calls a unit, nobody does, or too many files name it."""
        if unit.owner and self.lineage.called(unit.owner, unit.name):
            return True
        if (
            self.spelled.get(unit.name) == [unit.path]
            and self.texts[unit.path].count(unit.name) == 1
        ):
            return True
        return len(self.spelled.get(unit.name, ())) > MANY

    def _uses(self, unit: Unit) -> Iterator[Use]:
        """The uses of a unit by its own name, and by that of the operator that it is."""
        yield from (use for use in self.found.get(unit.name, ()) if self.meant.can(use, unit))
        for operator, function in self.operators.items():
            if function == unit:
                yield from (use for use in self.found.get(operator, ()) if use.is_operator)

    def _read(self, names: set[str]) -> set[str]:
        """Read the mentions of names; the operators that are among them are to be read next."""
        self.done |= names
        files: dict[str, set[str]] = {}
        for name in sorted(names):
            for path in self.spelled.get(name) or self._spelling(name):
                files.setdefault(path, set()).add(name)
        for path, here in files.items():
            self._reader(path, here)
        return self.operators.keys() - self.done

    def _reader(self, path: str, names: Collection[str]) -> Reader:
        """The reader of a file, after it has read all that spells one of these names."""
        if path not in self.readers:
            self.readers[path] = Reader(self.texts[path], self.few)
        reader = self.readers[path]
        reader.read(names)
        for mention in reader.found:
            self.found.setdefault(mention.name, []).append(Use(path, mention))
        reader.found.clear()
        for operator, function in reader.operators.items():
            self.operators[operator] = Unit(path, function)
        return reader

    def _spelling(self, name: str) -> list[str]:
        """The files that spell an operator which nothing here defines under that name."""
        return [path for path in self.operating if name in self.texts[path]]
