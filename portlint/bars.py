"""Functions and classes with all their uses -> those that nothing uses on a Neuron host, and why.

A use is open that stands behind no guard and in no unit that is itself used so. What opens a unit
opens those that it alone uses, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from portlint.mentioned import Mentioned
from portlint.shelf import Shelf
from portlint.source.mentions import Mention
from portlint.source.sites import Key
from portlint.source.telling import Around
from portlint.units import Unit, Use

TOGETHER = 32
"""Files that are looked at before it is asked what they leave open."""
Place = tuple[str, tuple[str, ...], str]


class Bars:
    """Finds the units all of whose uses stand behind guards, or in other such units.

    `closed` are the files that do not run on a Neuron host, `words` those of the guards that were
    found, `pending` says of places whether a condition there may be a guard and is to be looked at.
    """

    def __init__(self, known: Mentioned, closed: Mapping[str, str]) -> None:
        self.known = known
        self.closed = closed
        self.uses: dict[Unit, list[Use]] = {}
        self.words: dict[Place, str] = {}
        self.pending: dict[Place, bool] = {}
        self.possible: set[Unit] = set()
        self.within: dict[Unit, list[Unit]] = {}
        self.told: dict[str, list[tuple[Around, bool]]] = {}
        self.looked: dict[str, list[tuple[list[Mention], dict[Key, str]]]] = {}

    def reasons(self, units: Iterable[Unit]) -> dict[Unit, str]:
        """The barred units among these and those that use them, each with why."""
        left = set(units)
        while left:
            self._read(left)
            left = self._unread()
            while not left and self._look():
                left = self._unread()
        self._close(self.possible, final=True)
        why: dict[Unit, str] = {}
        while found := {
            unit: words
            for unit in self.possible - why.keys()
            if (words := self._why(unit, why)) is not None
        }:
            why |= found
        return why

    def _read(self, units: Iterable[Unit]) -> None:
        """Find the uses of these units, and open what is used in those that are open."""
        new = dict(self.known.uses(sorted(units)))
        self.uses |= new
        self._ask(use for found in new.values() for use in found)
        self.possible.update(unit for unit, found in new.items() if found)
        for unit, found in new.items():
            for around in dict.fromkeys(around for use in found for around in use.units):
                self.within.setdefault(around, []).append(unit)
        users = (unit for around in new for unit in self.within.get(around, ()))
        self._close([*new, *users])

    def _ask(self, uses: Iterable[Use]) -> None:
        """Note whether conditions around uses may be guards, file by file."""
        files: dict[str, dict[Place, Mention]] = {}
        for use in uses:
            if use.mention.tests and use.key not in self.pending and self._guard(use) is None:
                files.setdefault(use.path, {}).setdefault(use.key, use.mention)
        listed = {path: [m.tests for m in asked.values()] for path, asked in files.items()}
        for path, found in self.known.shelves.ask(Shelf.tell, listed).items() if listed else ():
            self.pending.update(zip(files[path], found, strict=True))
            self.told.setdefault(path, []).extend(zip(listed[path], found, strict=True))

    def _unread(self) -> set[Unit]:
        """The units around uses without a guard whose own uses were not read."""
        return {
            unit
            for possible in self.possible
            for use in self.uses[possible]
            if self._guard(use) is None and not self._is_pending(use)
            for unit in use.units
        } - self.uses.keys()

    def _close(self, units: Iterable[Unit], final: bool = False) -> None:
        """Take out the units that a use leaves open; before the end the unread may be barred."""
        left = list(units)
        while left:
            unit = left.pop()
            if unit in self.possible and any(self._opens(u, final) for u in self.uses[unit]):
                self.possible.remove(unit)
                left.extend(self.within.get(unit, ()))

    def _opens(self, use: Use, final: bool) -> bool:
        if self._guard(use) is not None or (not final and self._is_pending(use)):
            return False
        return not any(
            unit in self.possible or (not final and unit not in self.uses) for unit in use.units
        )

    def _guard(self, use: Use) -> str | None:
        """The words of the guard that a use itself stands behind."""
        return self.closed.get(use.path) or self.words.get(use.key)

    def _is_pending(self, use: Use) -> bool:
        """Whether a condition around a use may be a guard, and was not looked at yet."""
        return bool(use.mention.tests) and self.pending[use.key]

    def _look(self) -> bool:
        """Have the conditions around uses of possible units looked at, if there are any."""
        files: dict[str, list[tuple[Unit, Use]]] = {}
        for unit, use in self._pending():
            files.setdefault(use.path, []).append((unit, use))
        listed = sorted(files.items())
        for at in range(0, len(listed), TOGETHER):
            self._look_at(dict(listed[at : at + TOGETHER]))
        return bool(files)

    def _look_at(self, files: Mapping[str, Sequence[tuple[Unit, Use]]]) -> None:
        """The same in these files; what was found in others before has opened some of it."""
        asked = {
            path: {use.key: use.mention for unit, use in pending if unit in self.possible}
            for path, pending in files.items()
        }
        mentions = {path: list(found.values()) for path, found in asked.items() if found}
        for path, found in self.known.shelves.ask(Shelf.guarded, mentions).items():
            self.looked.setdefault(path, []).append((mentions[path], found))
            self.pending.update(dict.fromkeys(asked[path], False))
            self.words.update(((path, *key), words) for key, words in found.items())
            self._close(unit for unit, _ in files[path])

    def _pending(self) -> Iterator[tuple[Unit, Use]]:
        for unit in sorted(self.possible):
            for use in self.uses[unit]:
                if self._guard(use) is None and self._is_pending(use):
                    yield unit, use

    def _why(self, unit: Unit, why: Mapping[Unit, str]) -> str | None:
        for use in self.uses[unit]:
            if use.path in self.closed:
                return f"used only in {use.path}, {self.closed[use.path]}"
            if words := self.words.get(use.key):
                return f"used only where `{words}`, in {use.path}"
            if around := next((u for u in use.units if u in why), None):
                return why[around]
        return None
