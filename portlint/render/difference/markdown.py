"""The difference of two reports as a comment: verdict and new findings open, the rest folded."""

from collections.abc import Iterator, Sequence

from portlint.diff.values import (
    Cause,
    Changed,
    Count,
    Difference,
    ModelChange,
    OptionChange,
    Place,
)
from portlint.model import NotAnalysed
from portlint.render.difference import said
from portlint.render.markdown.details import CLOSE, columns, opened, row
from portlint.render.markdown.fit import Section, fitted
from portlint.render.marks import place, plain, prose
from portlint.render.words import hours, target

ROOM = 65_000


def render(found: Difference) -> str:
    """At most ROOM characters; what does not fit is counted."""
    return fitted(list(_sections(found)), ROOM)


def _sections(found: Difference) -> Iterator[Section]:
    yield Section("".join(f"{line}\n" for line in _head(found)))
    counts = [*found.by_impact, *found.by_subject]
    names = columns(["", "before:", "now:", "hours before:", "hours now:"])
    yield _section(names, [_count(one) for one in counts], "| {} more | | | | |\n", "\n")
    yield _list("**New findings: {}**\n\n", [_place(f) for f in found.findings_new], "\n")
    worse = [_changed(c) for c in found.findings_changed if c.worse]
    better = [_changed(c) for c in found.findings_changed if not c.worse]
    yield _list("**Findings that became worse: {}**\n\n", worse, "\n")
    yield from _causes(found.causes)
    yield _folded("Findings gone: {}", [_place(f) for f in found.findings_gone])
    yield _folded("Findings that became better: {}", better)
    yield _folded("Findings not looked at again: {}", [_place(f) for f in found.findings_unseen])
    yield _folded("Findings moved: {}", [_moved(c) for c in found.findings_moved])
    yield _folded("Models changed: {}", [_model(m) for m in found.models])
    yield _folded("Targets changed: {}", [_option(o) for o in found.matrix])
    yield _folded(
        "Not analysed now, and not listed before: {}", [_unread(i) for i in found.not_analysed_new]
    )
    yield _folded(
        "Not analysed before, and not listed now: {}", [_unread(i) for i in found.not_analysed_gone]
    )


def _head(found: Difference) -> Iterator[str]:
    yield f"### portlint: {plain(said.verdict(found))}"
    yield ""
    yield f"For {plain(target(found.new.target))}. Findings: {plain(said.findings(found))}."
    if said.aside(found):
        yield f"Also, {plain(said.aside(found))}."
    yield ""
    for warning in found.warnings:
        yield f"- note: {prose(warning, 1_000)}"
    if found.warnings:
        yield ""


def _section(head: str, rows: Sequence[str], rest: str, foot: str) -> Section:
    if not rows:
        return Section("")
    return Section(head, rows, lambda shown: rest.format(len(rows) - shown), foot)


def _list(title: str, rows: Sequence[str], foot: str) -> Section:
    return _section(title.format(len(rows)), rows, "- {} more, not shown here\n", foot)


def _folded(title: str, rows: Sequence[str]) -> Section:
    return _list(opened(title), rows, CLOSE)


def _count(one: Count) -> str:
    spans = [hours(s).removesuffix(" h") if s else "" for s in (one.old_hours, one.new_hours)]
    return row([plain(one.name), str(one.old), str(one.new), *spans])


def _causes(causes: Sequence[Cause]) -> Iterator[Section]:
    if causes:
        ordered = sorted(causes, key=lambda cause: said.ORDER.index(cause.state))
        names = columns(["", "root cause", "impact", "hours or places"])
        lines = [
            row([c.state, plain(c.title[:200]), c.impact, plain(said.cost(c))]) for c in ordered
        ]
        head = opened(f"Root causes: {said.states(causes)}") + names
        yield _section(head, lines, "| | {} more, not shown here | | |\n", CLOSE)


def _place(f: Place) -> str:
    return f"- {place(f.path, f.line)} **{f.impact}** {plain(f.rule[:40])} {prose(f.message)}\n"


def _changed(change: Changed) -> str:
    old, new = change.old, change.new
    step = f"{old.impact} ({old.context}) to {new.impact} ({new.context})"
    return f"- {place(new.path, new.line)} {plain(new.rule[:40])} from {step}\n"


def _moved(change: Changed) -> str:
    old, new = change.old, change.new
    return f"- {plain(new.rule[:40])} {place(old.path, old.line)} to {place(new.path, new.line)}\n"


def _model(change: ModelChange) -> str:
    told = said.model(change)
    lines = [f"  - {prose(line)}\n" for line in told[:20]]
    if len(told) > 20:
        lines.append(f"  - {len(told) - 20} more\n")
    return f"- {place(change.name)}\n{''.join(lines)}"


def _option(change: OptionChange) -> str:
    name = f"{change.chip} {change.stack} {change.workload}"
    return f"- {prose(name)}: {prose(said.option(change))}\n"


def _unread(item: NotAnalysed) -> str:
    return f"- {place(item.path)} {prose(item.reason)}\n"
