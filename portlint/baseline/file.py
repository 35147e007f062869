"""A baseline <-> its file: JSON with one entry on a line, sorted, so that a diff of it is short."""

from __future__ import annotations

import pathlib
from collections import Counter
from shlex import quote

import msgspec

from portlint.baseline.entries import SCHEMA, Baseline, Entry, Mark, entries
from portlint.contents import contents
from portlint.errors import Unreadable, UsageError
from portlint.model import Frozen, Target
from portlint.replace import replace

LARGEST = 64_000_000
"""Bytes of a baseline: some hundred thousand findings."""


class Written(Frozen, frozen=True, kw_only=True):
    """The file as it stands on disk."""

    schema: str
    target: Target
    findings: tuple[Entry, ...]


class _Named(msgspec.Struct):
    """As much of a file as says what it is."""

    schema: str = ""


def read(file: pathlib.Path, found: bool = False) -> Baseline:
    """A baseline; UsageError in one sentence where there is none.

    One that is `found` in what is looked at is no pipe, and no larger than findings can make it.
    """
    try:
        data = contents(file, LARGEST) if found else file.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            f"{file}: there is no such baseline: write it with"
            f" `portlint check --write-baseline {quote(str(file))}`"
        ) from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise UsageError(f"{file}: {error}") from error
    try:
        named = msgspec.json.decode(data, type=_Named).schema
        if named != SCHEMA:
            told = f"has the schema {named!r}" if named else "says no schema"
            raise UsageError(
                f"{file}: is no baseline that this version reads: it {told}, not {SCHEMA!r}"
            )
        held = msgspec.json.decode(data, type=Written)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).split("\n")[0]
        raise UsageError(
            f"{file}: is no baseline: {reason}: take it from version control, or write it anew"
        ) from error
    return Baseline(file=file, target=held.target, entries=held.findings)


def write(file: pathlib.Path, target: Target, marks: Counter[Mark]) -> None:
    """Write a baseline, with the same line ends on every system."""
    try:
        replace(file, rendered(target, marks).encode())
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error


def rendered(target: Target, marks: Counter[Mark]) -> str:
    """The text of the file: the same findings give the same bytes."""
    lines = [msgspec.json.encode(entry).decode() for entry in entries(marks)]
    body = "".join(f"\n  {line}," for line in lines).rstrip(",")
    return (
        f'{{\n "schema": "{SCHEMA}",\n'
        f' "target": {msgspec.json.encode(target).decode()},\n'
        f' "findings": [{body}\n ]\n}}\n'
    )
