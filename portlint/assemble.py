"""Sightings and a target -> findings: verdict, context, words, root cause, fingerprint."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import msgspec

from portlint.around import Around, Use, around
from portlint.backends import foreign
from portlint.context import path_context
from portlint.effort.label import effort_of, label
from portlint.infra.beside import ADDED, FOR_AMD
from portlint.judge import Judged, judge
from portlint.model import Context, Finding, Related, Target
from portlint.reading import FileResult, Sighting
from portlint.rule import Rule
from portlint.targets import FAMILY

DEAD = "only on another release of torch"
RELATED = 20
"""Places a finding names at most; the count of the rest is said in the last one."""


def findings(
    results: Iterable[FileResult],
    rules: Mapping[str, Rule],
    target: Target,
    known: Around | None = None,
) -> list[Finding]:
    """All findings for this target, in the order of the report.

    What is `known` of the files around is asked of the results where they are all that there is.
    """
    results = list(results)
    beside = known or around(results)
    found: list[Finding] = []
    for result in results:
        if not result.sightings:
            continue
        repeats: Counter[tuple[str, str]] = Counter()
        context = path_context(result.path)
        added = str(PurePosixPath(result.path).parent) in beside.bases
        device = _device(result.path, beside.others)
        uses = beside.uses.get(result.path, {})
        for sighting in result.sightings:
            if sighting.chips and target.chip not in sighting.chips:
                continue
            if (sighting.guard == ADDED and not added) or (
                sighting.guard == FOR_AMD and not beside.cuda
            ):
                sighting = msgspec.structs.replace(sighting, guard=None)
            whole = DEAD if sighting.dead == FAMILY[target.stack] else device
            if whole and sighting.guard is None:
                sighting = msgspec.structs.replace(sighting, guard=whole)
            rule = rules[sighting.rule]
            row = rule.rows.get(sighting.row) if sighting.row else None
            judged = judge(rule, row, target)
            if judged is None:
                continue
            line = " ".join(sighting.snippet.split())
            repeats[sighting.rule, line] += 1
            print_ = fingerprint(sighting.rule, result.path, line, repeats[sighting.rule, line])
            places = uses.get(sighting.span.line, [])
            found.append(_finding(sighting, rule, judged, result.path, context, print_, places))
    return sorted(found, key=lambda f: f.sort_key)


def _device(path: str, others: Mapping[str, str]) -> str | None:
    """Why a file as a whole is for another device, or for one of several."""
    if path in others:
        return f"one of several device backends, as `{others[path]}` is"
    device = foreign(path)
    return f"for another device: `{device}`" if device else None


def fingerprint(rule: str, path: str, line: str, repeat: int) -> str:
    """Stays the same when lines move: rule, path, the line's words, and which repeat it is."""
    text = f"{rule}\0{path}\0{line}\0{repeat}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _finding(
    sighting: Sighting,
    rule: Rule,
    judged: Judged,
    path: str,
    context: Context,
    print_: str,
    uses: list[Use],
) -> Finding:
    row = rule.rows.get(sighting.row) if sighting.row else None
    if context == "live" and sighting.guard is not None:
        context = "guarded"
    span = sighting.span
    return Finding(
        rule=rule.code,
        name=rule.name,
        impact=judged.impact,
        effort=label(effort_of(rule, row)),
        confidence=judged.confidence,
        context=context,
        layer=sighting.layer,
        message=_message(sighting, rule, judged),
        path=path,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        symbol=sighting.symbol,
        snippet=sighting.snippet,
        evidence=sighting.evidence or judged.evidence,
        replacement=judged.replacement or None,
        root_cause=_root_cause(sighting, rule, path),
        related=_limited([*sighting.related, *(use.place for use in uses)]),
        lines=sighting.lines,
        places=1 + _places(sighting) + sum(use.changes for use in uses),
        fingerprint=print_,
    )


def _message(sighting: Sighting, rule: Rule, judged: Judged) -> str:
    row = rule.rows.get(sighting.row) if sighting.row else None
    text = sighting.message or rule.summary
    for name, value in (
        ("{symbol}", sighting.symbol),
        ("{value}", sighting.value),
        ("{what}", row.what if row else ""),
    ):
        text = text.replace(name, value or "")
    if sighting.where:
        text += f" ({sighting.where})"
    if judged.note:
        text += f"; {judged.note}"
    if judged.workload:
        text += f" (in {judged.workload})"
    if sighting.guard:
        text += f" [guarded: {sighting.guard}]"
    return " ".join(text.split())


def _root_cause(sighting: Sighting, rule: Rule, path: str) -> str:
    if sighting.key is not None:
        return f"{rule.code}:{sighting.key}"
    if rule.root_cause == "place":
        return f"{rule.code}:{path}:{sighting.span.line}"
    what = sighting.row.removesuffix(".*") if sighting.row else sighting.symbol
    if rule.root_cause == "symbol" and what:
        return f"{rule.code}:{what}"
    return rule.code


def _places(sighting: Sighting) -> int:
    """How many further places of its file change along with a sighting."""
    return len(sighting.related) if sighting.places is None else sighting.places


def _limited(related: list[Related]) -> tuple[Related, ...]:
    if len(related) <= RELATED:
        return tuple(related)
    last = related[RELATED]
    more = Related(
        path=last.path, line=last.line, message=f"and {len(related) - RELATED} more places"
    )
    return (*related[:RELATED], more)
