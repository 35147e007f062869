"""What every rendering of a difference says in the same words."""

from collections import Counter
from collections.abc import Sequence

from portlint.diff.values import Cause, Difference, Fare, Hours, ModelChange, OptionChange, Side
from portlint.render.words import hours, plural

ORDER = ("new", "worse", "grown", "unseen", "better", "shrunk", "gone")


def verdict(found: Difference) -> str:
    """`easier: 39-215 h -> 20-100 h, score 76 -> 60, hard -> moderate`."""
    old, new = found.old, found.new
    told = [_step(_hours(old.hours), _hours(new.hours))]
    told.append("score " + _step(str(old.score), str(new.score)))
    told.append(_step(str(old.difficulty), str(new.difficulty)))
    return f"{_word(old, new)}: {', '.join(told)}"


def _word(old: Side, new: Side) -> str:
    if old.hours is None or new.hours is None:
        return "hours are not known"
    change = sum(new.hours) - sum(old.hours)
    if abs(change) < 0.005:
        return "as hard as before"
    return "harder" if change > 0 else "easier"


def _hours(span: Hours | None) -> str:
    return hours(span) if span else "not known"


def _step(old: str, new: str) -> str:
    return old if old == new else f"{old} -> {new}"


def states(causes: Sequence[Cause]) -> str:
    """`3 new, 1 grown, 12 gone`."""
    counts = Counter[str](cause.state for cause in causes)
    return ", ".join(f"{counts[state]} {state}" for state in ORDER if counts[state])


def cost(cause: Cause) -> str:
    """`2-8 h`, `2-8 h -> 4-16 h`, or places where hours are not known."""
    if cause.old_hours is None and cause.new_hours is None:
        places = [n for n in (cause.old_places, cause.new_places) if n]
        return " -> ".join(map(str, places)) + f" place{'s' * (places[-1:] != [1])}"
    spans = (cause.old_hours, cause.new_hours)
    return " -> ".join(dict.fromkeys(hours(span) for span in spans if span is not None))


def findings(found: Difference) -> str:
    """`3 new, 12 gone, 4 moved, 1 changed, 2 rewritten, 5 not looked at again`."""
    told = (
        (len(found.findings_new), "new"),
        (len(found.findings_gone), "gone"),
        (len(found.findings_changed), "changed"),
        (len(found.findings_moved), "moved"),
        (found.edited, "on rewritten lines"),
        (len(found.findings_unseen), "not looked at again"),
    )
    return ", ".join(f"{count} {word}" for count, word in told if count) or "the same"


def aside(found: Difference) -> str:
    """What is new and gone among findings that do not count."""
    new, gone = found.aside
    return f"of findings that do not count, {new} new and {gone} gone" if new or gone else ""


def model(change: ModelChange) -> list[str]:
    """What changed in a model, a phrase each."""
    if change.state != "changed":
        return ["was not traced before" if change.state == "new" else "is not traced any more"]
    told = [f"{name.replace('_', ' ')} {a} -> {b}" for name, (a, b) in change.coverage.items()]
    lines = [f"operators: {', '.join(told)}"] if told else []
    for row in change.attention:
        was, now = (", ".join(side) or "none" for side in (row.old, row.new))
        where = f" ({row.path})" if row.path else ""
        lines.append(f"attention {row.kind}{where}: {was} -> {now}")
    lines += [f"new break of the graph: {reason}" for reason in change.breaks_new]
    lines += [f"a break of the graph is gone: {reason}" for reason in change.breaks_gone]
    return lines


def option(change: OptionChange) -> str:
    """`39-215 h -> 20-100 h, score 76 -> 60, hard`."""
    old, new = change.old, change.new
    if old is None or new is None:
        return f"only in the {'new' if old is None else 'old'} report: {_fare(new or old)}"
    return ", ".join(
        (
            _step(hours(old.hours), hours(new.hours)),
            "score " + _step(str(old.score), str(new.score)),
            _step(old.difficulty, new.difficulty),
        )
    )


def _fare(fare: Fare | None) -> str:
    return f"{hours(fare.hours)}, score {fare.score}, {fare.difficulty}" if fare else "nothing"


def read(side: Side) -> str:
    """`30 files, 1163 lines`."""
    return f"{plural(side.files, 'file')}, {plural(side.lines, 'line')}"
