"""What a child left in its private files -> a trace and a place, whatever it wrote there."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
from typing import IO

import msgspec

from portlint.child.allowance import allowance
from portlint.record import Place, Trace

LONGEST = 1 << 28
"""Bytes of one answer."""
MOST = 1000
"""Answers of one child: it sends one after every step, of which there are fewer than ten."""
ROOM, GROWTH = 1 << 30, 40
"""Bytes that an answer may take once it is decoded: at first, and for each of its own."""
NOT_A_TRACE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, MemoryError)
"""What decoding raises: a name that is no UTF-8 is no MsgspecError."""
FRAME = re.compile(r'File "([^"\n]{1,4096})", line (\d{1,9}) in (.*)')


def last(answer: IO[bytes]) -> Trace | None:
    """The last whole trace the child sent; None where there is none, or it is no trace."""
    found = None
    size = os.fstat(answer.fileno()).st_size
    at = answer.seek(0)
    for _ in range(MOST):
        length = int.from_bytes(answer.read(8), "big")
        if length == 0 or length > min(LONGEST, size - at - 8):
            break
        found = (at + 8, length)
        at = answer.seek(at + 8 + length)
    return _decoded(answer, *found) if found else None


def _decoded(answer: IO[bytes], at: int, length: int) -> Trace | None:
    answer.seek(at)
    with (
        contextlib.suppress(*NOT_A_TRACE),
        allowance(ROOM + GROWTH * length),
    ):
        return msgspec.msgpack.decode(answer.read(length), type=Trace)
    return None


def place(stacks: IO[bytes], root: str) -> Place | None:
    """The user's line in the stack that was written when time was up or a signal came."""
    stacks.seek(0)
    frames = FRAME.findall(stacks.read(1 << 20).decode("utf-8", "replace"))
    base = f"{pathlib.Path(root).resolve()}{os.sep}"
    own = [f for f in frames if f[0].startswith(base) and "-packages" not in f[0][len(base) :]]
    return next((Place(path=p, line=int(n), function=f.strip()) for p, n, f in own), None)
