"""Half of a character, which a string of a program can have -> how it is written there.

`"cuda\\ud800"` is a string for Python, and none that a report, a cache or a terminal could hold.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from portlint.model import Related
from portlint.reading import WORDS, Export, FileResult, Sighting

T = TypeVar("T", Sighting, Export, Related)
PATHS = ("path", "library")
MESSAGE = ("message",)


def whole(result: FileResult) -> FileResult:
    """An equal result, but for halves in what its sightings and exports say."""
    sightings = tuple(map(_sighting, result.sightings))
    exports = {name: _whole(export, PATHS) for name, export in result.exports.items()}
    same = all(a is b for a, b in zip(sightings, result.sightings, strict=True))
    if same and all(exports[name] is export for name, export in result.exports.items()):
        return result
    return msgspec.structs.replace(result, sightings=sightings, exports=exports)


def _sighting(sighting: Sighting) -> Sighting:
    related = tuple(_whole(place, MESSAGE) for place in sighting.related)
    if any(a is not b for a, b in zip(related, sighting.related, strict=True)):
        sighting = msgspec.structs.replace(sighting, related=related)
    return _whole(sighting, WORDS)


def _whole(thing: T, names: tuple[str, ...]) -> T:
    said = {name: text for name in names if (text := getattr(thing, name)) and not text.isascii()}
    written = {name: plain(text) for name, text in said.items()}
    return thing if written == said else msgspec.structs.replace(thing, **written)


def plain(text: str) -> str:
    """A text that can be encoded."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
