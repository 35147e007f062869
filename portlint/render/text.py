"""Report -> what a person reads in a terminal: findings with their code, then the sums."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from portlint.model import Finding
from portlint.render import Style, audit, models
from portlint.render.frame import frame
from portlint.render.fresh import fresh
from portlint.render.order import repeats
from portlint.render.words import contexts, earlier, hours, impacts, line_of, plural, told, visible
from portlint.report import Report

COLORS = {"breaks": "red", "accuracy": "magenta", "slow": "yellow", "info": "cyan"}
LISTED = 20
"""Files that were not analysed, named at most."""
FRAMES = 4
"""Places shown with their code where a file repeats a finding; of the rest the lines are named."""
INDENT = " " * 6


def render(report: Report, style: Style) -> str:
    """Findings by file, each fix and its evidence said once, then the summary."""
    lines = list(_lines(report, style))
    text = "\n".join(lines) + "\n"
    return text if style.color else click.unstyle(text)


def _lines(report: Report, style: Style) -> Iterator[str]:
    said: set[tuple[str, str | None]] = set()
    for group in repeats(report.findings):
        if group[0].context in style.counted:
            yield from _full(group, style, said)
            yield ""
        else:
            yield from _aside(group, style)
    if report.findings and report.findings[-1].context not in style.counted:
        yield ""
    if style.statistics:
        yield from statistics(report)
    for model in report.models:
        yield from models.lines(model, style.ops, style.width)
        yield ""
    yield from _not_analysed(report)
    if style.audit:
        yield from audit.lines(report, style)
    yield from summary(report, style)
    yield from _outlook(report, style)


def _aside(group: Sequence[Finding], style: Style) -> Iterator[str]:
    """A finding that does not count: one dimmed line."""
    first = group[0]
    where = visible(f"{first.path}:{first.line}:{first.column}")
    context = "" if first.context in ("live", "guarded") else f" ({first.context})"
    line = f"{where} {first.impact} {first.rule} {told(first)}{context}"
    yield click.style(line, dim=True)
    for more in _more(group[1:], style.width):
        yield click.style(more, dim=True)


def _full(
    group: Sequence[Finding], style: Style, said: set[tuple[str, str | None]]
) -> Iterator[str]:
    first = group[0]
    where = click.style(visible(f"{first.path}:{first.line}:{first.column}"), bold=True)
    impact = click.style(first.impact, fg=COLORS[first.impact], bold=True)
    context = "" if first.context in ("live", "guarded") else f" ({first.context})"
    yield f"{where} {impact} {click.style(first.rule, bold=True)} {told(first)}{context}"
    for finding in group[:FRAMES]:
        yield from _code(finding, style)
    yield from _more(group[FRAMES:], style.width)
    key = (first.rule, first.replacement)
    if key not in said:
        said.add(key)
        yield from _advice(first, style)


def _code(finding: Finding, style: Style) -> Iterator[str]:
    lines = frame(finding, style.width - 8)
    if lines:
        number = line_of(finding).rjust(5)
        yield f"{click.style(number + ' |', fg='blue')} {lines.code}"
    if lines and lines.carets:
        carets = click.style(lines.carets, fg=COLORS[finding.impact])
        yield f"{click.style('      |', fg='blue')} {lines.space}{carets}"
    for place in finding.related[:3]:
        yield click.style(INDENT + visible(f"{place.path}:{place.line}: {place.message}"), dim=True)
    if len(finding.related) > 3:
        yield click.style(f"{INDENT}and {len(finding.related) - 3} more related places", dim=True)


def _more(rest: Sequence[Finding], width: int) -> list[str]:
    if not rest:
        return []
    lines = list(dict.fromkeys(line_of(finding) for finding in rest))
    word = "lines" if len(lines) > 1 else "line"
    return _wrapped(f"and {len(rest)} more, {word} ", ", ".join(lines), width)


def _advice(finding: Finding, style: Style) -> Iterator[str]:
    if finding.replacement:
        for line in _wrapped("instead: ", visible(finding.replacement), style.width):
            yield click.style(line, fg="green")
    effort = f"{finding.effort.label} ({hours(finding.effort.hours)})"
    yield click.style(f"{INDENT}effort: {effort}, confidence: {finding.confidence}", dim=True)
    for evidence in finding.evidence:
        sdk = f"SDK {evidence.sdk}, " if evidence.sdk else ""
        yield click.style(
            f"{INDENT}evidence: {evidence.url} ({sdk}checked {evidence.checked})", dim=True
        )


def _wrapped(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        label + text,
        max(40, width),
        initial_indent=INDENT,
        subsequent_indent=INDENT + " " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def statistics(report: Report) -> Iterator[str]:
    """How often each rule reported, the most frequent first."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in fresh(report).findings:
        key = (finding.rule, finding.name, finding.impact)
        counts[key] = counts.get(key, 0) + 1
    for (rule, name, impact), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:6}  {rule}  {impact:8}  {name}"
    if counts:
        yield ""


def _outlook(report: Report, style: Style) -> Iterator[str]:
    """What the findings add up to, and where to read on."""
    if style.audit:
        yield audit.verdict(report)
    elif any(report.summary.by_impact.values()):
        yield audit.verdict(report)
        yield "`portlint audit` shows the plan, `portlint rule CODE` explains a finding"


def _not_analysed(report: Report) -> Iterator[str]:
    for item in report.not_analysed[:LISTED]:
        yield f"{click.style('not analysed', fg='yellow')}: {visible(f'{item.path} {item.reason}')}"
    if len(report.not_analysed) > LISTED:
        yield f"not analysed: {len(report.not_analysed) - LISTED} more (all of them: --format json)"


def summary(report: Report, style: Style) -> Iterator[str]:
    """One line of counts: counted findings by impact, what was left aside, what was read."""
    new = [finding for finding in report.findings if not finding.baselined]
    counted = Counter[str](f.impact for f in new if f.context in style.counted)
    hidden = report.summary.hidden
    found = plural(counted.total(), "new finding" if hidden else "finding")
    parts = impacts(counted)
    aside = contexts(Counter[str](f.context for f in new), style.counted)
    target_ = report.target
    yield (
        f"{found}{f' ({parts})' if parts else ''}"
        f" for {target_.chip}, {target_.stack}, SDK {target_.sdk}"
        f"{f'; not counted: {aside}' if aside else ''}"
        f"{f'; {earlier(hidden)} not shown' if hidden else ''}"
        f"; {_read(report)}"
        f"{f', {len(report.not_analysed)} not analysed' if report.not_analysed else ''}"
    )


def _read(report: Report) -> str:
    """What the run looked at: `3 files, 98 lines read, 1 model traced`."""
    figures = report.summary
    files = f"{plural(figures.files, 'file')}, {plural(figures.lines, 'line')} read"
    traced = sum(model.captured_by is not None for model in report.models)
    models_ = f"{plural(traced, 'model')} traced"
    if not report.models:
        return files
    return f"{files}, {models_}" if figures.files else models_
