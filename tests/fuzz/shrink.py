"""An input that fails -> a shorter one that fails in the same way."""

import time
from collections.abc import Callable


def shrink(data: bytes, fails: Callable[[bytes], bool], seconds: float) -> bytes:
    """Leave out lines, then characters, in halves, quarters, …, for as long as it may take."""
    until = time.process_time() + seconds
    for unit in (b"\n", b""):
        pieces = data.split(unit) if unit else [data[n : n + 1] for n in range(len(data))]
        kept = _shorter(pieces, lambda some, u=unit: fails(u.join(some)), until)  # type: ignore[misc]
        data = unit.join(kept)
    return data


def _shorter(
    pieces: list[bytes], fails: Callable[[list[bytes]], bool], until: float
) -> list[bytes]:
    size = max(len(pieces) // 2, 1)
    while pieces:
        at = 0
        while at < len(pieces):
            if time.process_time() > until:
                return pieces
            without = pieces[:at] + pieces[at + size :]
            if fails(without):
                pieces = without
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return pieces
