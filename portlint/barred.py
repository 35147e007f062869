"""Functions and classes that the audited code uses behind guards only -> their sightings guarded.

`if current_platform.is_cuda(): reduce(x)` in another file: what is in `reduce`, and in whatever
only `reduce` uses, does not run on a Neuron host. Tests and examples use nothing; what nobody uses
is for others to call and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from portlint.backends import backends, foreign
from portlint.bars import Bars
from portlint.context import path_context
from portlint.mentioned import Mentioned
from portlint.model import Span
from portlint.reading import FileResult, Sighting
from portlint.units import Unit, units_of

Places = Mapping[Span, Sequence[str] | None]
"""Places of a file with what around them may be used behind guards only; None: it was not said."""


class Told(NamedTuple):
    """What was read for a run, the units around open sightings, and why some are barred."""

    known: Mentioned
    bars: Bars
    units: set[Unit]
    why: dict[Unit, str]


class Barred(NamedTuple):
    """The results, and what was read for them if something was.

    `closed` are all files that do not run on a Neuron host.
    """

    results: list[FileResult]
    told: Told | None
    closed: Mapping[str, str]


def barred(
    results: Sequence[FileResult],
    codes: Collection[str],
    closed: Mapping[str, str],
    mentioned: Callable[[Mapping[str, FileResult]], Mentioned],
) -> Barred:
    """The results, with what is in barred functions and classes guarded.

    `codes` are the rules that matter, `closed` the files that do not run on a Neuron host.
    """
    siblings = backends(result.path for result in results)
    others = {r.path for r in results if r.path in siblings or foreign(r.path)}
    closed = {**dict.fromkeys(others, "for another device"), **closed}
    live = {r.path: r for r in results if is_live(r)}
    asked = {path: places(r, codes) for path, r in live.items() if path not in closed}
    if not any(asked.values()):
        return Barred(list(results), None, closed)
    known = mentioned(live)
    held = {
        (path, span): units
        for path, found in sorted(around(known, asked).items())
        for span, units in found.items()
    }
    bars = Bars(known, closed)
    units = {unit for listed in held.values() for unit in listed}
    why = bars.reasons(units)
    told = Told(known, bars, units, why)
    return Barred([behind(result, held, why) for result in results], told, closed)


def places(result: FileResult, codes: Collection[str]) -> Places:
    """The open sightings of a file that other files may guard."""
    return {
        s.span: s.within
        for s in result.sightings
        if s.guard is None and s.within != () and s.rule in codes
    }


def around(known: Mentioned, asked: Mapping[str, Places]) -> dict[str, dict[Span, list[Unit]]]:
    """The units around places of files, which are read where their first reading did not say."""
    told = {
        path: {span: units_of(path, names) for span, names in found.items() if names is not None}
        for path, found in asked.items()
    }
    left = {
        path: spans
        for path, found in asked.items()
        if (spans := [span for span, names in found.items() if names is None])
    }
    for path, units in known.around(left).items() if left else ():
        told[path] |= units
    return told


def is_live(result: FileResult) -> bool:
    """Whether a file's uses count, and its sightings are worth a look."""
    python = result.path.endswith((".py", ".pyi")) and not result.not_analysed
    return python and path_context(result.path) == "live"


def behind(
    result: FileResult, held: Mapping[tuple[str, Span], list[Unit]], why: Mapping[Unit, str]
) -> FileResult:
    """A result in which what stands in barred units is guarded."""

    def guarded(sighting: Sighting) -> Sighting:
        units = held.get((result.path, sighting.span), ()) if sighting.guard is None else ()
        words = next((why[unit] for unit in units if unit in why), None)
        return sighting if words is None else msgspec.structs.replace(sighting, guard=words)

    sightings = tuple(map(guarded, result.sightings))
    same = all(a is b for a, b in zip(sightings, result.sightings, strict=True))
    return result if same else msgspec.structs.replace(result, sightings=sightings)
