"""What the lifting of guards asked of one file and was told, and whether a new text says the same.

As long as it does, and the file's imports stay, the findings of all other files stay as they are
(`portlint.mentioned` lists what is asked). Where it is not sure, it does not say the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from portlint.bars import Bars
from portlint.mentioned import Mentioned
from portlint.model import Frozen, Span
from portlint.shelf import Reading
from portlint.source.imports import STATEMENT
from portlint.source.lineage import CALLED, DEFINED, outline
from portlint.source.mentions import Mention, Reader
from portlint.source.sites import Key
from portlint.source.telling import Around, Seeds, Telling
from portlint.spelled import told, words
from portlint.units import Unit, units_at

AS = re.compile(r"\b(\w+)\s+as\s+(\w+)")
Looked = tuple[list[Mention], list[tuple[Key, str]]]
"""Mentions of which the guards were looked for, and those that have some."""
Guards = Callable[[str, list[Mention]], Mapping[Key, str]]
"""Text of the file and mentions -> those that stand behind a guard."""


class Asked(Frozen, frozen=True, kw_only=True):
    """The names that were asked for in a run.

    `few` and `near` as `portlint.spelled` has them, `absent` those that no outline defines, `other`
    all others; `elsewhere` were looked for in every file that names an operator.
    """

    few: list[str]
    near: list[str]
    other: list[str]
    absent: list[str]
    elsewhere: list[str]


class Facts(Frozen, frozen=True, kw_only=True):
    """The answers of a file.

    `held` are its units around open sightings of which the uses were looked for, `open` those that
    anybody may use, `why` has the reasons of barred ones. `reads` are names that were read in turn,
    each with a digest of what was found.
    """

    held: list[str] = msgspec.field(default_factory=list)
    open: list[str] = msgspec.field(default_factory=list)
    why: dict[str, str] = msgspec.field(default_factory=dict)
    outline: bytes = b""
    sole: list[str] = msgspec.field(default_factory=list)
    spelled: list[str] = msgspec.field(default_factory=list)
    elsewhere: list[str] = msgspec.field(default_factory=list)
    alone: dict[str, bool] = msgspec.field(default_factory=dict)
    exact: list[str] | None = None
    reads: list[tuple[list[str], bytes]] = msgspec.field(default_factory=list)
    tests: list[tuple[Around, bool]] = msgspec.field(default_factory=list)
    looked: list[Looked] = msgspec.field(default_factory=list)
    decorated: list[tuple[str, list[str]]] = msgspec.field(default_factory=list)


NOTHING = Facts()


def asked(known: Mentioned) -> Asked:
    """The names that a finished lifting asked for."""
    names = known.judged | known.done
    few, near = names & known.few.keys(), names & known.spelled.near.keys()
    absent = names - known.spelled.sole.keys()
    return Asked(
        few=sorted(few),
        near=sorted(near),
        other=sorted(names - few - near - absent),
        absent=sorted(absent),
        elsewhere=sorted(known.elsewhere),
    )


def facts(
    known: Mentioned, bars: Bars, units: Iterable[Unit], why: Mapping[Unit, str], names: Asked
) -> dict[str, Facts]:
    """File -> what it was asked; `units` are those around open sightings."""
    every = {*names.few, *names.near, *names.other, *names.absent}
    held: dict[str, set[str]] = {}
    free: dict[str, set[str]] = {}
    for unit in units:
        (free if known.is_open(unit) else held).setdefault(unit.path, set()).add(unit.qualified)
    reasons: dict[str, dict[str, str]] = {}
    for unit, text in why.items():
        reasons.setdefault(unit.path, {})[unit.qualified] = text
    spelled: dict[str, list[str]] = {}
    for name in (*names.few, *names.near):
        for path in known.few.get(name) or known.spelled.near[name]:
            spelled.setdefault(path, []).append(name)
    sole: dict[str, list[str]] = {}
    for name in every:
        if home := known.spelled.sole.get(name):
            sole.setdefault(home, []).append(name)
    operating = frozenset(known.operating)
    return {
        path: Facts(
            held=sorted(held.get(path, ())),
            open=sorted(free.get(path, ())),
            why=reasons.get(path, {}),
            outline=seen,
            sole=sorted(sole.get(path, ())),
            spelled=sorted(spelled.get(path, ())),
            elsewhere=_within(known.text(path), names.elsewhere) if path in operating else [],
            alone=known.alone.get(path, {}),
            exact=_chosen(known.meant.defined.get(path), every),
            reads=[(sorted(r.names), _digest(r, every)) for r in known.reads.get(path, ())],
            tests=bars.told.get(path, []),
            looked=[(asked, sorted(found.items())) for asked, found in bars.looked.get(path, ())],
            decorated=_decorated(known.decorated.get(path, {}), every),
        )
        for path, seen in known.spelled.seen.items()
    }


def same(before: Facts, names: Asked, data: bytes, seeds: Seeds, guards: Guards) -> bool:
    """Whether a file with this text would be asked the same, and give the same answers."""
    text = data.decode("utf-8", "replace")
    every = {*names.few, *names.near, *names.other, *names.absent}
    found = outline(text)
    rare = {name.encode() for name in (*names.few, *names.near)}
    if (
        told(found) != before.outline
        or not found.defined.issuperset(before.sole)
        or not found.defined.isdisjoint(names.absent)
        or sorted(word.decode() for word in rare.intersection(words(data))) != before.spelled
        or (found.operators and _within(text, names.elsewhere) != before.elsewhere)
        or any((text.count(name) == 1) != known for name, known in before.alone.items())
        or _renames(text, every)
    ):
        return False
    if before.exact is not None and before.exact != _chosen(DEFINED.findall(text), every):
        return False
    return _reads_same(before, names, text, every) and _guards_same(before, text, seeds, guards)


def _reads_same(before: Facts, names: Asked, text: str, every: Collection[str]) -> bool:
    if not before.reads:
        return True
    reader = Reader(frozenset(names.few))
    reader.open(text)
    for listed, digest in before.reads:
        reader.read(listed)
        read = Reading(frozenset(listed), tuple(reader.found), tuple(reader.operators.items()))
        reader.found.clear()
        if _digest(read, every) != digest:
            return False
    return _decorated(reader.decorated, every) == before.decorated


def _guards_same(before: Facts, text: str, seeds: Seeds, guards: Guards) -> bool:
    if before.tests:
        telling = Telling(text, seeds)
        if any(telling.any_of(tests) != known for tests, known in before.tests):
            return False
    return all(sorted(guards(text, asked).items()) == known for asked, known in before.looked)


def units(text: str, path: str, spans: Sequence[Span]) -> dict[Span, list[Unit]]:
    """The units around places of a file."""
    reader = Reader(frozenset())
    reader.open(text)
    module = reader.on(span.line for span in spans)
    return {span: units_at(module, span, path) for span in spans}


def is_free(unit: Unit) -> bool:
    """Whether a unit is open by its name alone."""
    return bool(unit.owner) and CALLED.fullmatch(unit.name) is not None


def _renames(text: str, every: Collection[str]) -> bool:
    """Whether an import gives something the name of what was asked for."""
    return any(
        name in every and name != other
        for match in STATEMENT.finditer(text)
        for other, name in AS.findall(match["names"] or match["plain"] or "")
    )


def _within(text: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in text]


def _chosen(names: Iterable[str] | None, every: Collection[str]) -> list[str] | None:
    return None if names is None else sorted({name for name in names if name in every})


def _decorated(
    decorated: Mapping[str, list[str]], every: Collection[str]
) -> list[tuple[str, list[str]]]:
    found = decorated.items()
    return sorted((name, list(w)) for name, w in found if name.rpartition(".")[2] in every)


def _digest(read: Reading, every: Collection[str]) -> bytes:
    """Of what was found of asked names, in this order, and of all operators."""
    about = hashlib.blake2b(digest_size=16)
    for mention in read.found:
        if mention.name in every:
            tests = [t and tuple(t) for t in mention.tests]
            words = repr((mention.name, mention.text, mention.inside, tests))
            about.update(words.encode("utf-8", "surrogatepass"))
    about.update(repr(read.operators).encode("utf-8", "surrogatepass"))
    return about.digest()
