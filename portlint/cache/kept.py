"""What the passes gave for single files, by a digest of all that it depends on."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from portlint.model import Frozen
from portlint.passes import Outcome

Key = bytes
SIZE = 16
SPARE = 1_000_000
"""Bytes of outcomes that are kept although this run did not ask for them."""


class Index(Frozen, frozen=True, kw_only=True):
    """The keys one after the other, and how many bytes of the other part belong to each."""

    keys: bytes
    sizes: list[int]


class Kept:
    """Outcomes as bytes, decoded when they are asked for; those of this run as they are.

    An outcome that is empty says that the passes had nothing to say in that round.
    """

    def __init__(self, index: bytes = b"", data: bytes = b"") -> None:
        """Raises msgspec.MsgspecError, ValueError where these bytes are not what `packed` gave."""
        self.known: dict[Key, bytes | memoryview | Outcome] = {}
        if not index:
            return
        table = msgspec.msgpack.decode(index, type=Index)
        if len(table.keys) != SIZE * len(table.sizes) or sum(table.sizes) != len(data):
            raise ValueError("columns of different lengths")
        start, view = 0, memoryview(data)
        for at, size in enumerate(table.sizes):
            self.known[table.keys[SIZE * at : SIZE * at + SIZE]] = view[start : start + size]
            start += size

    def outcome(self, key: Key) -> Outcome | None:
        """What is known under a key. Raises KeyError, msgspec.MsgspecError."""
        data = self.known[key]
        if isinstance(data, Outcome):
            return data
        return DECODER.decode(data) if data else None

    def add(self, key: Key, outcome: Outcome | None) -> None:
        """Keep an outcome."""
        self.known[key] = b"" if outcome is None else outcome

    def packed(self, wanted: Container[Key]) -> tuple[bytes, list[bytes | memoryview]]:
        """Index and data: the wanted ones, and of the others as much as a few edits leave.

        An outcome that holds what cannot be written is found again each time.
        """
        listed = ((key, _encoded(item)) for key, item in self.known.items() if key in wanted)
        found = {key: data for key, data in listed if data is not None}
        room = max(SPARE, sum(map(len, found.values())) // 4)
        for key, item in reversed(self.known.items()):
            if key not in wanted and (data := _encoded(item)) is not None:
                room -= len(data)
                if room <= 0:
                    break
                found[key] = data
        index = Index(keys=b"".join(found), sizes=[len(data) for data in found.values()])
        return msgspec.msgpack.encode(index), list(found.values())


def _encoded(item: bytes | memoryview | Outcome) -> bytes | memoryview | None:
    """None for what cannot be written."""
    try:
        return ENCODER.encode(item) if isinstance(item, Outcome) else item
    except (ValueError, msgspec.MsgspecError):
        return None


DECODER = msgspec.msgpack.Decoder(Outcome)
ENCODER = msgspec.msgpack.Encoder()
