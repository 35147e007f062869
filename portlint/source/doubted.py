"""A file's tree and places in it -> what around them may be used behind guards only.

A definition is surely used where something in its file loads its name behind no condition: at the
top, or in definitions that are surely used themselves. Most of a package's classes are, and of
those no other file has to be asked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from portlint.model import Span
from portlint.source.enclosing import around
from portlint.source.lineage import CALLED, OPERATORS
from portlint.source.lines import ends_of, words_on
from portlint.source.mentions import OPERATOR_MAKERS, Mention, Reader
from portlint.source.references import HARMLESS

OWN = ("self", "cls", "__class__")
PASSING = (
    HARMLESS
    | frozenset(
        "autotune heuristics kernel compile property cached_property abstractmethod override wraps "
        "input_guard".split()
    )
    | OPERATOR_MAKERS
)
"""Decorators that give the function to nobody else; an operator is followed by its name."""
Users = Sequence[str]
"""The definitions around a use."""


def doubted(module: ast.Module, text: str, spans: Iterable[Span]) -> dict[Span, tuple[str, ...]]:
    """Of each place the definitions around it, without those that are surely used."""
    held = {span: [name for name in around(module, span) if not is_called(name)] for span in spans}
    asked = {name for names in held.values() for name in names}
    sure = _sure(module, text, asked) if asked else set()
    return {span: tuple(n for n in names if n not in sure) for span, names in held.items()}


def is_called(qualified: str) -> bool:
    """Whether it is a method that torch or Python calls."""
    owner, _, name = qualified.rpartition(".")
    return bool(owner) and CALLED.fullmatch(name) is not None


def _sure(module: ast.Module, text: str, asked: set[str]) -> set[str]:
    """Those of the asked definitions, and of their users, that are surely used."""
    known: dict[str, list[Users]] = {}
    ends = ends_of(text)
    while left := asked - known.keys():
        for name, users in _uses(module, text, ends, left):
            known.setdefault(name, []).extend(users)
            asked = asked.union(user for found in users for user in found if not is_called(user))
    sure: set[str] = set()
    while more := {
        name
        for name in known.keys() - sure
        if any(all(user in sure or is_called(user) for user in users) for users in known[name])
    }:
        sure |= more
    return sure


def _uses(
    module: ast.Module, text: str, ends: Sequence[int], asked: Iterable[str]
) -> Iterator[tuple[str, list[Users]]]:
    """Each definition with those around its plain uses; with nobody where others may have it."""
    names = {qualified.rpartition(".")[2] for qualified in asked}
    reader = Reader(frozenset(names))
    reader.over(module, words_on(text, names, ends))
    keyed: dict[str, dict[tuple[tuple[str, ...], str], list[Mention]]] = {}
    for mention in reader.found:
        key = (mention.inside, mention.text)
        keyed.setdefault(mention.name, {}).setdefault(key, []).append(mention)
    for qualified in asked:
        name = qualified.rpartition(".")[2]
        if not PASSING.issuperset(reader.decorated.get(qualified, ())):
            yield qualified, [()]
        elif name in reader.bound:
            yield qualified, []
        else:
            plain = [k for k, same in keyed.get(name, {}).items() if not any(m.tests for m in same)]
            yield qualified, [inside for inside, said in plain if _means(qualified, inside, said)]


def _means(qualified: str, inside: Users, text: str) -> bool:
    """Whether a mention of a definition's name surely means it, and stands in something else."""
    if qualified in inside or text.startswith(OPERATORS):
        return False
    if text.startswith("'"):
        return True
    first, *rest = text.split(".")
    owner = qualified.rpartition(".")[0].rpartition(".")[2]
    if not owner:
        return not rest
    if len(rest) > 1:
        return True
    user = (inside[-2] if len(inside) > 1 else "").rpartition(".")[2]
    return bool(rest) and first in OWN and user in ("", owner)
