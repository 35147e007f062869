"""Two saved reports -> their difference."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from portlint.diff.causes import causes
from portlint.diff.match import Matched, Pair, match
from portlint.diff.models import models, options
from portlint.diff.saved import Saved, SavedFinding
from portlint.diff.values import Changed, Count, Difference, Place, Side
from portlint.diff.warn import lost_models, warnings
from portlint.model import IMPACTS, Impact, NotAnalysed, Target


def compare(old: Saved, new: Saved, counted: Collection[str]) -> Difference:
    """What changed from one to the other; findings in contexts that are `counted` are named."""
    matched = match(old.findings, new.findings)
    lost = [f for f in matched.gone if f.context in counted and _unseen(f, old, new)]
    unseen = {id(finding) for finding in lost}
    gone = [f for f in matched.gone if f.context in counted and id(f) not in unseen]
    come = [f for f in matched.new if f.context in counted]
    aside = (len(matched.new) - len(come), len(matched.gone) - len(gone) - len(lost))
    return Difference(
        old=_side(old),
        new=_side(new),
        warnings=tuple(warnings(old, new, len(lost))),
        by_impact=tuple(_impacts(old, new, counted)),
        by_subject=tuple(_subjects(old, new)),
        causes=tuple(causes(old, new, matched, unseen, counted)),
        findings_new=_places(come),
        findings_gone=_places(gone),
        findings_unseen=_places(lost),
        findings_changed=tuple(_changed(matched, counted)),
        findings_moved=tuple(_pair(pair, counted) for pair in sorted(matched.moved, key=_where)),
        edited=len(matched.edited),
        aside=aside,
        models=tuple(models(old, new)),
        matrix=tuple(options(old, new)),
        not_analysed_new=_items(new, old),
        not_analysed_gone=_items(old, new),
    )


def _items(one: Saved, other: Saved) -> tuple[NotAnalysed, ...]:
    """What only one of them could not look at."""
    items = (item for item in one.not_analysed if item not in other.not_analysed)
    return tuple(NotAnalysed(path=item.path, reason=item.reason) for item in items)


def worse(found: Difference, level: Impact, counted: Collection[str]) -> int:
    """How many findings at or above an impact are new, or have become worse."""
    least = IMPACTS.index(level)
    changed = [
        change.new
        for change in found.findings_changed
        if change.worse and change.new.context in counted
    ]
    return sum(IMPACTS.index(f.impact) >= least for f in (*found.findings_new, *changed))


def _unseen(finding: SavedFinding, old: Saved, new: Saved) -> bool:
    """Whether nobody could have found a finding again: its file or model was not looked at."""
    if finding.path in {i.path for i in new.not_analysed} - {i.path for i in old.not_analysed}:
        return True
    files = {name.partition(":")[0] for name in lost_models(old, new)}
    return finding.layer in ("graph", "model") and (not new.models or finding.path in files)


def _side(report: Saved) -> Side:
    figures = report.summary
    return Side(
        version=report.tool.version,
        sdk=report.knowledge.sdk,
        checked=report.knowledge.checked,
        digest=report.knowledge.digest,
        target=Target(
            chip=report.target.chip,
            stack=report.target.stack,
            sdk=report.target.sdk,
            workload=report.target.workload,
        ),
        difficulty=figures.difficulty,
        score=figures.score,
        hours=figures.hours,
        files=figures.files,
        lines=figures.lines,
    )


def _impacts(old: Saved, new: Saved, counted: Collection[str]) -> Iterator[Count]:
    before, after = (
        Counter(f.impact for f in report.findings if f.context in counted) for report in (old, new)
    )
    here, there = old.summary.hours_by_impact, new.summary.hours_by_impact
    for impact in IMPACTS[::-1]:
        yield Count(
            name=impact,
            old=before[impact],
            new=after[impact],
            old_hours=here.get(impact),
            new_hours=there.get(impact),
        )


def _subjects(old: Saved, new: Saved) -> Iterator[Count]:
    """Subjects whose counts changed."""
    before, after = old.summary.by_subject, new.summary.by_subject
    for name in sorted(before.keys() | after.keys()):
        if before.get(name, 0) != after.get(name, 0):
            yield Count(name=name, old=before.get(name, 0), new=after.get(name, 0))


def _places(findings: Sequence[SavedFinding]) -> tuple[Place, ...]:
    return tuple(_place(finding) for finding in sorted(findings, key=_order))


def _order(finding: SavedFinding) -> tuple[int, str, int, str, str]:
    """The worst first, then by place."""
    worst = -IMPACTS.index(finding.impact)
    return (worst, finding.path, finding.line, finding.rule, finding.fingerprint)


def _where(pair: Pair) -> tuple[int, str, int, str, str]:
    return _order(pair[1])


def _place(finding: SavedFinding) -> Place:
    return Place(
        rule=finding.rule,
        name=finding.name,
        impact=finding.impact,
        context=finding.context,
        path=finding.path,
        line=finding.line,
        message=finding.message,
        fingerprint=finding.fingerprint,
    )


def _changed(matched: Matched, counted: Collection[str]) -> Iterator[Changed]:
    """Findings of both reports with another impact, or that count in one of them only."""
    for old, new in sorted(matched.pairs, key=_where):
        other = old.impact != new.impact or (old.context in counted) != (new.context in counted)
        if other and (old.context in counted or new.context in counted):
            yield _pair((old, new), counted)


def _pair(pair: Pair, counted: Collection[str]) -> Changed:
    old, new = pair
    weights = [IMPACTS.index(f.impact) if f.context in counted else -1 for f in pair]
    return Changed(old=_place(old), new=_place(new), worse=weights[1] > weights[0])
