"""A question and the catalogue -> what it is about: sightings of rules, rows, operators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint import knowledge, passes
from portlint.catalog import Catalog
from portlint.model import FILE_START, Layer
from portlint.query.facts import Facts, arrange, key
from portlint.query.operators import Public, Runs, public
from portlint.query.question import Question, question
from portlint.reading import Sighting
from portlint.row import Row
from portlint.rule import Rule
from portlint.source.index import Index

FILE = "query.py"
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
WRITTEN = (
    ("requirements.txt", re.compile(r"[\w.-]+(\[[\w,]+\])? *([=<>~!]=?[^ ]+)?"), "{}\n"),
    ("Dockerfile", re.compile(r"[\w.-]+([/:][\w.+-]+)+"), "FROM {}\n"),
    ("query.sh", re.compile(r"[\w-]+( .*)?"), "{}\n"),
)
"""Files of the infrastructure that may hold what was asked for, what it has to look like, and how
it stands there."""


class Known(NamedTuple):
    """Everything a question is answered from; made once for all questions."""

    catalog: Catalog
    source: Index
    newer: Facts
    facts: Facts
    public: Public
    homes: dict[str, str]


class Subject(NamedTuple):
    """What a question turned out to be about, before any target is judged."""

    question: Question
    name: str
    kind: str
    sightings: tuple[Sighting, ...]
    rows: tuple[Row, ...]
    newer: tuple[Row, ...]
    rule: Rule | None
    runs: Runs


def prepare(catalog: Catalog) -> Known:
    """Arrange the catalogue, the rows of all tables and the public names."""
    index = passes.start(catalog)
    names = public()
    rows = arrange(knowledge.rows(catalog.folder))
    return Known(catalog, index, arrange(catalog.newer), rows, names, _homes(index, names))


def _homes(index: Index, names: Public) -> dict[str, str]:
    """What a word alone stands for: a package, a class, a function, or (`.item`) a method."""
    paths = [*index.exact, *index.below, *names.runs]
    homes = {path.partition(".")[0]: path.partition(".")[0] for path in paths}
    for path in sorted(paths, key=_homely):
        owner, _, last = path.rpartition(".")
        homes.setdefault(f".{last}" if owner == "torch.Tensor" else last, path)
    return homes


def _homely(path: str) -> tuple[bool, int, str]:
    """Names of torch before those of other packages, short paths before long ones."""
    return not path.startswith("torch."), path.count("."), path


def subject(text: str, known: Known) -> Subject | None:
    """What a text is about; None where neither a rule, nor a table, nor torch has it."""
    asked = question(text, known.homes)
    rule = _rule(text, known.catalog)
    found = (known.public.operators(name, asked.words) for name in asked.names)
    runs = next((case for case in found if case is not None), None)
    rows, newer = (
        [row for row in facts.find([asked.text, *asked.names]) if agrees(row, asked.words)]
        for facts in (known.facts, known.newer)
    )
    if not asked.is_call and asked.names[0].startswith("aten."):
        rows = _usual(asked.names[0], rows, known)
    written = "-" in asked.text or not (rule or (runs and runs.every))
    seen = tuple(_of_infrastructure(asked.text, known)) if written and not asked.is_call else ()
    seen = seen or tuple(_sightings(asked, known))
    if not (rule or rows or newer or seen or runs):
        return None
    name = asked.names[0] if asked.names and not asked.is_call else asked.text
    kind = _kind(asked, rule, [*newer, *rows], seen, known)
    return Subject(asked, name, kind, seen, tuple(rows), tuple(newer), rule, runs or Runs())


def agrees(row: Row, words: Mapping[str, str]) -> bool:
    """Whether a row on a call, `F.interpolate(mode="area")`, can speak of one with these words."""
    said = dict(re.findall(r"(\w+)=[\"']?([\w-]+)", row.name))
    return all(words.get(name, value) == value for name, value in said.items())


def _usual(operator: str, rows: list[Row], known: Known) -> list[Row]:
    """Of an operator without an overload, those overloads that public names run, if there are."""
    usual = [row for row in rows if row.name in known.public.operated or row.name == operator]
    return usual or rows


def _rule(text: str, catalog: Catalog) -> Rule | None:
    word = text.strip()
    rules = catalog.rules.values()
    return next((r for r in rules if word.upper() == r.code or word.lower() == r.name), None)


def _kind(
    asked: Question, rule: Rule | None, rows: Sequence[Row], seen: Sequence[Sighting], known: Known
) -> str:
    if rule is not None:
        return "rule"
    if asked.is_call:
        return "expression"
    own = [row.kind for row in rows if {key(n) for n in (row.name, *row.aliases)} & _keys(asked)]
    if own or asked.names[0].startswith("aten."):
        return own[0] if own else "op"
    if any(name in known.public.runs for name in asked.names):
        return "api"
    if asked.names[0] in known.source.libraries:
        return "library"
    if seen and seen[0].layer == "infra":
        return "environment" if VARIABLE.match(asked.text) else "infrastructure"
    return rows[0].kind if rows else "api"


def _keys(asked: Question) -> set[str]:
    return {key(name) for name in asked.names}


def _sightings(asked: Question, known: Known) -> Iterator[Sighting]:
    """What rules see in the programs, and what they say of the name by itself."""
    if not asked.is_call:
        yield from _by_symbol(asked, known)
    for program in asked.programs:
        seen = _analysed(program, FILE, known)
        yield from seen
        if seen:
            break


def _by_symbol(asked: Question, known: Known) -> Iterator[Sighting]:
    for name in asked.names:
        entries = known.source.find(name)[1]
        for entry in entries:
            symbol = entry.symbol.removesuffix(".*")
            yield sighting(entry.rule, "source", symbol, entry.row)
        if entries:
            break


def _analysed(text: str, name: str, known: Known) -> tuple[Sighting, ...]:
    return passes.one(text.encode(), name, known.catalog).result.sightings


def _of_infrastructure(asked: str, known: Known) -> Iterator[Sighting]:
    """What rules say of a variable, a distribution, an image or a command."""
    name, equals, value = asked.partition("=")
    if VARIABLE.fullmatch(name):
        for fact in known.source.facts:
            named = fact.kind == "env" and fact.name.fullmatch(name)
            if named and fact.name.pattern != ".*" and (not equals or fact.value.fullmatch(value)):
                yield sighting(fact.rule, "infra", name, fact.row, value)
        return
    for file, pattern, text in WRITTEN:
        if pattern.fullmatch(asked):
            seen = _analysed(text.format(asked), file, known)
            yield from seen
            if seen:
                break


def sighting(
    rule: Rule, layer: Layer, symbol: str, row: str | None, value: str | None = None
) -> Sighting:
    """What a rule is taken to have seen where only a name is given."""
    return Sighting(
        rule=rule.code,
        span=FILE_START,
        layer=layer,
        snippet=symbol,
        symbol=symbol,
        row=row,
        value=symbol if value is None else value,
    )
