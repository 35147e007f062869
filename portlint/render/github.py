"""Report -> GitHub workflow commands, which the runner turns into annotations."""

from collections import Counter
from collections.abc import Iterator, Sequence

from portlint.model import Finding, Impact
from portlint.render import Style
from portlint.render.order import worst_first
from portlint.render.words import contexts, impacts, instead, plural, visible
from portlint.report import Report

LEVELS: dict[Impact, str] = {
    "breaks": "error",
    "accuracy": "warning",
    "slow": "warning",
    "info": "notice",
}
PER_LEVEL = 10
"""Annotations of one level that the host keeps of a step; three levels stay below its 50 a job."""


def render(report: Report, style: Style) -> str:
    """The worst counted findings as annotations, and what is left out in one notice."""
    counted = [f for f in worst_first(report.findings, style.counted) if f.counts(style.counted)]
    shown, rest = _fitting(counted, PER_LEVEL)
    if rest or report.not_analysed:
        shown, rest = _fitting(counted, PER_LEVEL - 1)
    lines = [_command(finding, style) for finding in shown]
    about = ", ".join(_left_out(report, rest, style))
    if about:
        lines.append(f"::notice title=portlint::{_data(f'Not shown as annotations: {about}')}")
    return "".join(f"{line}\n" for line in lines)


def _fitting(findings: Sequence[Finding], notices: int) -> tuple[list[Finding], list[Finding]]:
    """What the host keeps, and the rest; `notices` is how many of those there may be."""
    used: Counter[str] = Counter()
    shown: list[Finding] = []
    rest: list[Finding] = []
    for finding in findings:
        level = LEVELS[finding.impact]
        fits = used[level] < (notices if level == "notice" else PER_LEVEL)
        used[level] += fits
        (shown if fits else rest).append(finding)
    return shown, rest


def _command(finding: Finding, style: Style) -> str:
    place: dict[str, str | int] = {
        "title": f"{finding.rule} {finding.name}",
        "file": visible(style.prefix + finding.path),
        "line": finding.line,
        "endLine": finding.end_line,
    }
    if finding.line == finding.end_line:
        place |= {"col": finding.column, "endColumn": max(finding.column, finding.end_column - 1)}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    return f"::{LEVELS[finding.impact]} {properties}::{_data(instead(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _left_out(report: Report, rest: Sequence[Finding], style: Style) -> Iterator[str]:
    if not rest and not report.not_analysed:
        return
    if rest:
        counts = Counter[str](finding.impact for finding in rest)
        yield f"{plural(len(rest), 'more finding')} ({impacts(counts)})"
    aside = contexts(report.summary.by_context, style.counted)
    if aside:
        yield f"not counted: {aside}"
    if report.not_analysed:
        yield f"{plural(len(report.not_analysed), 'file')} not analysed"
