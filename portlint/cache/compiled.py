"""The shipped catalogue as it was read last time, for as long as its files are what they were."""

from __future__ import annotations

import contextlib
import pathlib
from typing import NamedTuple

import msgspec

from portlint.cache import archive, place
from portlint.cache.writer import PACKAGE, State, state, writer
from portlint.rule import Rule

RULES = "rules"
NAMES = "names"


class Compiled(NamedTuple):
    """Rules by code, their digest, and what tells this portlint from others."""

    rules: dict[str, Rule]
    digest: str
    writer: str


def load(rules: pathlib.Path) -> tuple[Compiled | None, State | None]:
    """What is kept of a folder of rules, and how the files stand now.

    None for what is not there; None for both where nothing shall be kept.
    """
    file = _file()
    if file is None:
        return None, None
    try:
        now = state(rules)
    except OSError:
        return None, None
    with archive.reading(file, now.digest) as found:
        names = found and found.part(NAMES)
        data = found and found.part(RULES)
    with contextlib.suppress(*archive.TORN):
        if names and data:
            digest, author = msgspec.msgpack.decode(names, type=tuple[str, str])
            return Compiled(msgspec.msgpack.decode(data, type=dict[str, Rule]), digest, author), now
    return None, now


def keep(rules: dict[str, Rule], digest: str, now: State) -> str:
    """Keep a catalogue that was just read, where its files stand still; the writer's words."""
    author = writer(digest)
    file = _file()
    if file is not None and now.is_settled:
        names = msgspec.msgpack.encode((digest, author))
        parts = {NAMES: names, RULES: msgspec.msgpack.encode(rules)}
        archive.write(file, now.digest, parts)
    return author


def _file() -> pathlib.Path | None:
    folder = None if place.is_off() else place.folder()
    return place.file_of(PACKAGE, "rules", folder) if folder else None
