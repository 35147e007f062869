"""A text with its imports -> the part of what audited modules export that it can see and uses."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.reading import Export
from portlint.source.imports import Modules, Table, meanings, spoken
from portlint.source.taken import WORDS, followers, is_taken

FEW = 20
"""Names that are looked for one by one; to find all words of a text takes longer."""


class Said:
    """What a text says, found out where somebody asks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.behind = functools.cache(lambda module: followers(module, text))

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """Its words."""
        return frozenset(WORDS.findall(self.text))

    def of(self, count: int) -> str | frozenset[str]:
        """What tells whether so many names may stand in it."""
        return self.text if count < FEW else self.words


class Exporting:
    """What audited modules export, and which turn told of each first (`portlint.turns`)."""

    def __init__(self, table: Table | None = None, turns: Mapping[str, int] | None = None) -> None:
        self.table = dict(table or {})
        self.turns = dict(turns or {})

    @functools.cached_property
    def modules(self) -> Modules:
        """The modules of the table: whoever only hands it on needs none."""
        return Modules(self.table)

    def __reduce__(self) -> tuple[type[Exporting], tuple[Table, Mapping[str, int]]]:
        return type(self), (self.table, self.turns)

    def add(self, module: str, names: Mapping[str, Export], turn: int) -> None:
        """What one more module exports, or the same module in another file."""
        if module not in self.table and "modules" in vars(self):
            self.modules.add(module)
        self.table[module] = names
        self.turns[module] = turn

    def seen(
        self,
        imported: Iterable[tuple[str, str]],
        starts: Sequence[str],
        text: str,
        limit: int | None = None,
    ) -> dict[str, dict[str, Export]]:
        """The part of it that a text's imports reach, and that the text uses.

        Where there is a limit, only what was told before that many turns.
        """
        if not self.table:
            return {}
        found = relevant(self.table, imported, starts, self.modules, text)
        return {module: found[module] for module in found if self.tells(module, limit)}

    def tells(self, module: str, limit: int | None) -> bool:
        """Whether what a module exports was told before that many turns, if not before all."""
        return limit is None or self.turns.get(module, -1) < limit


class Reached(NamedTuple):
    """What imports reach: module and name ("" for all in it) -> what they themselves say it is.

    `own` are the modules that are imported by their own names, not as parts of another one.
    """

    known: dict[tuple[str, str], set[str]]
    own: set[str]


def relevant(
    table: Table,
    imported: Iterable[tuple[str, str]],
    starts: Sequence[str],
    modules: Modules,
    text: str,
) -> dict[str, dict[str, Export]]:
    """The part of an export table that a text's imports reach, and that the text uses."""
    pairs = list(imported)
    said = Said(text)
    reached = _reached(pairs, starts, modules, said)
    starred = {m for m, _ in meanings((p for p in pairs if p[1] == "*"), starts, modules)}
    found: dict[str, dict[str, Export]] = {}
    for (module, name), known in reached.known.items():
        names = table[module]
        if name:
            wanted = [name] if name in names else []
        elif module in starred:
            wanted = [name for name in names if name in text]
        else:
            behind = None if module in reached.own else said.behind(modules.names[module][-1])
            wanted = list(_taken(names, said, behind))
        told = {n: names[n] for n in wanted if {f"{at}.{n}" for at in known} != {names[n].path}}
        if told:
            found.setdefault(module, {}).update(told)
    return found


def _reached(
    imported: Iterable[tuple[str, str]],
    starts: Sequence[str],
    modules: Modules,
    said: Said,
) -> Reached:
    reached = Reached({}, set())
    for source, name in imported:
        for path, taken in spoken([(source, name)], starts, modules):
            reached.own.add(path)
            found = [(path, taken)] if taken is not None else _spelled(path, modules, said)
            for target in found:
                known = reached.known.setdefault(target, set())
                known.add(_by_itself(source, target[0], starts))
    return reached


def _spelled(path: str, modules: Modules, said: Said) -> Iterator[tuple[str, str]]:
    """The modules at or below a path to which a text may come.

    Of `import a` it has to spell `a.b.c` to come to what is in `c`.
    """
    below = modules.below[path]
    told = said.of(len(below))
    size = path.count(".") + 1
    for module in below:
        parts = modules.names[module][size:]
        if all(part in told for part in parts) and all(
            (names := said.behind(part)) is None or name in names
            for part, name in itertools.pairwise(parts)
        ):
            yield module, ""


def _taken(
    names: Mapping[str, Export], said: Said, behind: Collection[str] | None
) -> Iterator[str]:
    """The names that a text may take out of a module of which it imports the whole."""
    few = names if behind is None else names.keys() & behind
    told = said.of(len(few))
    return (n for n in names if n in few and n in told and is_taken(n, names[n].path, said.text))


def _by_itself(source: str, module: str, starts: Sequence[str]) -> str:
    """The dotted name that an import itself gives a module; empty where it is a relative one.

    What lies there under a path that only says the same again is nothing to be told.
    """
    for start in starts if source[:1] != "." else ():
        inside = module[len(start) :].lstrip(".") if f"{module}.".startswith(f"{start}.") else ""
        own = inside if start else module
        if own and (f"{source}.".startswith(f"{own}.") or f"{own}.".startswith(f"{source}.")):
            return own
    return ""
