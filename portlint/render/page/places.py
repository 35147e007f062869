"""Findings -> blocks by rule, within one by what is said, within that by file."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from portlint.model import IMPACTS, Finding
from portlint.render.page.entries import Block, File, Places, Said, Terms
from portlint.render.page.mostly import mostly
from portlint.render.page.snippet import snippet
from portlint.rule import Rule

LINES = 20
RELATED = 3
OPEN = 30
"""Findings up to which all blocks are open from the start."""


class Detail(NamedTuple):
    """How much code is shown of one thing that is said: places in a file, and files."""

    places: int
    files: int


DETAILS = ((60, Detail(3, 30)), (150, Detail(2, 4)), (230, Detail(1, 1)))
"""A page of many findings has to open quickly: the further down, the less code it shows."""
ASIDE = ((40, Detail(1, 1)),)
NONE = Detail(0, 0)


def places(
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    counted: frozenset[str],
    linked: Set[str],
) -> Places:
    """The worst rule first; every finding is in one block. `linked` root causes get anchors."""
    mine = [f for f in findings if f.context in counted]
    others = [f for f in findings if f.context not in counted]
    groups = [said for rule in _by_rule(mine) for said in _by_words(rule)]
    anchors: dict[str, str] = {}
    for number, group in enumerate(groups, 1):
        for cause in {f.root_cause for f in group} & linked:
            anchors.setdefault(cause, f"s{number}")
    return Places(
        list(_blocks(mine, rules, DETAILS, frozenset(anchors.values()))),
        list(_blocks(others, rules, ASIDE, frozenset())),
        anchors,
        len(mine) <= OPEN,
    )


def _by_rule(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return sorted(groups.values(), key=lambda group: (*_worst(group), group[0].rule))


def _by_words(group: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one rule by what is said of them, the worst first."""
    said: dict[tuple[object, ...], list[Finding]] = {}
    for f in group:
        said.setdefault((f.impact, f.context, _message(f), f.replacement, _terms(f)), []).append(f)
    return sorted(said.values(), key=_worst)


def _worst(group: Sequence[Finding]) -> tuple[int, float, int]:
    impact = max(IMPACTS.index(f.impact) for f in group)
    return -impact, -max(f.effort.hours[1] for f in group), -len(group)


def _message(finding: Finding) -> str:
    """The words; in tests and examples it does not matter what else a place is guarded by."""
    if finding.context in ("test", "example"):
        return finding.message.partition(" [guarded: ")[0]
    return finding.message


def _terms(finding: Finding) -> Terms:
    return Terms(finding.effort, finding.confidence, finding.evidence)


def _blocks(
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    details: Sequence[tuple[int, Detail]],
    anchors: Set[str],
) -> Iterator[Block]:
    number = 0
    for group in _by_rule(findings):
        replacement, terms = mostly(f.replacement for f in group), mostly(map(_terms, group))
        said = []
        for same in _by_words(group):
            number += 1
            first, id_ = same[0], f"s{number}"
            detail = next((d for most, d in details if number <= most), NONE)
            said.append(
                Said(
                    id=id_ if id_ in anchors else "",
                    first=first,
                    message=_message(first),
                    replacement=first.replacement if first.replacement != replacement else None,
                    terms=_terms(first) if _terms(first) != terms else None,
                    files=_files(same, detail),
                )
            )
        rule = rules.get(group[0].rule)
        yield Block(
            code=group[0].rule,
            name=group[0].name.replace("-", " "),
            why=" ".join(rule.why.split()) if rule else "",
            impact=max((f.impact for f in group), key=IMPACTS.index),
            replacement=replacement,
            terms=terms,
            said=said,
            findings=len(group),
            files=len({f.path for f in group}),
        )


def _files(same: Sequence[Finding], detail: Detail) -> list[File]:
    files: dict[str, list[Finding]] = {}
    for finding in same:
        files.setdefault(finding.path, []).append(finding)
    return [
        _file(path, group, detail.places if number < detail.files else 0)
        for number, (path, group) in enumerate(files.items())
    ]


def _file(path: str, group: Sequence[Finding], room: int) -> File:
    frames = [(at(f), code) for f in group[:room] if (code := snippet(f)) is not None]
    shown = {place for place, _ in frames}
    rest = list(dict.fromkeys(place for f in group if (place := at(f)) not in shown))
    related = group[0].related[:RELATED] if room else ()
    return File(path, frames, rest[:LINES], len(rest) - LINES, len(group), related)


def at(finding: Finding) -> str:
    """Line and column as an editor counts them; of a notebook cell and line."""
    if finding.cell:
        return f"(cell {finding.cell.number}, line {finding.cell.line})"
    return f"{finding.line}:{finding.column}"
