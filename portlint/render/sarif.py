"""Report -> SARIF 2.1.0, within what GitHub code scanning keeps of it.

Impact becomes the level: breaks an error, accuracy and slow warnings, info a note. Findings that
are not counted (guarded, in tests, in examples) are notes, with their own impact among the
properties: nobody has suppressed them, so they carry no suppression. What a baseline had before
does. There is no `primaryLocationLineHash` among the fingerprints: the action that uploads the file
works that one out from the checkout, and warns of every other value it finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from portlint.model import Finding, Impact, NotAnalysed
from portlint.render import Style
from portlint.render.document import document
from portlint.render.order import worst_first
from portlint.render.words import instead, plain, plural, visible
from portlint.report import Report
from portlint.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LIMIT = 5_000
"""Results the host keeps of a run, the most severe ones."""
DOCUMENTATION = "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/"
"""Where a rule that rests on judgement alone sends its reader."""
Level = Literal["error", "warning", "note"]
LEVELS: Mapping[Impact, Level] = {
    "breaks": "error",
    "accuracy": "warning",
    "slow": "warning",
    "info": "note",
}
PRECISION = {"documented": "very-high", "derived": "high", "inferred": "medium"}
BASELINED = {"kind": "external", "status": "accepted", "justification": "in the baseline"}
Json = dict[str, Any]


def render(report: Report, style: Style) -> str:
    """One log with one run; the same report gives the same bytes."""
    return document({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, style)]})


def _run(report: Report, style: Style) -> Json:
    ordered = worst_first(report.findings, style.counted)
    kept = ordered[:LIMIT]
    codes = sorted({finding.rule for finding in kept})
    suppressing = any(finding.baselined for finding in kept)
    target = report.target
    category = f"{target.chip}-{target.stack}-{target.sdk}-{target.workload}"
    return {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "rules": [_rule(style.rules[code], kept) for code in codes],
            }
        },
        "automationDetails": {"id": f"{report.tool.name}/{category}/"},
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the checkout."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(item.internal for item in report.not_analysed),
                "toolExecutionNotifications": [
                    *_left_out(len(ordered) - len(kept)),
                    *(_notification(item, style) for item in report.not_analysed),
                ],
            }
        ],
        "results": [_result(f, codes.index(f.rule), style, suppressing) for f in kept],
        "properties": msgspec.to_builtins({"target": target, "summary": report.summary}),
    }


def _rule(rule: Rule, findings: Sequence[Finding]) -> Json:
    first = next(finding for finding in findings if finding.rule == rule.code)
    links = [evidence.url for evidence in first.evidence]
    links += [verdict.evidence for verdict in rule.verdict if verdict.evidence not in links]
    urls = [link for link in links if link.startswith("https://")]
    why, fix = (" ".join(text.split()) for text in (rule.why, rule.fix))
    ask = f"portlint rule {rule.code}"
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": plain(rule.summary)},
        "fullDescription": {"text": why},
        "help": {
            "text": f"{why}\n\nInstead: {fix}\n\nExamples and verdicts: {ask}",
            "markdown": "\n\n".join(
                [
                    f"## {rule.code} {rule.name}",
                    why,
                    f"**Instead:** {fix}",
                    *(["**Evidence:**\n\n" + "\n".join(f"- <{u}>" for u in urls)] if urls else []),
                    f"Examples, and the verdict for every target: `{ask}`",
                ]
            ),
        },
        "helpUri": urls[0] if urls else DOCUMENTATION,
        "defaultConfiguration": {"level": LEVELS[first.impact]},
        "properties": {
            "tags": [rule.subject],
            "precision": PRECISION[first.confidence],
        },
    }


def _result(finding: Finding, index: int, style: Style, suppressing: bool) -> Json:
    counts = finding.context in style.counted
    region: Json = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    if finding.snippet:
        region["snippet"] = {"text": finding.snippet}
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.impact] if counts else "note",
        "message": {"text": instead(finding)},
        "locations": [{"physicalLocation": _place(finding.path, style) | {"region": region}}],
        "partialFingerprints": {"portlint/v1": finding.fingerprint},
        "properties": msgspec.to_builtins(
            {
                name: getattr(finding, name)
                for name in (
                    "impact context confidence effort layer symbol replacement root_cause evidence"
                ).split()
            }
        ),
    }
    if suppressing:  # either all results have the list, or none
        result["suppressions"] = [BASELINED] if finding.baselined else []
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _place(place.path, style)
                | {"region": {"startLine": place.line}},
                "message": {"text": visible(place.message)},
            }
            for number, place in enumerate(finding.related, 1)
        ]
    return result


def _place(path: str, style: Style) -> Json:
    uri = quote(style.prefix + path, errors="backslashreplace")
    return {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}}


def _notification(item: NotAnalysed, style: Style) -> Json:
    return {
        "descriptor": {"id": "not-analysed"},
        "level": "error" if item.internal else "warning",
        "message": {"text": visible(f"{item.path} {item.reason}")},
        "locations": [{"physicalLocation": _place(item.path, style)}],
    }


def _left_out(count: int) -> Iterator[Json]:
    if count:
        text = f"{plural(count, 'finding')} left out, the least severe: a run keeps {LIMIT}"
        yield {
            "descriptor": {"id": "left-out"},
            "level": "warning",
            "message": {"text": text},
        }
