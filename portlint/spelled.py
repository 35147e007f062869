"""The live files of a run -> what they define, and which few of them spell a name that is defined.

Every file is read twice, and only what it defines is kept of it. Several may read a part of the
files each; what they found is put together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from portlint.once import Once
from portlint.source.lineage import Lineage, Outline, outline

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

    `bases` and `built` are those of all their classes (`portlint.source.lineage`). `operating` are
    the files that spell some operator of torch, `seen` has digests of what else an outline says.
    """

    sole: dict[str, str]
    bases: dict[str, tuple[str, ...]]
    built: set[tuple[str, str]]
    operating: list[str]
    seen: dict[str, bytes]

    def take(self, sole: Mapping[str, str], bases: Mapping[str, Iterable[str]]) -> None:
        """Definitions of more files, and the bases of their classes."""
        for name, path in sole.items():
            self.sole[name] = "" if name in self.sole else path
        for name, listed in bases.items():
            known = self.bases.get(name, ())
            self.bases[name] = tuple(dict.fromkeys((*known, *sorted(listed))))


Index = list[tuple[str, ...] | None]
"""For each of some names the files that spell it; None where more than MANY and MARGIN do."""


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
    all_of_it = Outlined({}, {}, set(), [], {})
    once: Once[str] = Once()
    for path in paths:
        found = outline(read(path).decode("utf-8", "replace"))
        bases = {once(name): [*map(once, listed)] for name, listed in found.bases.items()}
        all_of_it.take(dict.fromkeys(map(once, found.defined), path), bases)
        all_of_it.built.update(found.built)
        all_of_it.seen[path] = told(found)
        if found.operators:
            all_of_it.operating.append(path)
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
    whole, *others = parts
    for part in others:
        whole.take(part.sole, part.bases)
        whole.built.update(part.built)
        whole.operating.extend(part.operating)
        whole.seen.update(part.seen)
    whole.operating.sort()
    return whole


def indexed(paths: Iterable[str], names: Sequence[str], read: Read) -> Index:
    """Read which of these files spell each of the names."""
    places = {name.encode(): at for at, name in enumerate(names)}
    wanted = set(places)
    found: Index = [()] * len(names)
    for path in paths:
        for word in wanted.intersection(words(read(path))):
            at = places[word]
            found[at] = _few((*(found[at] or ()), path))
            if found[at] is None:
                wanted.remove(word)
    return found


def _few(files: tuple[str, ...]) -> tuple[str, ...] | None:
    return files if len(files) <= MANY + MARGIN else None


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
    whole, *others = parts
    for part in others:
        for at, (one, more) in enumerate(zip(whole, part, strict=True)):
            whole[at] = None if one is None or more is None else _few((*one, *more))
    return whole


def spelled(defined: Outlined, index: Index) -> Spelled:
    """All of it, as it is asked for, with an index of what is defined."""
    few: dict[str, tuple[str, ...]] = {}
    near: dict[str, tuple[str, ...]] = {}
    many: set[str] = set()
    once = Once(defined.seen)
    alone: Once[tuple[str, ...]] = Once()
    for name, files in zip(defined.sole, index, strict=True):
        if files is None or len(files) > MANY:
            many.add(name)
        if files:  # none spells what only looks like a name
            listed = alone(tuple(sorted(map(once, files))))
            (few if len(files) <= MANY else near)[name] = listed
    return Spelled(
        few=few,
        many=frozenset(many),
        near=near,
        lineage=Lineage(defined.bases, defined.built),
        operating=tuple(defined.operating),
        sole=defined.sole,
        seen=defined.seen,
    )
