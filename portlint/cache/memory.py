"""An audited root and what the last run there left -> answers, outcomes, and what this run leaves.

Nothing of it changes what a run reports: it is asked by digests of all that an answer depends on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pathlib
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

import msgspec

from portlint.cache import archive, place, whole
from portlint.cache.stamps import NONE, UNREAD, Stamped, Table, stamp_of, stamped, unpack
from portlint.discover import File, Listing
from portlint.model import Finding, Frozen
from portlint.report import Report

if TYPE_CHECKING:
    from portlint.cache.kept import Kept

STAMPS, INDEX, OUTCOMES, ANSWER = "stamps", "index", "outcomes", "answer-"
STANDING = BASE, FINALS, FACTS, TABLES, READ, GROUNDS = (
    *("standing", "standing-finals", "standing-facts", "standing-tables", "standing-readings"),
    "standing-grounds",
)
ANSWERS = 4
"""Questions whose answers are kept: another target, another selection, the state before an edit."""
Key = bytes


class Answer(Frozen, frozen=True, kw_only=True):
    """A whole run: its report, what the configuration leaves out of it, whether a rule failed."""

    report: Report
    left_out: tuple[Finding, ...]


class Memory:
    """What is known of the files of a run, and what will be."""

    def __init__(self, file: pathlib.Path, writer: str, listing: Listing) -> None:
        self.file = file
        self.writer = writer
        self.listing = listing
        self.answers: list[str] = []
        self.new: dict[str, bytes] = {}
        stamps = b""
        with archive.reading(file, writer) as found:
            if found is not None:
                self.answers = [name for name in found.head.parts if name.startswith(ANSWER)]
                stamps = found.part(STAMPS) or b""
        self.table = Table(names=[], stamps=[], digests=b"")
        with contextlib.suppress(*archive.TORN):
            self.table = unpack(stamps)
        self.stamps = [stamp_of(file) for file in listing.files]
        self.is_same = self.table.holds(listing.files, self.stamps)
        self.used: dict[Key, str] = {}
        self.failed = False
        self.standing: dict[str, archive.Pieces] | None = None
        self._kept: Kept | None = None

    @functools.cached_property
    def before(self) -> Mapping[str, Stamped]:
        """What the last run knew of each file."""
        return self.table.rows()

    @functools.cached_property
    def now(self) -> Mapping[str, Stamped]:
        """The files as they are."""
        files = self.listing.files
        return self.before if self.is_same else stamped(files, self.stamps, self.before)

    @property
    def kept(self) -> Kept:
        """The outcomes of single files, read when the first is asked for."""
        if self._kept is None:
            from portlint.cache.kept import Kept

            self._kept = Kept()
            with (
                archive.reading(self.file, self.writer) as found,
                contextlib.suppress(*archive.TORN),
            ):
                names = (INDEX, OUTCOMES) if found else ()
                parts = [found.part(name) or b"" for name in names if found]
                self._kept = Kept(*parts)
        return self._kept

    def part(self, name: str) -> bytes:
        """What an earlier run left under a name; empty if there is none."""
        with archive.reading(self.file, self.writer) as found:
            return (found.part(name) if found else None) or b""

    def key(self, file: File, *rest: bytes) -> Key | None:
        """What an outcome of a file depends on; None where nothing can be known of it."""
        item = self.now[file.name]
        if item.digest == UNREAD:
            return None
        key = _digest(file.name.encode(), file.kind.encode(), item.digest, *rest)
        self.used[key] = file.name
        return key

    def question(self, settings: bytes) -> Key:
        """What the answer of a whole run depends on: settings, and all that was listed."""
        listing = self.listing
        table = self.table if self.is_same else Table.of(self.now)
        names = (table.names, [file.kind for file in listing.files], table.digests)
        beside = [(file.name, file.kind) for file in listing.beside]
        told = (os.fsencode(listing.root), names, beside, listing.unreadable, settings)
        return _digest(msgspec.msgpack.encode(told))

    def answer(self, question: Key) -> Answer | None:
        """What an earlier run found in the same files with the same settings."""
        if not self.is_same and any(item.digest == UNREAD for item in self.now.values()):
            return None
        return self.told(question)

    def told(self, question: Key) -> Answer | None:
        """What the run was told that asked this question, whatever the files are now."""
        name = f"{ANSWER}{question.hex()}"
        data = self.part(name) if name in self.answers else b""
        with contextlib.suppress(*archive.TORN):
            return whole.unpack(data, Answer) if data else None
        return None

    def learn(self, question: Key | None, answer: Answer | None) -> None:
        """Keep all that this run read, and its answer, if the files still are what they were."""
        now = {file.name: self._still(file) for file in self.listing.files}
        moved = {name for name, item in now.items() if item is None}
        self.used = {key: name for key, name in self.used.items() if name not in moved}
        if question is not None and answer is not None and not moved:
            with contextlib.suppress(ValueError, msgspec.MsgspecError):
                self.new = {f"{ANSWER}{question.hex()}": whole.pack(answer)}
        if moved and self.standing is not None:
            self.standing = {}
        beside = {file.name for file in self.listing.beside}
        self._write({name: item for name, item in self.before.items() if name in beside}, now)

    def renew(self) -> None:
        """Keep what was read again and is what it was, so that the next run need not read it."""
        if self.is_same:
            return
        if any(i.stamp != NONE and self.before.get(n) is not i for n, i in self.now.items()):
            self._write(self.before, self.now, wanted=self.kept.known)

    def _still(self, file: File) -> Stamped | None:
        """A file as it was when the run began; None where it is not any more."""
        item = self.now[file.name]
        if item.stamp != NONE:
            return item if stamp_of(file) == item.stamp else None
        again = stamped([file], [stamp_of(file)], {})[file.name]
        return again if again.digest == item.digest != UNREAD else None

    def _write(
        self, *stamps: Mapping[str, Stamped | None], wanted: Container[Key] | None = None
    ) -> None:
        """Without word of what is wanted, that is what this run has used."""
        items = {name: item for known in stamps for name, item in known.items()}
        known = {n: i for n, i in items.items() if i is not None and i.digest != UNREAD}
        index, outcomes = self.kept.packed(self.used if wanted is None else wanted)
        table = msgspec.msgpack.encode(Table.of(dict(sorted(known.items()))))
        older = {name: data for name in self.answers if (data := self.part(name))}
        answers = dict(list((self.new | older).items())[:ANSWERS])
        standing = self._standing() if self.standing is None else self.standing
        with contextlib.suppress(ValueError, msgspec.MsgspecError):
            parts = {STAMPS: table, INDEX: index, OUTCOMES: outcomes, **answers, **standing}
            self.failed = not archive.write(self.file, self.writer, parts)

    def _standing(self) -> dict[str, archive.Pieces]:
        """What an earlier run left of itself as a whole."""
        return {name: data for name in STANDING if (data := self.part(name))}


def remembered(folder: pathlib.Path, writer: str, listing: Listing) -> Memory:
    """What is known of a root in a folder of caches."""
    return Memory(place.file_of(listing.root.absolute(), "run", folder), writer, listing)


def _digest(*parts: bytes) -> Key:
    about = hashlib.blake2b(digest_size=16)
    for part in parts:
        about.update(len(part).to_bytes(8, "little") + part)
    return about.digest()
