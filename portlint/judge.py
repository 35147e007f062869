"""A rule and a target -> what happens there, how sure that is, and what to write instead."""

from datetime import date
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from portlint.model import IMPACTS, Confidence, Evidence, Impact, Target
from portlint.rule import Rule, SymbolRow, Verdict
from portlint.targets import FAMILY

JUDGEMENT = "judgement"
STACK_GROUPS = {"native": ("native-eager", "native-compile")}


class Judged(NamedTuple):
    """The verdict of one rule for one target; `workload` is named where only one is affected."""

    impact: Impact
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    replacement: str
    note: str
    workload: str


def judge(rule: Rule, row: SymbolRow | None, target: Target) -> Judged | None:
    """The worse of the two workloads under `both`; None where it works or nothing is known."""
    loads = ("inference", "training") if target.workload == "both" else (target.workload,)
    found = {load: _judge_one(rule, row, target, load) for load in loads}
    judged = {load: verdict for load, verdict in found.items() if verdict}
    if not judged:
        return None
    worst = max(judged, key=lambda load: IMPACTS.index(judged[load].impact))
    same = len(judged) == len(loads) and len({v.impact for v in judged.values()}) == 1
    return judged[worst]._replace(workload="" if same or len(loads) == 1 else worst)


def fitting(rule: Rule, target: Target) -> Verdict | None:
    """The row of a rule that speaks of the target, be it that the construct works there."""
    loads = ("inference", "training") if target.workload == "both" else (target.workload,)
    return next((v for load in loads if (v := _fitting(rule, target, load))), None)


def _judge_one(rule: Rule, row: SymbolRow | None, target: Target, load: str) -> Judged | None:
    if row is not None:
        return _judge_row(rule, row, target)
    verdict = _fitting(rule, target, load)
    if verdict is None or verdict.impact == "none":
        return None
    return Judged(
        verdict.impact,
        verdict.confidence,
        _evidence(verdict.evidence, verdict.checked, verdict.sdk or None),
        verdict.replacement or rule.fix,
        verdict.note or "",
        "",
    )


def _judge_row(rule: Rule, row: SymbolRow, target: Target) -> Judged | None:
    family = FAMILY[target.stack]
    impact = (family == "xla" and row.impact_xla) or row.impact
    if impact == "none":
        return None
    replacement = (row.xla if family == "xla" else row.native) or rule.fix
    return Judged(
        impact, row.confidence, _evidence(row.evidence, row.checked, None), replacement, "", ""
    )


def _fitting(rule: Rule, target: Target, load: str) -> Verdict | None:
    return next((v for v in rule.verdict if _fits(v, target, load)), None)


def _fits(verdict: Verdict, target: Target, load: str) -> bool:
    stacks = {s for name in verdict.stack for s in STACK_GROUPS.get(name, (name,))}
    return (
        (not verdict.chip or target.chip in verdict.chip)
        and (not stacks or target.stack in stacks)
        and (not verdict.workload or load in verdict.workload)
        and (not verdict.sdk or SpecifierSet(verdict.sdk).contains(target.sdk))
    )


def _evidence(url: str, checked: date, sdk: str | None) -> tuple[Evidence, ...]:
    return () if url == JUDGEMENT else (Evidence(url=url, sdk=sdk, checked=checked),)
