"""A reading of files -> what a run notes of it for runs after a few edits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from portlint.cache.known import is_accident
from portlint.passes import Outcome
from portlint.reading import FileResult


class Noted(NamedTuple):
    """A digest of what others see of each file, None where the passes had nothing to say.

    `opened` are the files with an open sighting, `hosted` has the operators that files have for the
    host; `accident` says whether something failed.
    """

    seen: dict[str, bytes | None]
    opened: frozenset[str]
    hosted: dict[str, tuple[str, ...]]
    accident: bool


def noted(read: Mapping[str, Outcome | None]) -> Noted:
    """Of a reading by file name."""
    results = {name: outcome.result for name, outcome in read.items() if outcome is not None}
    return Noted(
        {name: interface(results[name]) if name in results else None for name in read},
        frozenset(name for name, result in results.items() if is_open(result)),
        {name: result.hosted for name, result in results.items() if result.hosted},
        any(map(is_accident, read.values())),
    )


def interface(result: FileResult) -> bytes:
    """A digest of what the passes over all files see of a file, beside its sightings."""
    exports = [
        (name, msgspec.structs.replace(export, line=0)) for name, export in result.exports.items()
    ]
    told = (result.imports, result.inner, result.named, result.ways, exports, result.not_analysed)
    return hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=16).digest()


def is_open(result: FileResult) -> bool:
    """Whether something in a file stands behind no guard."""
    return any(sighting.guard is None for sighting in result.sightings)
