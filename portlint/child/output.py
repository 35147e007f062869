"""What a child prints -> the end of it, as it may be shown."""

from __future__ import annotations

import collections
import os
from typing import IO

KEPT = 16_384
"""Bytes that are kept, from the end."""


def drain(stream: IO[bytes], tail: collections.deque[bytes]) -> None:
    """Read a stream to its end and keep the last parts of it."""
    while part := os.read(stream.fileno(), KEPT // 8):
        tail.append(part)
    stream.close()


def text(tail: collections.deque[bytes]) -> str:
    """What was kept of a stream, as it may be shown."""
    whole = b"".join(tail).decode("utf-8", "replace")
    return "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in whole
    )
