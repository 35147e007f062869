"""Report -> GitLab Code Quality: one JSON array, as `artifacts:reports:codequality` takes it.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from portlint.model import Finding, Impact, NotAnalysed
from portlint.render import Style
from portlint.render.document import document
from portlint.render.words import aside, instead, visible
from portlint.report import Report

SEVERITIES: dict[Impact, str] = {
    "breaks": "blocker",
    "accuracy": "critical",
    "slow": "major",
    "info": "info",
}
Json = dict[str, Any]


def render(report: Report, style: Style) -> str:
    """Every finding, then what was not analysed."""
    found = [_issue(finding, style) for finding in report.findings]
    missed = [_missed(item, style) for item in report.not_analysed]
    return document(list(_distinct([*found, *missed])))


def _issue(finding: Finding, style: Style) -> Json:
    counts = finding.counts(style.counted)
    return {
        "description": f"{finding.rule}: {aside(finding, style.counted)}{instead(finding)}",
        "check_name": f"{finding.rule} {finding.name}",
        "fingerprint": finding.fingerprint,
        "severity": SEVERITIES[finding.impact] if counts else "info",
        "location": {
            "path": style.prefix + finding.path,
            "lines": {"begin": finding.line, "end": finding.end_line},
        },
    }


def _missed(item: NotAnalysed, style: Style) -> Json:
    path = style.prefix + item.path
    reason = visible(item.reason)
    return {
        "description": f"Not analysed: {reason}",
        "check_name": "not-analysed",
        "fingerprint": sha256(
            f"not-analysed\n{path}\n{reason}".encode("utf-8", "replace")
        ).hexdigest()[:20],
        "severity": "info",
        "location": {"path": path, "lines": {"begin": 1}},
    }


def _distinct(issues: Iterable[Json]) -> Iterator[Json]:
    """Of several issues with one fingerprint the host shows the first only."""
    seen: Counter[str] = Counter()
    for issue in issues:
        print_ = issue["fingerprint"]
        seen[print_] += 1
        yield issue if seen[print_] == 1 else issue | {"fingerprint": f"{print_}-{seen[print_]}"}
