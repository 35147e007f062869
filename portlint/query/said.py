"""A subject and targets -> the facts that hold there, and the answer made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from portlint.applies import applies
from portlint.assemble import findings
from portlint.judge import JUDGEMENT, fitting
from portlint.model import Evidence, Finding, Target
from portlint.query.answer import Answer, Fact, Found, here
from portlint.query.known import Known
from portlint.query.sightings import FILE, sighting
from portlint.query.subject import Subject
from portlint.reading import FileResult
from portlint.row import WORKLOADS, Row
from portlint.rule import Rule


def answer(about: Subject, known: Known, target: Target | None, every: Sequence[Target]) -> Answer:
    """The subject judged for the target, if there is one, and for all others."""
    return Answer(
        asked=about.question.text,
        name=about.rule.code if about.rule else about.name,
        kind=about.kind,
        runs=about.runs.every,
        here=here(target, _found(about, known, target), about.kind) if target else None,
        targets=tuple(here(t, _found(about, known, t), about.kind) for t in every),
    )


def _found(about: Subject, known: Known, target: Target) -> Found:
    """All that is said of the subject on one target; newer rows replace what they speak of."""
    own, replaced = _current(about.newer, about.rows, target)
    below = {op: _below(op, known, target) for op in about.runs.every}
    every = [row for listed, gone in below.values() for row in (*listed, *gone)]
    settled = {row.rule for _, gone in below.values() for row in gone}
    silent = {row.rule for row in replaced} | {row.rule for row in every if row.rule in settled}
    rules = list(_of_rules(about, known.catalog.rules, silent - {""}, target))
    told = {fact.rule for fact in rules}

    def facts(rows: Sequence[Row]) -> list[Fact]:
        return [_of_row(row) for row in _joined(rows) if not told & set(row.rule.split(";"))]

    ran = {op: facts(listed) or [_nothing(op)] * (not listed) for op, (listed, _) in below.items()}
    return Found(
        rules,
        facts(own),
        ran.pop(about.runs.own, []) if about.runs.own else [],
        [[fact for op in way for fact in ran[op]] for way in about.runs.ways],
        [fact for op in about.runs.also for fact in ran[op]],
    )


def _current(
    newer: Sequence[Row], shipped: Sequence[Row], target: Target
) -> tuple[list[Row], list[Row]]:
    """The rows that hold on a target, and the shipped ones that newer rows replace there."""
    now = [row for row in newer if applies(row, target)]
    named = {_operator(row) for row in now}
    kept = [row for row in shipped if applies(row, target) and _operator(row) not in named]
    return [*now, *kept], [row for row in shipped if _operator(row) in named]


def _below(operator: str, known: Known, target: Target) -> tuple[list[Row], list[Row]]:
    """The same for an operator that a name runs: the overload that is named, else `default`."""
    shipped = known.facts.find([operator])
    main = [row for row in shipped if row.name == f"{operator}.default"] or shipped
    return _current(known.newer.find([operator, operator.rpartition(".")[0]]), main, target)


def _nothing(operator: str) -> Fact:
    """An operator that no table has."""
    return Fact(
        verdict="unknown",
        about=operator,
        message="public material does not say",
        table="public_ops",
        confidence="unknown",
    )


def _of_rules(
    about: Subject, rules: Mapping[str, Rule], silent: set[str], target: Target
) -> Iterator[Fact]:
    """What rules say: of themselves, of what they saw here, and that something works."""
    if about.rule is not None:
        yield from _of_rule(about.rule, target)
    told = set(silent)
    for finding in findings([FileResult(path=FILE, sightings=about.sightings)], rules, target):
        if finding.rule not in told:
            told.add(finding.rule)
            yield _of_finding(finding)
    for code in dict.fromkeys(s.rule for s in about.sightings if s.row is None):
        if code not in told:
            yield from _works(rules[code], target)


def _joined(rows: Sequence[Row]) -> Iterator[Row]:
    """What is said of both workloads in the same words is said once, of both."""
    groups: dict[Row, set[str]] = {}
    for row in rows:
        same = msgspec.structs.replace(row, workload=())
        groups.setdefault(same, set()).update(row.workload or WORKLOADS)
    for row, loads in groups.items():
        workload = () if loads >= WORKLOADS else tuple(sorted(loads))
        yield msgspec.structs.replace(row, workload=workload)


def _operator(row: Row) -> str:
    """The name without an overload, under which an overlay may speak of an operator."""
    return row.name.rpartition(".")[0] if row.name.count(".") > 1 and row.kind == "op" else row.name


def _of_rule(rule: Rule, target: Target) -> Iterator[Fact]:
    """What a rule says; one that says it by name says it of each."""
    named = [(symbol.removesuffix(".*"), symbol) for symbol in rule.rows]
    whole = [("NAME", None)] if rule.verdict else []
    seen = tuple(sighting(rule, "source", symbol, row) for symbol, row in (*whole, *named))
    result = FileResult(path=FILE, sightings=seen)
    yield from map(_of_finding, findings([result], {rule.code: rule}, target))


def _of_finding(finding: Finding) -> Fact:
    return Fact(
        verdict=finding.impact,
        about=finding.symbol or finding.name,
        message=finding.message,
        instead=finding.replacement or "",
        rule=finding.rule,
        name=finding.name,
        confidence=finding.confidence,
        evidence=finding.evidence,
    )


def _works(rule: Rule, target: Target) -> Iterator[Fact]:
    """A rule that says of this target that the construct is known to work."""
    verdict = fitting(rule, target)
    if verdict is not None and verdict.impact == "none":
        yield Fact(
            verdict="supported",
            about=rule.name,
            message=verdict.note or "works on this target",
            rule=rule.code,
            name=rule.name,
            confidence=verdict.confidence,
            evidence=_evidence(verdict.evidence, verdict.checked, verdict.sdk),
        )


def _of_row(row: Row) -> Fact:
    via = f" (via {row.via})" if row.via else ""
    work = f"in {' and '.join(row.workload)}: " if row.workload else ""
    return Fact(
        verdict=row.status,
        about=row.name,
        message=f"{work}{row.restriction or WITHOUT.get(row.status, row.status)}{via}",
        instead=row.instead,
        rule=row.rule or None,
        table=row.table,
        confidence=row.confidence,
        evidence=_evidence(row.evidence, row.checked, row.sdk),
    )


WITHOUT = {
    "supported": "works",
    "likely": "ends in operators the compiler takes",
    "unknown": "public material does not say",
    "unsupported": "does not run",
    "falls-back": "the host runs it",
}
"""What a status is called where the row has no words of its own."""


def _evidence(url: str, checked: date, sdk: str) -> tuple[Evidence, ...]:
    if url == JUDGEMENT or not url.startswith("https://"):
        return ()
    return (Evidence(url=url, sdk=sdk or None, checked=checked),)
