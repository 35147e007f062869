"""The top of a comment: verdict, figures, what blocks first; and its last line."""

from collections import Counter
from collections.abc import Iterator, Sequence

from portlint.model import IMPACTS, Finding
from portlint.render import Style
from portlint.render.markdown.details import columns, row
from portlint.render.markdown.fit import Section
from portlint.render.marks import code, plain, prose, summary
from portlint.render.order import costs
from portlint.render.words import contexts, earlier, hours, plural, target
from portlint.render.work import Row, blocking
from portlint.report import Hours, Report

FIRST = 5
"""Blockers that are not folded."""


def sections(report: Report, style: Style) -> Iterator[Section]:
    """The verdict in a sentence, a table of figures, and what stands in the way of all else."""
    yield Section("".join(f"{line}\n" for line in _verdict(report, style)))
    if report.plan:
        found = sorted(blocking(report.plan), key=lambda one: -one.hours[1])
        lines = [blocker(one) for one in found]
    else:
        groups = [g for g in costs(report.findings, style.counted) if g[0].impact == "breaks"]
        lines = [_rule(group) for group in groups]
    if lines:
        more = [f"- and {len(lines) - FIRST} more, see below\n"] * (len(lines) > FIRST)
        yield Section("**What blocks first**\n\n", lines[:FIRST], _more, "".join([*more, "\n"]))


def _more(shown: int) -> str:
    return f"- and {FIRST - shown} more of these, too long to show\n"


def _verdict(report: Report, style: Style) -> Iterator[str]:
    figures = report.summary
    where = plain(target(report.target))
    if figures.difficulty is not None and figures.hours is not None:
        yield f"### portlint: {figures.difficulty}, {hours(figures.hours)}"
        yield ""
        yield f"Score {figures.score} of 100 for {where}."
    else:
        yield "### portlint"
        yield ""
        yield f"For {where}."
    yield ""
    yield from _figures(report, style).splitlines()
    yield ""
    yield f"{'. '.join(_read(report, style))}."
    yield ""


def _figures(report: Report, style: Style) -> str:
    """Findings and hours by impact, and how many of the findings are new."""
    figures = report.summary
    worst = IMPACTS[::-1]
    counts = [str(figures.by_impact.get(impact, 0)) for impact in worst]
    text = columns(["", *(f"{impact}:" for impact in worst), "not known:"])
    text += row(["findings", *counts, ""])
    if figures.hidden:
        new = Counter(f.impact for f in report.findings if f.counts(style.counted))
        text += row(["of these new", *(str(new[impact]) for impact in worst), ""])
    if figures.hours_by_impact:
        ranges = [figures.hours_by_impact.get(name) for name in (*worst, "unknown")]
        text += row(["hours", *(_span(span) if span and span[1] else "" for span in ranges)])
    return text


def _span(found: Hours) -> str:
    return hours(found).removesuffix(" h")


def _read(report: Report, style: Style) -> Iterator[str]:
    figures = report.summary
    read = f"{plural(figures.files, 'file')} with {plural(figures.lines, 'line')} read"
    models = f", {plural(len(report.models), 'model')} traced" if report.models else ""
    yield read + models
    aside = contexts(Counter[str](f.context for f in report.findings), style.counted)
    if aside:
        yield f"Not counted: {aside}"
    if figures.hidden:
        yield f"Not shown: {earlier(figures.hidden)}"
    if report.not_analysed:
        yield f"Not analysed: {plural(len(report.not_analysed), 'item')}"


def blocker(found: Row) -> str:
    """A package, or several of one rule, as an item of a list."""
    instead = found.packages[0].replacement
    advice = f". Instead: {prose(instead)}" if instead else ""
    what = f"**{plain(found.title)}**, {hours(found.hours)}, {plural(found.places, 'place')}"
    return f"- {what} in {_files(found.files)}{advice}\n" if found.files else f"- {what}{advice}\n"


def _rule(group: Sequence[Finding]) -> str:
    first = group[0]
    files = tuple(dict.fromkeys(finding.path for finding in group))
    what = f"**{plain(first.rule)}** {prose(first.message)}, {plural(len(group), 'place')}"
    advice = f". Instead: {prose(first.replacement)}" if first.replacement else ""
    return f"- {what} in {_files(files)}{advice}\n"


def _files(files: Sequence[str]) -> str:
    more = f" and {plural(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    return f"{code(files[0])}{more}"


def foot(report: Report) -> str:
    """Who says so, and from what."""
    tool, facts = report.tool, report.knowledge
    return (
        f"<sub>{plain(tool.name)} {plain(tool.version)}, facts up to SDK {plain(facts.sdk)}, "
        f"checked {facts.checked}, {summary(facts.digest[:12])}</sub>\n"
    )
