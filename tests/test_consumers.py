"""Our formats in the hands of others' programs: the SARIF multitool, Rush's problem matchers."""

import json
import pathlib
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from portlint import catalog, matchers
from portlint.model import IMPACTS
from portlint.render import Style, render
from portlint.render.concise import line
from portlint.report import Report
from tests import npm, reports

MULTITOOL = f"@microsoft/sarif-multitool-{sys.platform}@5.7.0"
MATCHERS = "@rushstack/problem-matcher@0.2.1"
TAKEN = {"SARIF2005"}
"""What the multitool misses and we leave out: an address of the project."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("npm")]
Validate = Callable[[str], Counter[str]]


@pytest.fixture(scope="session")
def validate(tmp_path_factory: pytest.TempPathFactory, consumers: bool) -> Validate:
    """A log -> the rules of the multitool that it breaks, GitHub's own among them."""
    folder = tmp_path_factory.mktemp("multitool")
    name = "Sarif.Multitool" + ".exe" * (sys.platform == "win32")
    program = npm.package(folder, MULTITOOL, consumers) / name
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(log: str) -> Counter[str]:
        given, out = folder / "given.sarif", folder / "out.sarif"
        given.write_text(log, encoding="utf-8", errors="replace")
        out.unlink(missing_ok=True)
        # Notes are matters of taste, and one of them fetches every link.
        words = "--rule-kind Sarif;Ghas --level Error;Warning --kind Fail;Review;Open --quiet true"
        command = [str(program), "validate", str(given), *words.split(), "--output", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert out.is_file(), done.stdout + done.stderr
        (found,) = json.loads(out.read_text(encoding="utf-8-sig"))["runs"]
        assert not found["invocations"][0].get("toolConfigurationNotifications")
        return Counter(result["ruleId"] for result in found["results"])

    return run


def sarif(report: Report, **more: Any) -> str:
    return render(report, "sarif", Style(rules=catalog.shipped().rules)._replace(**more))


def test_the_multitool_knows_the_rules_of_github(validate: Validate) -> None:
    log = json.loads(sarif(reports.checked(3)))
    for result in log["runs"][0]["results"]:
        del result["locations"]
    assert [rule for rule in validate(json.dumps(log)) if rule.startswith("GH")]


@pytest.mark.parametrize(
    "report",
    [reports.checked(1), reports.checked(60), reports.hostile(60)],
    ids=["one", "some", "hostile"],
)
def test_github_has_nothing_to_say_against_our_sarif(report: Report, validate: Validate) -> None:
    assert set(validate(sarif(report, prefix="a b/数/"))) <= TAKEN


def test_nor_against_what_a_baseline_had(validate: Validate) -> None:
    report = reports.checked(20)
    old = [msgspec.structs.replace(f, baselined=n % 2 == 0) for n, f in enumerate(report.findings)]
    log = sarif(msgspec.structs.replace(report, findings=tuple(old)))
    assert set(validate(log)) <= TAKEN
    results = json.loads(log)["runs"][0]["results"]
    assert sum(bool(result["suppressions"]) for result in results) == 10
    new = sum(f.counts(frozenset({"live"})) for f in old)
    assert not any(result["suppressions"] for result in results[:new])


def test_nor_against_a_report_without_findings(validate: Validate) -> None:
    assert set(validate(sarif(reports.checked(0)))) <= TAKEN


def test_another_reader_of_vs_codes_matchers_reads_ours(
    tmp_path: pathlib.Path, consumers: bool
) -> None:
    package = npm.package(tmp_path, MATCHERS, consumers)
    found = [
        msgspec.structs.replace(reports.finding(n), impact=impact, path=f"a b/数 [{n}]: c.py")
        for n in range(12)
        for impact in IMPACTS
    ]
    lines = [line(f, Style(rules={})) for f in found]
    script = """
        const { parseProblemMatchersJson } = require(process.argv[1]);
        const { matchers, lines } = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const ours = parseProblemMatchersJson(matchers);
        const read = (line) => ours.map((m) => m.exec(line + "\\n")).filter((found) => found);
        console.log(JSON.stringify(lines.map(read)));
    """
    given = json.dumps({"matchers": matchers.vscode(), "lines": lines})
    program = [npm.node(consumers), "-e", script, str(package)]
    done = subprocess.run(program, input=given, capture_output=True, encoding="utf-8", check=True)
    words = {"breaks": "error", "accuracy": "warning", "slow": "warning", "info": "info"}
    for f, problems in zip(found, json.loads(done.stdout), strict=True):
        (problem,) = problems
        assert (problem["file"], problem["line"], problem["code"]) == (f.path, f.line, f.rule)
        assert problem["severity"] == (words[f.impact] if f.context == "live" else "info")
