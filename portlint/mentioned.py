"""The live files of a run -> every use of the functions and classes that are asked for.

One file is open at a time. What stays of a file are the mentions of the names that were asked for.

The findings of other files depend on these facts of a live Python file, and on nothing else of it
that `portlint.lifted` reads. While all of them stay the same, so do the findings elsewhere.
* Of the result: its path, `imports`, whether it was analysed, and whether it runs on a Neuron host
  (`portlint.reached`: `imports`, `inner`, `ways`, `named` and, for that, its open sightings). What
  stands around these and is in doubt (`within`) is asked for in the file itself and in others.
* Of the text, for every file: its `outline` (`portlint.source.lineage`), and which names that some
  outline defines are among its `words` (`portlint.spelled`).
* Of the text, for a file that spells an asked name which at most MANY files spell: its mentions of
  that name, the decorators of what it defines under it, the operators it registers, and what
  `portlint.source.telling` and `portlint.source.sites` say of the conditions around the mentions.
  These two look at any line, as far as imports, assignments and functions lead from a condition.
* Of the table of exports: the kinds and the names of flags, and what its imports reach.

`portlint.callers` reads calls besides, from files that import a function with a default device;
`portlint.hosts` nothing but `hosted`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.meant import Meant
from portlint.model import Span
from portlint.reading import FileResult
from portlint.source.doubted import PASSING
from portlint.source.mentions import Mention, Reader
from portlint.spelled import spelled
from portlint.units import Unit, Use, units_at

Read = Callable[[str], bytes]
"""Path of a live file -> its bytes, with lines that end in a line feed."""


class Reading(NamedTuple):
    """Names that were read in a file: what it mentions there, and its operators so far."""

    names: frozenset[str]
    found: tuple[Mention, ...]
    operators: tuple[tuple[str, str], ...]


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


class Mentioned:
    """Reads the files that spell a name, each name once."""

    def __init__(self, live: Mapping[str, FileResult], read: Read, roots: Sequence[str]) -> None:
        self.text = Texts(read)
        self.spelled = found = spelled(live, read)
        self.few, self.many = found.few, found.many
        self.lineage = found.lineage
        self.operating = found.operating
        self.meant = Meant(live, self.text, found.lineage, roots)
        self.names = frozenset(found.few)
        self.readers: dict[str, Reader] = {}
        self.opened: Reader | None = None
        self.done: set[str] = set()
        self.found: dict[str, list[Use]] = {}
        self.operators: dict[str, set[tuple[str, Unit]]] = {}
        self.elsewhere: set[str] = set()
        self.judged: set[str] = set()
        self.alone: dict[str, dict[str, bool]] = {}
        self.reads: dict[str, list[Reading]] = {}

    def around(self, path: str, spans: Iterable[Span]) -> dict[Span, list[Unit]]:
        """The units around places of a file, which is read as far as it speaks of them."""
        reader = self._open(path)
        module = reader.on(span.line for span in spans)
        return {span: units_at(module, span, path) for span in spans}

    def uses(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, list[Use]]]:
        """Each unit with its uses; with none where others may use it in ways no text here tells."""
        asked = list(units)
        able = [unit for unit in asked if not self.is_open(unit) and not self._at_home(unit)]
        names = {unit.name for unit in able} - self.done
        while names:
            names = self._read(names)
        yield from ((unit, []) for unit in asked if unit not in able)
        for unit in able:
            found = list(self._uses(unit))
            yield unit, found if any(self.meant.does(use, unit) for use in found) else []

    def is_open(self, unit: Unit) -> bool:
        """Whether Python or a framework calls a unit, nobody does, or too many files name it."""
        self.judged.add(unit.name)
        if unit.name in self.many or (unit.owner and self.lineage.called(unit.owner, unit.name)):
            return True
        if self.few.get(unit.name) != (unit.path,):
            return False
        known = self.alone.setdefault(unit.path, {})
        if unit.name not in known:
            known[unit.name] = self.text(unit.path).count(unit.name) == 1
        return known[unit.name]

    def _at_home(self, unit: Unit) -> bool:
        """Whether a unit's own file gives it to others, or uses it where it always runs."""
        reader = self._reader(unit.path, {unit.name})
        if not PASSING.issuperset(reader.decorated.get(unit.qualified, ())):
            return True
        return any(
            use.path == unit.path and not use.mention.inside and not use.mention.tests
            for use in self.found.get(unit.name, ())
            if self.meant.can(use, unit)
        )

    def _uses(self, unit: Unit) -> Iterator[Use]:
        """The uses of a unit by its own name, and by that of the operator that it is."""
        yield from (use for use in self.found.get(unit.name, ()) if self.meant.can(use, unit))
        for operator, functions in self.operators.items():
            for library in sorted(library for library, function in functions if function == unit):
                yield from (u for u in self.found.get(operator, ()) if u.is_operator_of(library))

    def _read(self, names: set[str]) -> set[str]:
        """Read the mentions of names; the operators that are among them are to be read next."""
        self.done |= names
        files: dict[str, set[str]] = {}
        for name in sorted(names):
            for path in self.few.get(name, ()):
                files.setdefault(path, set()).add(name)
        elsewhere = names - self.names
        self.elsewhere |= elsewhere
        for path in self.operating if elsewhere else ():
            text = self.text(path)
            files.setdefault(path, set()).update(name for name in elsewhere if name in text)
        for path, here in files.items():
            self._reader(path, here)
        return self.operators.keys() - self.done

    def _reader(self, path: str, names: Collection[str]) -> Reader:
        """The reader of a file, after it has read all that spells one of these names."""
        if path in self.readers and self.readers[path].asked.issuperset(names):
            return self.readers[path]
        reader = self._open(path)
        self._collect(path, reader, names)
        return reader

    def _open(self, path: str) -> Reader:
        """The reader of a file, with its text at hand; that of the file before lets its own go."""
        reader = self.readers.setdefault(path, Reader(self.names))
        if self.opened is not reader:
            if self.opened is not None:
                self.opened.close()
            reader.open(self.text(path))
            self.opened = reader
        return reader

    def _collect(self, path: str, reader: Reader, names: Collection[str]) -> None:
        reader.read(names)
        found = tuple(reader.found)
        self.reads.setdefault(path, []).append(
            Reading(frozenset(names), found, tuple(reader.operators.items()))
        )
        for mention in found:
            self.found.setdefault(mention.name, []).append(Use(path, mention))
        reader.found.clear()
        for operator, function in reader.operators.items():
            library, _, name = operator.rpartition("::")
            self.operators.setdefault(name, set()).add((library, Unit(path, function)))
