"""The live files of a run -> what they define, and which few of them spell a name that is defined.

Every file is read twice, and only what it defines is kept of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from portlint.source.lineage import Lineage, Outline, lineage, outline

MANY = 10
"""Files: a name that more of them spell is too common to tell whose it is."""
MARGIN = 8
"""Files more that may spell a name before it is surely too common, whatever a few edits change."""
NAMES = bytes(c if c > 127 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
"""Makes a space of each byte that is part of no name."""
WORD = re.compile(r"\w+")
Read = Callable[[str], bytes]


class Spelled(NamedTuple):
    """`few` has the files of each defined name that at most MANY spell, `many` the other ones.

    `operating` are the files that spell some operator of torch. `near` has the files of the names
    among the `many` that a few edits could make rare, `sole` each defined name with its only home
    (empty where there are several), `seen` digests of what else an outline says, by file.
    """

    few: dict[str, tuple[str, ...]]
    many: frozenset[str]
    lineage: Lineage
    operating: tuple[str, ...]
    near: dict[str, tuple[str, ...]]
    sole: dict[str, str]
    seen: dict[str, bytes]


def spelled(paths: Iterable[str], read: Read) -> Spelled:
    """Read these files."""
    listed = list(paths)
    sole: dict[str, str] = {}
    seen: dict[str, bytes] = {}
    outlines: list[Outline] = []
    operating: list[str] = []
    for path in listed:
        found = outline(read(path).decode("utf-8", "replace"))
        for name in found.defined:
            sole[name] = "" if name in sole else path
        seen[path] = told(found)
        if found.operators:
            operating.append(path)
        if found.bases or found.built:
            outlines.append(found._replace(defined=frozenset()))
    few, near, many = _index(listed, sole, read)
    return Spelled(few, many, lineage(outlines), tuple(operating), near, sole, seen)


def told(found: Outline) -> bytes:
    """A digest of what an outline says beside the names that it defines."""
    if not (found.bases or found.built or found.operators):
        return b""
    bases = sorted((name, sorted(listed)) for name, listed in found.bases.items())
    words = repr((bases, sorted(found.built), found.operators)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, digest_size=16).digest()


def _index(
    paths: Iterable[str], known: Iterable[str], read: Read
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], frozenset[str]]:
    wanted = {name.encode() for name in known}
    found: dict[bytes, list[str]] = {}
    many: set[bytes] = set()
    for path in paths:
        for word in wanted.intersection(words(read(path))):
            files = found.setdefault(word, [])
            files.append(path)
            if len(files) > MANY + MARGIN:
                many.add(word)
                wanted.remove(word)
                del found[word]
    few = {word.decode(): tuple(files) for word, files in found.items() if len(files) <= MANY}
    near = {word.decode(): tuple(files) for word, files in found.items() if len(files) > MANY}
    return few, near, frozenset(word.decode() for word in many).union(near)


def words(data: bytes) -> list[bytes]:
    """All words of a text, as often as they stand there."""
    found = data.translate(NAMES).split()
    if data.isascii():
        return found
    odd = b" ".join(word for word in found if not word.isascii()).decode("utf-8", "replace")
    found += [word.encode() for word in WORD.findall(odd)]
    return found
