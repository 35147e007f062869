"""Report -> reviewdog's Diagnostic Format (rdjson), for reviews on any host it serves.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from typing import Any

from portlint.model import Finding, Impact, NotAnalysed, Related
from portlint.render import Style
from portlint.render.document import document
from portlint.render.words import aside, instead, visible
from portlint.report import Report

SEVERITIES: dict[Impact, str] = {
    "breaks": "ERROR",
    "accuracy": "WARNING",
    "slow": "WARNING",
    "info": "INFO",
}
Json = dict[str, Any]


def render(report: Report, style: Style) -> str:
    """One DiagnosticResult: every finding, then what was not analysed."""
    found = [_diagnostic(finding, style) for finding in report.findings]
    missed = [_missed(item, style) for item in report.not_analysed]
    result = {"source": {"name": report.tool.name}, "diagnostics": [*found, *missed]}
    return document(result)


def _diagnostic(finding: Finding, style: Style) -> Json:
    counts = finding.counts(style.counted)
    code = {"value": finding.rule}
    if finding.evidence:
        code["url"] = finding.evidence[0].url
    shown: Json = {
        "message": aside(finding, style.counted) + instead(finding),
        "location": _place(finding.path, style) | {"range": _range(finding)},
        "severity": SEVERITIES[finding.impact] if counts else "INFO",
        "code": code,
    }
    if finding.related:
        shown["related_locations"] = [_related(place, style) for place in finding.related]
    return shown


def _range(finding: Finding) -> Json:
    """Columns count bytes of UTF-8 here; where the line is not at hand, lines alone are given."""
    whole = {"start": {"line": finding.line}, "end": {"line": finding.end_line}}
    last = max(finding.column, finding.end_column) - 1
    if finding.cell or finding.line != finding.end_line or last > len(finding.snippet):
        return whole
    for end, column in (("start", finding.column), ("end", finding.end_column)):
        before = finding.snippet[: column - 1]
        whole[end]["column"] = len(before.encode("utf-8", "surrogatepass")) + 1
    return whole


def _related(place: Related, style: Style) -> Json:
    where = _place(place.path, style) | {"range": {"start": {"line": place.line}}}
    return {"message": visible(place.message), "location": where}


def _place(path: str, style: Style) -> Json:
    return {"path": style.prefix + path}


def _missed(item: NotAnalysed, style: Style) -> Json:
    return {
        "message": f"Not analysed: {visible(item.reason)}",
        "location": _place(item.path, style),
        "severity": "INFO",
        "code": {"value": "not-analysed"},
    }
