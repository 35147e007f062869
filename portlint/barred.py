"""Functions and classes that the audited code uses behind guards only -> their sightings guarded.

`if current_platform.is_cuda(): reduce(x)` in another file: what is in `reduce`, and in whatever
only `reduce` uses, does not run on a Neuron host. Tests and examples use nothing; what nobody uses
is for others to call and stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from portlint.assemble import path_context
from portlint.backends import backends, foreign
from portlint.mentioned import Mentioned
from portlint.model import Span
from portlint.reading import FileResult, Sighting
from portlint.source.chunks import Chunks
from portlint.source.mentions import Mention
from portlint.source.sites import Key
from portlint.source.telling import Telling
from portlint.units import Unit, Use, units_at

Guards = Callable[[str, str, list[Mention]], Mapping[Key, str]]
"""File, text and mentions -> those that stand behind a guard, with its words."""
ROUNDS = 24
"""How far callers of callers are followed."""


def barred(
    results: Sequence[FileResult],
    codes: Collection[str],
    closed: Mapping[str, str],
    mentioned: Callable[[Mapping[str, FileResult]], Mentioned],
    guards: Guards,
    seeds: Collection[str],
) -> list[FileResult]:
    """The results, with what is in barred functions and classes guarded.

    `codes` are the rules that matter, `closed` the files that do not run on a Neuron host, `seeds`
    the words of other files and of libraries that make a condition worth a look.
    """
    siblings = backends(result.path for result in results)
    others = {r.path for r in results if r.path in siblings or foreign(r.path)}
    closed = {**dict.fromkeys(others, "for another device"), **closed}
    live = {r.path: r for r in results if _is_live(r)}
    asked = {
        path: [s.span for s in result.sightings if s.guard is None and s.rule in codes]
        for path, result in live.items()
        if path not in closed
    }
    if not any(asked.values()):
        return list(results)
    known = mentioned(live)
    held: dict[tuple[str, Span], list[Unit]] = {}
    for path, spans in asked.items():
        tree = ast.Module(Chunks(known.texts[path]).take(span.line for span in spans)[0], [])
        held.update(((path, span), units_at(tree, span, path)) for span in spans)
    bars = Bars(known, closed, guards, seeds)
    why = bars.reasons({unit for units in held.values() for unit in units})
    return [_behind(result, held, why) for result in results]


def _is_live(result: FileResult) -> bool:
    python = result.path.endswith((".py", ".pyi")) and not result.not_analysed
    return python and path_context(result.path) == "live"


def _behind(
    result: FileResult, held: Mapping[tuple[str, Span], list[Unit]], why: Mapping[Unit, str]
) -> FileResult:
    def guarded(sighting: Sighting) -> Sighting:
        units = held.get((result.path, sighting.span), ()) if sighting.guard is None else ()
        words = next((why[unit] for unit in units if unit in why), None)
        return sighting if words is None else msgspec.structs.replace(sighting, guard=words)

    sightings = tuple(map(guarded, result.sightings))
    same = all(a is b for a, b in zip(sightings, result.sightings, strict=True))
    return result if same else msgspec.structs.replace(result, sightings=sightings)


class Bars:
    """Finds the units all of whose uses stand behind guards, or in other such units."""

    def __init__(
        self,
        known: Mentioned,
        closed: Mapping[str, str],
        guards: Guards,
        seeds: Collection[str],
    ) -> None:
        self.known = known
        self.closed = closed
        self.guards = guards
        self.seeds = seeds
        self.uses: dict[Unit, list[Use]] = {}
        self.words: dict[tuple[str, tuple[str, ...], str], str] = {}
        self.pending: dict[tuple[str, tuple[str, ...], str], bool] = {}
        self.telling: dict[str, Telling] = {}

    def reasons(self, units: Iterable[Unit]) -> dict[Unit, str]:
        """The barred units among these and those that use them, each with why."""
        left = set(units)
        for _ in range(ROUNDS):
            self.uses.update(self.known.uses(sorted(left)))
            left = self._unread()
            if not left:
                self._look()
                left = self._unread()
            if not left:
                break
        possible = self._possible(final=True)
        why: dict[Unit, str] = {}
        while found := {u: w for u in possible - why.keys() if (w := self._why(u, why))}:
            why |= found
        return why

    def _unread(self) -> set[Unit]:
        """The units around uses without a guard whose own uses were not read."""
        return {
            unit
            for possible in self._possible()
            for use in self.uses[possible]
            if self._guard(use) is None and not self._is_pending(use)
            for unit in use.units
        } - self.uses.keys()

    def _possible(self, final: bool = False) -> set[Unit]:
        """The units that no use leaves open; before the end the unread may turn out barred."""
        found = {unit for unit, uses in self.uses.items() if uses}
        while True:
            opened = {
                unit
                for unit in found
                if any(self._opens(use, found, final) for use in self.uses[unit])
            }
            if not opened:
                return found
            found -= opened

    def _opens(self, use: Use, possible: set[Unit], final: bool) -> bool:
        if self._guard(use) is not None or (not final and self._is_pending(use)):
            return False
        return not any(
            unit in possible or (not final and unit not in self.uses) for unit in use.units
        )

    def _guard(self, use: Use) -> str | None:
        """The words of the guard that a use itself stands behind."""
        return self.closed.get(use.path) or self.words.get(use.key)

    def _is_pending(self, use: Use) -> bool:
        """Whether a condition around a use may be a guard, and was not looked at yet."""
        if not use.mention.tests:
            return False
        if use.key not in self.pending:
            path = use.path
            if path not in self.telling:
                self.telling[path] = Telling(self.known.readers[path].chunks, self.seeds)
            self.pending[use.key] = self.telling[path].any_of(use.mention.tests)
        return self.pending[use.key]

    def _look(self) -> None:
        """Have the conditions around the uses of possible units looked at."""
        files: dict[str, dict[Key, Mention]] = {}
        for unit in self._possible():
            for use in self.uses[unit]:
                if self._guard(use) is None and self._is_pending(use):
                    key = (use.mention.inside, use.mention.text)
                    files.setdefault(use.path, {})[key] = use.mention
        for path, asked in files.items():
            found = self.guards(path, self.known.texts[path], list(asked.values()))
            self.pending.update(((path, *key), False) for key in asked)
            self.words.update(((path, *key), words) for key, words in found.items())

    def _why(self, unit: Unit, why: Mapping[Unit, str]) -> str | None:
        for use in self.uses[unit]:
            if use.path in self.closed:
                return f"used only in {use.path}, {self.closed[use.path]}"
            if words := self.words.get(use.key):
                return f"used only where `{words}`, in {use.path}"
            if around := next((u for u in use.units if u in why), None):
                return why[around]
        return None
