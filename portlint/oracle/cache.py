"""Answers on the disk: what torch-xla of one version once said of a call, by all that it was."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pathlib
import tempfile
from collections.abc import Iterable, Mapping

import msgspec

from portlint.oracle.process import SCRIPT
from portlint.oracle.protocol import Answer, Query

KEPT = frozenset(["lowered", "fallback", "error", "unknown-op", "too-large", "crash"])
"""What holds tomorrow too; time and memory may have been short for other reasons."""


@functools.cache
def script() -> str:
    """A digest of the worker's sources: another worker may answer otherwise."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(SCRIPT.parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def key(query: Query) -> str:
    """Equal for calls that get the same answer: op, shapes, dtypes and literals."""
    return hashlib.blake2b(msgspec.json.encode(query, order="sorted"), digest_size=16).hexdigest()


class Cache:
    """The answers of one interpreter careful of the same operators; `save` writes what is new."""

    def __init__(
        self, folder: pathlib.Path, versions: Mapping[str, str], careful: Iterable[str]
    ) -> None:
        of = msgspec.json.encode([script(), versions, sorted(careful)], order="sorted")
        name = hashlib.blake2b(of, digest_size=8).hexdigest()
        self.file = folder / "answers" / f"{name}.json"
        self.known = _read(self.file)
        self.new: dict[str, Answer] = {}

    def get(self, query: Query) -> Answer | None:
        """What is known of a call."""
        return self.known.get(key(query))

    def put(self, query: Query, answer: Answer) -> None:
        """Keep an answer, if it is one that lasts."""
        if answer.status in KEPT:
            self.new[key(query)] = self.known[key(query)] = answer

    def save(self) -> None:
        """Add what is new to the file; a folder that cannot be written to keeps nothing."""
        if not self.new:
            return
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            data = msgspec.json.encode(_read(self.file) | self.new, order="sorted")
            with tempfile.NamedTemporaryFile(dir=self.file.parent, delete=False) as stream:
                stream.write(data)
            pathlib.Path(stream.name).replace(self.file)
            self.new.clear()


def _read(file: pathlib.Path) -> dict[str, Answer]:
    """The answers of a file; one that is missing or broken holds none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Answer])
    except (OSError, msgspec.MsgspecError):
        return {}
