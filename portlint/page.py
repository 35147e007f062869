"""A rule and every target -> its page: what people read of it, as values."""

from __future__ import annotations

import re

import msgspec

from portlint.judge import fitting, judge
from portlint.model import Evidence, Frozen, Target
from portlint.rule import Effort, Example, Rule, SymbolRow
from portlint.targets import resolve, supported

MARK = re.compile(r"(#|//) (?:expect|traced): ")
"""Marks are for the tests; on a page they become plain comments that name the rule."""


class Said(Frozen, frozen=True, kw_only=True):
    """What the rule says on some targets: an impact, "works", or "nothing known"."""

    targets: tuple[tuple[str, str], ...]
    verdict: str
    confidence: str = ""
    workload: str = ""
    note: str = ""
    instead: str = ""
    evidence: tuple[Evidence, ...] = ()


class Shown(Frozen, frozen=True, kw_only=True):
    """An example: a file, what is special about it, and the target it is judged for."""

    path: str
    about: str
    code: str


class Page(Frozen, frozen=True, kw_only=True):
    """Everything about a rule; `names` are the rows of a rule that judges name by name."""

    code: str
    name: str
    subject: str
    summary: str
    why: str
    instead: str
    effort: Effort
    verdicts: tuple[Said, ...]
    names: tuple[SymbolRow, ...]
    reported: tuple[Shown, ...]
    not_reported: tuple[Shown, ...]


def page(rule: Rule) -> Page:
    """The page of one rule."""
    return Page(
        code=rule.code,
        name=rule.name,
        subject=rule.subject,
        summary=rule.summary,
        why=" ".join(rule.why.split()),
        instead=" ".join(rule.fix.split()),
        effort=rule.effort,
        verdicts=_verdicts(rule) if rule.verdict else (),
        names=tuple(rule.rows.values()),
        reported=tuple(map(_shown, rule.bad)),
        not_reported=tuple(map(_shown, rule.good)),
    )


def every_target() -> list[Target]:
    """Every pair of chip and stack at its newest release."""
    pairs = dict.fromkeys((row.chip, row.stack) for row in supported())
    return [resolve(chip, stack, None, None)[0] for chip, stack in pairs]


def _verdicts(rule: Rule) -> tuple[Said, ...]:
    """What the rule says, once for all targets on which it says the same."""
    groups: dict[Said, list[tuple[str, str]]] = {}
    for target in every_target():
        groups.setdefault(_said(rule, target), []).append((target.chip, target.stack))
    return tuple(
        msgspec.structs.replace(said, targets=tuple(pairs)) for said, pairs in groups.items()
    )


def _said(rule: Rule, target: Target) -> Said:
    judged = judge(rule, None, target)
    if judged is not None:
        return Said(
            targets=(),
            verdict=judged.impact,
            confidence=judged.confidence,
            workload=judged.workload,
            note=judged.note,
            instead="" if judged.replacement == rule.fix else judged.replacement,
            evidence=judged.evidence,
        )
    verdict = fitting(rule, target)
    if verdict is None:
        return Said(targets=(), verdict="nothing known")
    source = Evidence(url=verdict.evidence, checked=verdict.checked)
    return Said(
        targets=(),
        verdict="works",
        confidence=verdict.confidence,
        note=verdict.note or "",
        evidence=(source,) if verdict.evidence.startswith("https://") else (),
    )


def _shown(example: Example) -> Shown:
    target = " ".join(filter(None, (example.chip, example.stack, example.sdk, example.workload)))
    how = "traced" if example.trace else ""
    how += ", with a torch-xla that lowers everything" if example.oracle else ""
    about = (example.why, f"on {target}" if target else "", how)
    return Shown(
        path=example.path,
        about="; ".join(filter(None, about)),
        code=MARK.sub(r"\1 ", example.code.strip("\n")),
    )
