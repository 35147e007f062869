"""Report -> JUnit XML, as Jenkins, GitLab and others read it: a suite per file, a case per finding.

What fails the run is a failure, any other finding a skipped case that says why; a file without
findings is one case that passes, a file that was not analysed one that is an error.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from portlint.model import IMPACTS, Finding
from portlint.render import Style
from portlint.render.words import instead, line_of, told, visible
from portlint.report import Report

CLEAN = "no findings"
OUTCOMES = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def render(report: Report, style: Style) -> str:
    """The document; the same report gives the same bytes, so it has no times."""
    root = Xml.Element("testsuites", name=report.tool.name)
    root.extend(_suites(report, style))
    for name, outcome in [("tests", "testcase"), *OUTCOMES[:2]]:
        root.set(name, str(sum(1 for _ in root.iter(outcome))))
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode") + "\n"


def _suites(report: Report, style: Style) -> Iterator[Xml.Element]:
    cases: dict[str, list[Xml.Element]] = {path: [] for path in style.files}
    seen: Counter[tuple[str, str]] = Counter()
    for finding in report.findings:
        seen[finding.path, finding.rule] += 1
        case = _case(finding, seen[finding.path, finding.rule], style)
        cases.setdefault(finding.path, []).append(case)
    for item in report.not_analysed:
        case = Xml.Element("testcase", name="not analysed")
        Xml.SubElement(case, "error", type="not-analysed", message=visible(item.reason))
        cases.setdefault(item.path, []).append(case)
    for path in sorted(cases):
        yield _suite(style.prefix + path, cases[path])


def _suite(path: str, cases: Sequence[Xml.Element]) -> Xml.Element:
    name = visible(path)
    suite = Xml.Element("testsuite", name=name, file=name)
    suite.extend(cases or [Xml.Element("testcase", name=CLEAN)])
    for case in suite:
        case.set("classname", name)
    suite.set("tests", str(len(suite)))
    for count, outcome in OUTCOMES:
        suite.set(count, str(sum(case.find(outcome) is not None for case in suite)))
    return suite


def _case(finding: Finding, repeat: int, style: Style) -> Xml.Element:
    # Hosts know a case by its name: with a line in it, every edit above would make it a new one.
    again = f" ({repeat})" if repeat > 1 else ""
    case = Xml.Element("testcase", name=f"{finding.rule} {finding.name}{again}")
    where = visible(f"{style.prefix}{finding.path}:{line_of(finding)}:{finding.column}")
    why = _passed_over(finding, style)
    outcome = Xml.SubElement(case, "skipped" if why else "failure", type=finding.impact)
    outcome.set("message", f"{why}: {told(finding)}" if why else told(finding))
    code = visible(finding.snippet.strip())
    outcome.text = f"{where}: {finding.impact}\n{code}\n{instead(finding)}"
    return case


def _passed_over(finding: Finding, style: Style) -> str:
    """Why a finding does not fail the run; "" where it does."""
    if not finding.counts(style.counted):
        return f"not counted ({finding.context})"
    fails = style.fail_on != "never" and IMPACTS.index(finding.impact) >= IMPACTS.index(
        style.fail_on
    )
    return "" if fails else f"{finding.impact} does not fail the run"
