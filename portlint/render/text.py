"""Report -> what a person reads in a terminal: findings with their code, then the sums."""

import textwrap
from collections.abc import Iterator, Sequence

import click

from portlint.model import IMPACTS, Finding, Report
from portlint.render import Style

COLORS = {"breaks": "red", "accuracy": "magenta", "slow": "yellow", "info": "cyan"}
LISTED = 20
"""Files that were not analysed, named at most."""
PACKAGES = 15
"""Work packages shown in the report; JSON and HTML have all."""


def render(report: Report, style: Style) -> str:
    """Findings by file, each fix and its evidence said once, then the summary."""
    lines = list(_lines(report, style))
    text = "\n".join(lines) + "\n"
    return text if style.color else click.unstyle(text)


def _lines(report: Report, style: Style) -> Iterator[str]:
    said: set[tuple[str, str | None]] = set()
    for finding in report.findings:
        if finding.context != "live":
            yield click.style(_headline(finding), dim=True)
            continue
        yield from _full(finding, style, said)
    if report.findings:
        yield ""
    if style.statistics:
        yield from statistics(report)
    if style.audit:
        yield from _audit(report, style)
    yield from _not_analysed(report)
    yield from summary(report)


def _headline(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}:{finding.column}"
    context = "" if finding.context in ("live", "guarded") else f" ({finding.context})"
    return f"{where} {finding.impact} {finding.rule} {finding.message}{context}"


def _full(finding: Finding, style: Style, said: set[tuple[str, str | None]]) -> Iterator[str]:
    where = click.style(f"{finding.path}:{finding.line}:{finding.column}", bold=True)
    impact = click.style(finding.impact, fg=COLORS[finding.impact], bold=True)
    yield f"{where} {impact} {click.style(finding.rule, bold=True)} {finding.message}"
    yield from frame(finding)
    for place in finding.related[:3]:
        yield click.style(f"      {place.path}:{place.line}: {place.message}", dim=True)
    if len(finding.related) > 3:
        yield click.style(f"      and {len(finding.related) - 3} more related places", dim=True)
    key = (finding.rule, finding.replacement)
    if key not in said:
        said.add(key)
        yield from _advice(finding, style)


def frame(finding: Finding) -> Iterator[str]:
    """The line of code, its number, and carets below the expression."""
    if not finding.snippet.strip():
        return
    code = finding.snippet.expandtabs(1)
    indent = len(code) - len(code.lstrip())
    number = str(finding.line).rjust(5)
    yield f"{click.style(number + ' |', fg='blue')} {code[indent:]}"
    end = finding.end_column if finding.end_line == finding.line else len(code) + 1
    width = min(end, len(code) + 1) - finding.column
    if width > 0:
        space = " " * (finding.column - 1 - indent)
        carets = click.style("^" * width, fg=COLORS[finding.impact])
        yield f"{click.style('      |', fg='blue')} {space}{carets}"


def _advice(finding: Finding, style: Style) -> Iterator[str]:
    hours = "-".join(f"{h:g}" for h in finding.effort.hours)
    if finding.replacement:
        yield from _wrapped("instead: ", finding.replacement, style.width)
    yield click.style(
        f"      effort: {finding.effort.label} ({hours} h), confidence: {finding.confidence}",
        dim=True,
    )
    for evidence in finding.evidence:
        sdk = f"SDK {evidence.sdk}, " if evidence.sdk else ""
        yield click.style(
            f"      evidence: {evidence.url} ({sdk}checked {evidence.checked})", dim=True
        )


def _wrapped(label: str, text: str, width: int) -> list[str]:
    lines = textwrap.wrap(
        label + text,
        max(40, width),
        initial_indent="      ",
        subsequent_indent=" " * (6 + len(label)),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [click.style(lines[0], fg="green"), *(click.style(x, fg="green") for x in lines[1:])]


def statistics(report: Report) -> Iterator[str]:
    """How often each rule reported, the most frequent first."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in report.findings:
        key = (finding.rule, finding.name, finding.impact)
        counts[key] = counts.get(key, 0) + 1
    for (rule, name, impact), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:6}  {rule}  {impact:8}  {name}"
    if counts:
        yield ""


def _audit(report: Report, style: Style) -> Iterator[str]:
    summary_ = report.summary
    assert summary_.hours is not None
    target = report.target
    yield click.style(
        f"Migration to {target.chip}, {target.stack}, SDK {target.sdk}, {target.workload}",
        bold=True,
    )
    yield (
        f"  difficulty: {click.style(str(summary_.difficulty), bold=True)}"
        f"  score: {summary_.score} of 100  effort: {_hours(summary_.hours)}"
    )
    if report.plan:
        yield "  work, in the order to take it:"
    for package in report.plan[:PACKAGES]:
        places = len(package.findings)
        count = f"{places} place{'s' * (places > 1)}"
        yield f"    {_hours(package.hours):>14}  {package.title}, {count}"
    if len(report.plan) > PACKAGES:
        rest = report.plan[PACKAGES:]
        hours = (sum(p.hours[0] for p in rest), sum(p.hours[1] for p in rest))
        yield f"    {_hours(hours):>14}  {len(rest)} more root causes (all of them: --format json)"
    yield ""


def _hours(hours: Sequence[float]) -> str:
    low, high = (f"{h:.0f}" if h >= 10 else f"{h:.2g}" for h in hours)
    return f"{low}-{high} h" if low != high else f"{low} h"


def _not_analysed(report: Report) -> Iterator[str]:
    for item in report.not_analysed[:LISTED]:
        yield f"{click.style('not analysed', fg='yellow')}: {item.path} {item.reason}"
    if len(report.not_analysed) > LISTED:
        yield f"not analysed: {len(report.not_analysed) - LISTED} more (all of them: --format json)"


def summary(report: Report) -> Iterator[str]:
    """One line of counts: live findings by impact, what was left aside, what was read."""
    figures = report.summary
    counted = sum(figures.by_impact.values())
    parts = [f"{figures.by_impact[i]} {i}" for i in IMPACTS[::-1] if figures.by_impact.get(i)]
    found = f"{counted} finding{'s' * (counted != 1)}" + (f" ({', '.join(parts)})" if parts else "")
    aside = [
        f"{figures.by_context[c]} {c}"
        for c in ("guarded", "test", "example")
        if figures.by_context.get(c)
    ]
    also = f"; not counted: {', '.join(aside)}" if aside else ""
    target = report.target
    yield (
        f"{found} for {target.chip}, {target.stack}, SDK {target.sdk}{also}; "
        f"{figures.files} file{'s' * (figures.files != 1)}, {figures.lines} lines read"
        + (f", {len(report.not_analysed)} not analysed" if report.not_analysed else "")
    )
