"""Devices that are a parameter's default -> guarded where every call here gives another one.

`def load(path, device="cuda")` that is only called as `load(path, device=device)` puts nothing on
CUDA. The calls of tests do not count, those of examples where nothing else calls, and a call that
cannot be read leaves the finding as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from portlint.context import path_context
from portlint.model import Span
from portlint.reading import FileResult, Sighting
from portlint.source.chunks import Chunks
from portlint.source.defaults import Default, default_at, uses
from portlint.source.modules import is_python

Read = Callable[[str], str]
"""Name of an audited file -> its text."""
Where = tuple[str, Span]
Said = tuple[int, list[bool]]
"""The number of a default, and whether each use in a file gives another value."""


class Met(NamedTuple):
    """The results in which a default that no call leaves in place is guarded, and what was asked.

    `said` has what each file says of the wanted defaults: the number of one, what its uses give.
    """

    results: list[FileResult]
    wanted: dict[Where, Default]
    said: dict[str, list[Said]]
    given: dict[Where, int]


def met(results: Sequence[FileResult], rules: Iterable[str], read: Read) -> Met:
    """Look for defaults and for all their uses."""
    codes = frozenset(rules)
    wanted = {
        (result.path, span): default
        for result in results
        for span, default in defaults(result, codes, read)
    }
    said: dict[str, list[Said]] = {}
    for result in results if wanted else ():
        if found := says(result, wanted, read):
            said[result.path] = found
    given = _given(wanted, said)
    return Met([behind(result, codes, given) for result in results], wanted, said, given)


def defaults(
    result: FileResult, codes: Collection[str], read: Read
) -> Iterator[tuple[Span, Default]]:
    """The devices of a live file that are a parameter's default, by place."""
    spans = [s.span for s in result.sightings if s.rule in codes and s.guard is None]
    if spans and is_python(result.path) and path_context(result.path) == "live":
        text = Chunks(read(result.path))
        for span in spans:
            if found := default_at(text, span, PurePosixPath(result.path).stem):
                yield span, found


def says(result: FileResult, wanted: Mapping[Where, Default], read: Read) -> list[Said]:
    """What a file that is no test says of defaults, by their number."""
    if path_context(result.path) == "test" or not is_python(result.path):
        return []
    here = _reaches(result, wanted)
    text = read(result.path) if here else ""
    here = [place for place in here if wanted[place].called in text]
    chunks = Chunks(text if here else "")
    numbers = {place: number for number, place in enumerate(wanted)} if here else {}
    found = [(numbers[place], list(uses(chunks, wanted[place]))) for place in here]
    return [(number, answers) for number, answers in found if answers]


def _given(wanted: Mapping[Where, Default], said: Mapping[str, list[Said]]) -> dict[Where, int]:
    """The defaults that every call replaces, with the number of these calls."""
    places = list(wanted)
    asked: dict[Where, dict[str, list[bool]]] = {place: {} for place in wanted}
    for path, found in said.items():
        for number, answers in found:
            asked[places[number]].setdefault(path_context(path), []).extend(answers)
    calls = {place: found.get("live") or found.get("example", []) for place, found in asked.items()}
    return {place: len(found) for place, found in calls.items() if found and all(found)}


def _reaches(result: FileResult, wanted: Mapping[Where, Default]) -> list[Where]:
    """The defaults of functions that a file holds or imports."""
    words = {part for source, name in result.imports for part in (name, source.split(".")[-1])}
    return [
        place
        for place, default in wanted.items()
        if place[0] == result.path or default.spelled in words or default.module in words
    ]


def behind(result: FileResult, codes: Collection[str], given: Mapping[Where, int]) -> FileResult:
    """A result in which the given defaults are guarded."""

    def guarded(sighting: Sighting) -> Sighting:
        calls = given.get((result.path, sighting.span)) if sighting.rule in codes else None
        if calls is None or sighting.guard is not None:
            return sighting
        words = "a default that the one call here replaces"
        words = words if calls == 1 else f"a default that all {calls} calls here replace"
        return msgspec.structs.replace(sighting, guard=words)

    if not any((result.path, s.span) in given for s in result.sightings):
        return result
    return msgspec.structs.replace(result, sightings=tuple(map(guarded, result.sightings)))
