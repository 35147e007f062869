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

from collections.abc import Iterable, Iterator, Mapping, Sequence

from portlint.meant import Meant
from portlint.model import Span
from portlint.once import Once
from portlint.reading import FileResult
from portlint.shelf import Reading, Shelf, Texts, Told
from portlint.shelves import Shelves
from portlint.source.doubted import PASSING
from portlint.source.mentions import Mention
from portlint.source.telling import Around, Condition
from portlint.spelled import Read, merged, spelled, together
from portlint.units import Unit, Use, units_of


class Same:
    """Mentions that share what is equal in them: each came from another process by itself."""

    def __init__(self) -> None:
        self.word = Once[str]()
        self.words = Once[tuple[str, ...]]()
        self.condition = Once[Condition]()
        self.tests = Once[Around]()

    def mention(self, found: Mention) -> Mention:
        """An equal mention."""
        name, text, inside, tests = found
        return Mention(self.word(name), self.word(text), self._words(inside), self._tests(tests))

    def _words(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return self.words(tuple(map(self.word, words))) if words else words

    def _tests(self, tests: Around) -> Around:
        return self.tests(tuple(map(self._condition, tests))) if tests else tests

    def _condition(self, test: Condition | None) -> Condition | None:
        if test is None:
            return None
        return self.condition(Condition(self._words(test.words), self._words(test.attributes)))


class Mentioned:
    """Asks the files that spell a name, each name once."""

    def __init__(
        self, live: Mapping[str, FileResult], read: Read, roots: Sequence[str], shelves: Shelves
    ) -> None:
        self.text = Texts(read)
        self.shelves = shelves
        defined = together(shelves.each(Shelf.outlined))
        index = merged(shelves.each(Shelf.indexed, list(defined.sole)))
        self.spelled = found = spelled(defined, index)
        self.few, self.many = found.few, found.many
        self.lineage = found.lineage
        self.operating = found.operating
        self.meant = Meant(live, self.text, found.lineage, roots)
        shelves.each(Shelf.know, frozenset(found.few))
        self.done: set[str] = set()
        self.found: dict[str, list[Use]] = {}
        self.operators: dict[str, set[tuple[str, Unit]]] = {}
        self.decorated: dict[str, dict[str, list[str]]] = {}
        self.elsewhere: set[str] = set()
        self.judged: set[str] = set()
        self.alone: dict[str, dict[str, bool]] = {}
        self.reads: dict[str, list[Reading]] = {}
        self.same = Same()

    def around(self, asked: Mapping[str, Sequence[Span]]) -> dict[str, dict[Span, list[Unit]]]:
        """The units around places of files, which are read as far as they speak of them."""
        found = self.shelves.ask(Shelf.around, asked)
        return {
            path: {span: units_of(path, names) for span, names in spans.items()}
            for path, spans in found.items()
        }

    def uses(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, list[Use]]]:
        """Each unit with its uses; with none where others may use it in ways no text here tells."""
        asked = list(units)
        self._count(asked)
        able = [unit for unit in asked if not self.is_open(unit)]
        self._collect(_in_turn(able))
        able = [unit for unit in able if not self._at_home(unit)]
        names = {unit.name for unit in able} - self.done
        while names:
            names = self._read(names)
        taken = set(able)
        yield from ((unit, []) for unit in asked if unit not in taken)
        for unit in able:
            found = list(self._uses(unit))
            yield unit, found if any(self.meant.does(use, unit) for use in found) else []

    def _count(self, units: Iterable[Unit]) -> None:
        """Find out which of these names only the text that defines them has, and once."""
        asked: dict[str, set[str]] = {}
        for unit in units:
            if self._is_sole(unit) and unit.name not in self.alone.get(unit.path, {}):
                asked.setdefault(unit.path, set()).add(unit.name)
        for path, found in self.shelves.ask(Shelf.alone, asked).items() if asked else ():
            self.alone.setdefault(path, {}).update(found)

    def is_open(self, unit: Unit) -> bool:
        """Whether Python or a framework calls a unit, nobody does, or too many files name it.

        It is one of those whose uses were asked for.
        """
        self.judged.add(unit.name)
        if self._is_free(unit):
            return True
        return self._is_sole(unit) and self.alone[unit.path][unit.name]

    def _is_free(self, unit: Unit) -> bool:
        """Whether its name alone, or what its class is made of, leaves a unit open."""
        called = bool(unit.owner) and self.lineage.called(unit.owner, unit.name)
        return unit.name in self.many or called

    def _is_sole(self, unit: Unit) -> bool:
        """Whether no other file spells a unit."""
        return not self._is_free(unit) and self.few.get(unit.name) == (unit.path,)

    def _at_home(self, unit: Unit) -> bool:
        """Whether a unit's own file gives it to others, or uses it where it always runs."""
        decorated = self.decorated.get(unit.path, {})
        if not PASSING.issuperset(decorated.get(unit.qualified, ())):
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
        elsewhere = names - self.few.keys()
        self.elsewhere |= elsewhere
        for path in self.operating if elsewhere else ():
            text = self.text(path)
            files.setdefault(path, set()).update(name for name in elsewhere if name in text)
        self._collect({path: [frozenset(here)] for path, here in files.items()})
        return self.operators.keys() - self.done

    def _collect(self, asked: Mapping[str, Sequence[frozenset[str]]]) -> None:
        """Have names read in files, in turn, and keep what that gave."""
        for path, told in self.shelves.ask(Shelf.read, asked).items() if asked else ():
            for one in told:
                self._keep(path, one)

    def _keep(self, path: str, told: Told) -> None:
        found = tuple(map(self.same.mention, told.reading.found))
        reading = told.reading._replace(found=found)
        self.reads.setdefault(path, []).append(reading)
        for mention in reading.found:
            self.found.setdefault(mention.name, []).append(Use(path, mention))
        for operator, function in reading.operators:
            library, _, name = operator.rpartition("::")
            self.operators.setdefault(name, set()).add((library, Unit(path, function)))
        known = self.decorated.setdefault(path, {})
        for qualified, words in told.decorated.items():
            known.setdefault(qualified, []).extend(words)


def _in_turn(units: Iterable[Unit]) -> dict[str, list[frozenset[str]]]:
    """The names of units in their own files."""
    found: dict[str, list[frozenset[str]]] = {}
    for unit in units:
        found.setdefault(unit.path, []).append(frozenset((unit.name,)))
    return found
