"""A text with its imports -> the part of what audited modules export that it can see and uses."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from portlint.reading import Export
from portlint.source.imports import Modules, Table, meanings, spoken
from portlint.source.lines import is_word

WORDS = re.compile(r"\w+")
FEW = 20
"""Names that are looked for one by one; to find all words of a text takes longer."""
ASKING = (".", "\\", '"', "'")
"""What stands before a name that is taken out of something; a line may be broken there."""
Words = Callable[[], frozenset[str]]
Reached = dict[tuple[str, str], set[str]]
"""Module and name ("" for all that is in it) -> what the imports themselves say that it is."""


class Exporting:
    """What audited modules export, and which turn told of each first (`portlint.turns`)."""

    def __init__(self, table: Table | None = None, turns: Mapping[str, int] | None = None) -> None:
        self.table = dict(table or {})
        self.turns = dict(turns or {})
        self.modules = Modules(self.table)

    def add(self, module: str, names: Mapping[str, Export], turn: int) -> None:
        """What one more module exports, or the same module in another file."""
        if module not in self.table:
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
        """Whether what a module exports was told before that many turns."""
        return limit is None or self.turns[module] < limit


def relevant(
    table: Table,
    imported: Iterable[tuple[str, str]],
    starts: Sequence[str],
    modules: Modules,
    text: str,
) -> dict[str, dict[str, Export]]:
    """The part of an export table that a text's imports reach, and that the text uses."""
    pairs = list(imported)
    words = functools.cache(lambda: frozenset(WORDS.findall(text)))
    reached = _reached(pairs, starts, modules, text, words)
    starred = {m for m, _ in meanings((p for p in pairs if p[1] == "*"), starts, modules)}
    found: dict[str, dict[str, Export]] = {}
    for (module, name), known in reached.items():
        names = table[module]
        if name:
            wanted = [name] if name in names else []
        elif module in starred:
            wanted = [name for name in names if name in text]
        else:
            wanted = list(_taken(module, names, text, words))
        told = {n: names[n] for n in wanted if {f"{at}.{n}" for at in known} != {names[n].path}}
        if told:
            found.setdefault(module, {}).update(told)
    return found


def _reached(
    imported: Iterable[tuple[str, str]],
    starts: Sequence[str],
    modules: Modules,
    text: str,
    words: Words,
) -> Reached:
    reached: Reached = {}
    for source, name in imported:
        for path, taken in spoken([(source, name)], starts, modules):
            found = [(path, taken)] if taken is not None else _spelled(path, modules, text, words)
            for target in found:
                reached.setdefault(target, set()).add(_by_itself(source, target[0], starts))
    return reached


def _spelled(path: str, modules: Modules, text: str, words: Words) -> Iterator[tuple[str, str]]:
    """The modules at or below a path of which a text has the last name.

    Of `import a` it has to spell `a.b.c` to come to what is in `c`.
    """
    below = modules.below[path]
    told = text if len(below) < FEW else words()
    return ((module, "") for module in below if modules.names[module] in told)


def _taken(module: str, names: Mapping[str, Export], text: str, words: Words) -> Iterator[str]:
    """The names that a text may take out of a module of which it imports the whole."""
    if module.rpartition(".")[2] in text:
        told = text if len(names) < FEW else words()
        yield from (n for n in names if n in told and _is_taken(n, names[n].path, text))


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


def _is_taken(name: str, path: str, text: str) -> bool:
    """Whether a text may take a name out of a module it imports: behind a dot, or in quotes.

    `torch.nn` takes nothing from a module whose `nn` stands for just that `path`.
    """
    home = path.removesuffix(name)
    at = text.find(name)
    while at >= 0:
        after = at + len(name)
        if not is_word(text[after : after + 1]) and _is_asked(text, at):
            start = at - len(home)
            if not home.endswith(".") or text[max(start, 0) : at] != home:
                return True
            if is_word(text[max(start - 1, 0) : start]) or _is_asked(text, start):
                return True
        at = text.find(name, after)
    return False


def _is_asked(text: str, at: int) -> bool:
    """Whether what stands before a place may ask something for the name there."""
    end = at
    while end and text[end - 1].isspace():
        end -= 1
    line = text[text.rfind("\n", 0, end) + 1 : end]
    # A dot may stand before a comment that ends the line.
    return line[-1:] in ASKING or ("#" in line and "\n" in text[end:at])
