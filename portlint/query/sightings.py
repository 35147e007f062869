"""A question -> what the rules see: of the name by itself, in its programs, in infrastructure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint import passes
from portlint.model import FILE_START, Layer
from portlint.query.known import Known
from portlint.query.question import Question
from portlint.reading import Sighting
from portlint.rule import Rule

FILE = "query.py"
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
WRITTEN = (
    ("requirements.txt", re.compile(r"[\w.-]+(\[[\w,]+\])? *([=<>~!]=?[^ ]+)?"), "{}\n"),
    ("Dockerfile", re.compile(r"[\w.-]+([/:][\w.+-]+)+"), "FROM {}\n"),
    ("query.sh", re.compile(r"[\w-]+( .*)?"), "{}\n"),
)
"""Files of the infrastructure that may hold what was asked for, what it has to look like, and how
it stands there."""


def sightings(asked: Question, known: Known) -> Iterator[Sighting]:
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


def of_infrastructure(asked: str, known: Known) -> Iterator[Sighting]:
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
