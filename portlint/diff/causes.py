"""Two reports and their matched findings -> root causes that came, went, grew or shrank."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from portlint.diff.match import Matched
from portlint.diff.saved import Saved, SavedFinding
from portlint.diff.values import Cause, Hours, State
from portlint.model import IMPACTS, Impact


class Known(NamedTuple):
    """A root cause in one report; hours are None without a plan."""

    title: str
    impact: Impact
    hours: Hours | None
    places: int


def causes(
    old: Saved,
    new: Saved,
    matched: Matched,
    unseen: Collection[int],
    counted: Collection[str],
) -> list[Cause]:
    """The dearest change first; `unseen` are ids of old findings nobody looked for again."""
    priced = bool(old.plan and new.plan)
    before, after = known(old, counted, priced), known(new, counted, priced)
    names = renamed(matched, before, after)
    mine = [f for f in matched.gone if f.context in counted]
    lost = {f.root_cause for f in mine if id(f) in unseen}
    lost -= {f.root_cause for f in mine if id(f) not in unseen}
    found = list(_changes(before, after, names, lost))
    return sorted(found, key=lambda c: (-IMPACTS.index(c.impact), -_weight(c), c.root_cause))


def known(report: Saved, counted: Collection[str], priced: bool) -> dict[str, Known]:
    """The root causes of a report: from its plan, or from the findings that count."""
    groups: dict[str, list[SavedFinding]] = defaultdict(list)
    for finding in report.findings:
        if finding.context in counted and finding.impact != "info":
            groups[finding.root_cause].append(finding)
    found = {
        key: Known(
            _title(key, group[0]),
            max((f.impact for f in group), key=IMPACTS.index),
            None,
            len(group),
        )
        for key, group in groups.items()
    }
    for package in report.plan if priced else ():
        had = found.get(package.root_cause)
        places = had.places if had else package.places
        impact = had.impact if had else package.impact
        found[package.root_cause] = Known(package.title, impact, package.hours, places)
    return found


def _title(key: str, first: SavedFinding) -> str:
    """What the offence is and which one: `triton kernel (softmax)`, or the file of a place."""
    words = (first.name or first.rule).replace("-", " ")
    own = key.partition(":")[2].rpartition(":")[2]
    if not own:
        return words
    return f"{words} ({first.path.rpartition('/')[2] if own.isdigit() else own})"


def renamed(
    matched: Matched, before: Mapping[str, Known], after: Mapping[str, Known]
) -> dict[str, str]:
    """Old name -> new name of causes that are named by a place which moved."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for old, new in matched.pairs:
        if old.root_cause not in after and new.root_cause not in before:
            votes[old.root_cause][new.root_cause] += 1
    names: dict[str, str] = {}
    for key in sorted(votes):
        free = [(count, name) for name, count in votes[key].items() if name not in names.values()]
        if free and key in before:
            names[key] = max(free)[1]
    return names


def _changes(
    before: Mapping[str, Known],
    after: Mapping[str, Known],
    names: Mapping[str, str],
    lost: Collection[str],
) -> Iterator[Cause]:
    met = set()
    for key, old in before.items():
        name = names.get(key, key)
        new = after.get(name)
        met.add(name)
        if new is None:
            yield _cause(key, "unseen" if key in lost else "gone", old, None)
        elif state := _state(old, new):
            yield _cause(name, state, old, new)
    for key, new in after.items():
        if key not in met:
            yield _cause(key, "new", None, new)


def _state(old: Known, new: Known) -> State | None:
    """How a cause changed: by impact, then by hours, then by places."""
    steps = IMPACTS.index(new.impact) - IMPACTS.index(old.impact)
    if steps:
        return "worse" if steps > 0 else "better"
    hours = sum(new.hours or ()) - sum(old.hours or ())
    change = hours or new.places - old.places
    if abs(change) < 0.005:
        return None
    return "grown" if change > 0 else "shrunk"


def _cause(key: str, state: State, old: Known | None, new: Known | None) -> Cause:
    shown = new or old
    assert shown is not None
    return Cause(
        root_cause=key,
        title=shown.title,
        state=state,
        impact=shown.impact,
        old_hours=old.hours if old else None,
        new_hours=new.hours if new else None,
        old_places=old.places if old else 0,
        new_places=new.places if new else 0,
    )


def _weight(cause: Cause) -> float:
    if cause.old_hours or cause.new_hours:
        return abs(sum(cause.new_hours or ()) - sum(cause.old_hours or ()))
    return abs(cause.new_places - cause.old_places)
