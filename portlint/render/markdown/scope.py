"""What is ready and what is blocked, and how other targets fare, in a comment."""

from collections.abc import Callable, Iterator, Sequence

from portlint.render.choices import Choice, choices, differs
from portlint.render.markdown.details import CLOSE, columns, opened, row
from portlint.render.markdown.fit import Section
from portlint.render.marks import code, place, plain, prose
from portlint.render.parts import STATES, TOLD, Use, counted, many, uses
from portlint.render.words import hours, impacts, plural
from portlint.report import Part, Report


def sections(report: Report) -> Iterator[Section]:
    """Parts, then targets; each only where the report has them."""
    if report.scope:
        yield _parts(report.scope)
    if report.matrix:
        yield _targets(choices(report.matrix))


def _parts(scope: Sequence[Part]) -> Section:
    found = uses(scope)
    live = [use for use in found if use.part.context == "live"]
    aside = sum(part.context != "live" for part in scope)
    states = [f"{state} {_count(live, state)}" for state in STATES if _count(live, state)]
    lines = [f"{_several(kind)}: {_states(live, kind)}.\n" for kind in ("model", "entry")]
    lines = [line for line in lines if not line.endswith(": .\n")]
    if aside:
        lines.append(f"Of tests and examples, {plural(aside, 'part')} more.\n")
    return Section(
        opened(f"Ready and blocked: {', '.join(states)}")
        + "".join(f"- {line}" for line in lines)
        + "\n"
        + columns(["", "what", "for", "hours:", "root causes"]),
        [_use(use) for use in live],
        _rest(live),
        CLOSE,
    )


def _count(found: Sequence[Use], state: str) -> int:
    return many(use for use in found if use.ease.state == state)


def _several(kind: str) -> str:
    return "models" if kind == "model" else "entry points"


def _states(found: Sequence[Use], kind: str) -> str:
    told = []
    for workload in ("inference", "training"):
        states = counted(found, kind, workload)
        if states:
            told.append(f"{workload}: " + ", ".join(f"{state} {n}" for state, n in states.items()))
    return "; ".join(told)


def _use(use: Use) -> str:
    part, ease = use.part, use.ease
    more = f" and {len(part.others)} more" if part.others else ""
    what = f"{code(part.name)}{more} in {place(part.path, part.line)}"
    span = hours(ease.hours).removesuffix(" h") if ease.root_causes else ""
    return row([TOLD[ease.state], what, use.workload, span, impacts(ease.by_impact)])


def _rest(found: Sequence[Use]) -> Callable[[int], str]:
    def told(shown: int) -> str:
        rest = found[shown:]
        states = ", ".join(f"{_count(rest, s)} {s}" for s in STATES if _count(rest, s))
        return row(["", f"{many(rest)} more, not shown here: {states}", "", "", ""])

    return told


def _targets(found: Sequence[Choice]) -> Section:
    names = ["target", "SDK", "workload", "difficulty", "score:", "hours:", "breaks:", "against it"]
    return Section(
        opened(f"Targets compared: {plural(len(found), 'row')}") + columns(names),
        [_choice(one) for one in found],
        lambda shown: row([f"{len(found) - shown} more, not shown here", *[""] * 7]),
        CLOSE,
    )


def _choice(found: Choice) -> str:
    first = found.first
    where = plain(found.where)
    told = "; ".join(prose(words) for words in differs(first))
    return row(
        [
            f"**{where}**" if first.chosen else where,
            plain(first.sdk),
            first.workload,
            first.difficulty,
            str(first.score),
            hours(first.hours).removesuffix(" h"),
            str(first.by_impact.get("breaks", 0)),
            "the chosen one" if first.chosen else told or "the same",
        ]
    )
