"""A report -> what stands on top: the sentences that somebody reads who reads nothing else."""

from collections.abc import Iterable, Iterator, Sequence

from portlint.render.page import text
from portlint.render.page.scope import called
from portlint.render.parts import members
from portlint.render.work import total
from portlint.report import Option, Package, Part, Report

DEAREST = 3
NAMED = 3


def verdict(report: Report) -> list[str]:
    """A few sentences on the work, its order, what is ready, other targets and what is unknown."""
    return [
        *_nothing(report),
        *_work(report),
        *_ready(report.scope),
        *_elsewhere(report.matrix),
        *_unknown(report),
    ]


def _nothing(report: Report) -> Iterator[str]:
    """A folder without anything to read is no code that is ready."""
    if not report.summary.files and not report.models:
        yield "No file was read: this says nothing about any code."


def _work(report: Report) -> Iterator[str]:
    causes = [p for p in report.plan if p.findings]
    if not causes:
        return
    chain = [p for p in report.plan if p.critical]
    stages = f" in {text.plural(len(report.stages), 'stage')}" if len(report.stages) > 1 else ""
    line = f"{text.plural(len(causes), 'root cause')} to deal with{stages}."
    if len(chain) > 1:
        line += (
            f" The longest chain takes {_hours(chain)}: more people do not make it shorter than"
            " that."
        )
    yield line
    dearest = sorted(causes, key=lambda p: (-p.hours[1], p.root_cause))[:DEAREST]
    if len(causes) > DEAREST:
        named = "; ".join(f"{p.title}, {text.hours(p.hours)}" for p in dearest)
        yield f"{_largest(report)}The dearest single causes: {named}."
    quick = [p for p in causes if p.quick]
    if quick:
        yield f"{text.plural(len(quick), 'quick win')}, {_hours(quick)} together."
    vendor = [p for p in causes if p.vendor]
    if vendor:
        yield (
            f"{text.plural(len(vendor), 'cause')} that only the vendor can take away; the hours"
            " are for the way around."
        )


def _largest(report: Report) -> str:
    """The stage with the most hours, where there are several."""
    if len(report.stages) < 2:
        return ""
    most = max(report.stages, key=lambda stage: stage.hours[1])
    return f"The largest part is “{most.title}”, {text.hours(most.hours)}. "


def _ready(parts: Sequence[Part]) -> Iterator[str]:
    live = [part for part in parts if part.context == "live"]
    for workload in ("inference", "training"):
        eases = [(p, ease) for p in live if (ease := getattr(p, workload)) is not None]
        if not eases:
            continue
        ready = [p for p, ease in eases if ease.state == "ready"]
        names = [name for p in ready for name in (called(p), *p.others)]
        told = f" ({text.listed(names, NAMED)})" if names else ""
        blocked = sum(members(p) for p, ease in eases if ease.state == "blocked")
        count = sum(members(p) for p, _ in eases)
        kinds = f"{text.plural(count, 'model')} and entry points"
        are = "is" if len(names) == 1 else "are"
        yield (
            f"For {workload}, {len(names) or 'none'} of {kinds} {are} ready{told},"
            f" {blocked or 'none'} blocked."
        )


def _elsewhere(matrix: Sequence[Option]) -> Iterator[str]:
    """The easiest target for each workload of the chosen one."""
    chosen = next((option for option in matrix if option.chosen), None)
    if chosen is None:
        return
    asked = ("inference", "training") if chosen.workload == "both" else (chosen.workload,)
    for workload in asked:
        same = [option for option in matrix if option.workload == workload]
        if len(same) > 1:
            yield f"For {workload}, {_least(same, chosen)}."


def _least(same: Sequence[Option], chosen: Option) -> str:
    """What takes the least work; of equals the chosen chip and stack."""
    here = (chosen.chip, chosen.stack)
    best = min(same, key=lambda o: (text.middle(o.hours), (o.chip, o.stack) != here))
    if (best.chip, best.stack) == here:
        return "no other chip or stack takes less work"
    where = f"{best.chip}, {best.stack}, SDK {best.sdk}"
    return f"the least work is on {where}: {best.difficulty}, {text.hours(best.hours)}"


def _unknown(report: Report) -> Iterator[str]:
    gaps = [p for p in report.plan if not p.findings]
    if any(p.hours[1] for p in gaps):
        names = "; ".join(p.title for p in gaps)
        yield f"Not known, and in the range with {_hours(gaps)}: {names}."
    elif report.not_analysed:
        yield f"{text.plural(len(report.not_analysed), 'item')} could not be analysed: see below."


def _hours(packages: Iterable[Package]) -> str:
    return text.hours(total(packages))
