"""A judged run -> what its findings rest on beside their own files, for runs after a few edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from portlint.around import Around, around
from portlint.cache.memory import GROUNDS, Memory
from portlint.emitted import END_OF_SUPPORT
from portlint.judged import Read
from portlint.model import Finding, Frozen
from portlint.reading import FileResult
from portlint.summing import Size, size


class Grounds(Frozen, frozen=True, kw_only=True):
    """What a run was told when it asked, and what of it holds while a few files are edited.

    `settings` are those of its question, of which `question` is the digest with its files.
    `copies` counts the files of each name and content, `ended` is the file at which the end of a
    stack is told.
    """

    settings: bytes
    question: bytes
    around: Around
    copies: dict[str, int]
    ended: str | None
    size: Size


def leave(
    memory: Memory, settings: bytes, question: bytes, read: Read, findings: Sequence[Finding]
) -> None:
    """Keep them with what else the run leaves, if it leaves something."""
    if not memory.standing:
        return
    grounds = Grounds(
        settings=settings,
        question=question,
        around=around(read.results),
        copies=Counter(copy_of(result) for result in read.results if result.digest),
        ended=next((f.path for f in findings if f.rule == END_OF_SUPPORT), None),
        size=size(read.results),
    )
    memory.standing[GROUNDS] = msgspec.msgpack.encode(grounds)


def kept(memory: Memory, settings: bytes) -> Grounds | None:
    """Those of the last run, if it had these settings. Raises what decoding raises."""
    data = memory.part(GROUNDS)
    grounds = msgspec.msgpack.decode(data, type=Grounds) if data else None
    return grounds if grounds is not None and grounds.settings == settings else None


def copy_of(result: FileResult) -> str:
    """The same for files of one name and content."""
    return f"{result.digest}/{result.path.rpartition('/')[2]}"
