"""Devices that are a parameter's default -> guarded where every call here gives another one.

`def load(path, device="cuda")` that is only called as `load(path, device=device)` puts nothing on
CUDA. The calls of tests do not count, those of examples where nothing else calls, and a call that
cannot be read leaves the finding as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from portlint.assemble import path_context
from portlint.model import Span
from portlint.reading import FileResult, Sighting
from portlint.source.defaults import Default, default_at, uses
from portlint.source.modules import is_python

Read = Callable[[str], str]
"""Name of an audited file -> its text."""
Where = tuple[str, Span]


def met(results: Sequence[FileResult], rules: Iterable[str], read: Read) -> list[FileResult]:
    """The results in which a default that no call leaves in place is guarded."""
    codes = frozenset(rules)
    wanted: dict[Where, Default] = {}
    for result in results:
        spans = [s.span for s in result.sightings if s.rule in codes and s.guard is None]
        if spans and is_python(result.path) and path_context(result.path) == "live":
            module = _parsed(read(result.path))
            for span in spans:
                if found := default_at(module, span, PurePosixPath(result.path).stem):
                    wanted[result.path, span] = found
    given = _given(results, wanted, read) if wanted else {}
    return [_behind(result, codes, given) for result in results]


def _parsed(text: str) -> ast.Module:
    """The tree of a file; an empty one where only libcst can read it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _given(
    results: Sequence[FileResult], wanted: Mapping[Where, Default], read: Read
) -> dict[Where, int]:
    """The defaults that every call replaces, with the number of these calls."""
    asked: dict[Where, dict[str, list[bool]]] = {place: {} for place in wanted}
    for result in results:
        context = path_context(result.path)
        here = _reaches(result, wanted) if context != "test" and is_python(result.path) else []
        text = read(result.path) if here else ""
        here = [place for place in here if wanted[place].called in text]
        module = _parsed(text if here else "")
        for place in here:
            asked[place].setdefault(context, []).extend(uses(module, wanted[place]))
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


def _behind(result: FileResult, codes: frozenset[str], given: Mapping[Where, int]) -> FileResult:
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
