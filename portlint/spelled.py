"""The live files of a run -> what they define, and which few of them spell a name that is defined.

Every file is read twice, and only what it defines is kept of it. Several may read a part of the
files each; what they found is put together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
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
"""Path of a live file -> its bytes, with lines that end in a line feed."""


class Outlined(NamedTuple):
    """What some files define: each name with its only home (empty where there are several).

    `outlines` are of those with classes or with names that are put together, without what they
    define. `operating` are the files that spell some operator of torch, `seen` has digests of what
    else an outline says.
    """

    sole: dict[str, str]
    outlines: list[Outline]
    operating: list[str]
    seen: dict[str, bytes]


class Index(NamedTuple):
    """The files of each name that at most MANY and MARGIN of them spell, and the other names."""

    found: dict[str, list[str]]
    many: set[str]


class Spelled(NamedTuple):
    """`few` has the files of each defined name that at most MANY spell, `many` the other ones.

    `near` has the files of the names among the `many` that a few edits could make rare; the others
    are as `Outlined` has them.
    """

    few: dict[str, tuple[str, ...]]
    many: frozenset[str]
    near: dict[str, tuple[str, ...]]
    lineage: Lineage
    operating: tuple[str, ...]
    sole: dict[str, str]
    seen: dict[str, bytes]


def outlined(paths: Iterable[str], read: Read) -> Outlined:
    """Read what these files define."""
    all_of_it = Outlined({}, [], [], {})
    for path in paths:
        found = outline(read(path).decode("utf-8", "replace"))
        for name in found.defined:
            all_of_it.sole[name] = "" if name in all_of_it.sole else path
        all_of_it.seen[path] = told(found)
        if found.operators:
            all_of_it.operating.append(path)
        if found.bases or found.built:
            all_of_it.outlines.append(found._replace(defined=frozenset()))
    return all_of_it


def told(found: Outline) -> bytes:
    """A digest of what an outline says beside the names that it defines."""
    if not (found.bases or found.built or found.operators):
        return b""
    bases = sorted((name, sorted(listed)) for name, listed in found.bases.items())
    words = repr((bases, sorted(found.built), found.operators)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, digest_size=16).digest()


def together(parts: Sequence[Outlined]) -> Outlined:
    """What all of several parts of the files define."""
    if len(parts) == 1:
        return parts[0]
    whole = Outlined({}, [], [], {})
    for part in parts:
        for name, path in part.sole.items():
            whole.sole[name] = "" if name in whole.sole else path
        whole.outlines.extend(part.outlines)
        whole.operating.extend(part.operating)
        whole.seen.update(part.seen)
    whole.operating.sort()
    return whole


def indexed(paths: Iterable[str], names: Iterable[str], read: Read) -> Index:
    """Read which of these files spell each of the names."""
    wanted = {name.encode() for name in names}
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
    return Index(
        {word.decode(): files for word, files in found.items()}, set(map(bytes.decode, many))
    )


def words(data: bytes) -> list[bytes]:
    """All words of a text, as often as they stand there."""
    found = data.translate(NAMES).split()
    if data.isascii():
        return found
    odd = b" ".join(word for word in found if not word.isascii()).decode("utf-8", "replace")
    found += [word.encode() for word in WORD.findall(odd)]
    return found


def merged(parts: Sequence[Index]) -> Index:
    """Which of all files spell each name, of parts that were read apart."""
    if len(parts) == 1:
        return parts[0]
    found: dict[str, list[str]] = {}
    many = {name for part in parts for name in part.many}
    for part in parts:
        for name, files in part.found.items():
            if name not in many:
                found.setdefault(name, []).extend(files)
    more = {name for name, files in found.items() if len(files) > MANY + MARGIN}
    return Index({n: sorted(f) for n, f in found.items() if n not in more}, many | more)


def spelled(defined: Outlined, index: Index) -> Spelled:
    """All of it, as it is asked for."""
    few = {name: tuple(files) for name, files in index.found.items() if len(files) <= MANY}
    near = {name: tuple(files) for name, files in index.found.items() if len(files) > MANY}
    return Spelled(
        few=few,
        many=frozenset(index.many).union(near),
        near=near,
        lineage=lineage(defined.outlines),
        operating=tuple(defined.operating),
        sole=defined.sole,
        seen=defined.seen,
    )
