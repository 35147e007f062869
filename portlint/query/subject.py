"""A text and all that is known -> what it is about: sightings of rules, rows, operators."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.catalog import Catalog
from portlint.query.facts import key
from portlint.query.known import Known
from portlint.query.operators import Runs
from portlint.query.question import Question, question
from portlint.query.sightings import VARIABLE, of_infrastructure, sightings
from portlint.reading import Sighting
from portlint.row import Row
from portlint.rule import Rule


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
    seen = tuple(of_infrastructure(asked.text, known)) if written and not asked.is_call else ()
    seen = seen or tuple(sightings(asked, known))
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
