"""GitLab, JUnit and rdjson: what their readers take and rely on, whatever audited text holds."""

import functools
import json
import pathlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import hypothesis
import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
import xmlschema
from hypothesis import strategies as st

from portlint import catalog
from portlint.model import CONTEXTS, IMPACTS, Cell, Finding, NotAnalysed, Related
from portlint.render import Style, pieces, render
from portlint.render.words import visible
from portlint.report import Report
from tests import reports
from tests.invoke import portlint

SCHEMAS = pathlib.Path(__file__).parent / "data" / "schemas"
TEXT = st.one_of(
    st.text(),
    st.sampled_from(
        [
            *reports.HOSTILE,
            "]]>",
            "<![CDATA[",
            "</script>",
            "%0A::error::x",
            "a\r\nb",
            "\ufffe\uffff",
        ]
    ),
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """A finding with any text, on any place of its line, in any context."""
    where = draw(st.integers(1, 30))
    return msgspec.structs.replace(
        reports.finding(draw(st.integers(0, 50))),
        path=draw(TEXT.filter(bool)),
        message=draw(TEXT.filter(str.strip)),
        snippet=draw(TEXT),
        replacement=draw(st.none() | TEXT),
        impact=draw(st.sampled_from(IMPACTS)),
        context=draw(st.sampled_from(CONTEXTS)),
        column=where,
        end_column=where + draw(st.integers(0, 9)),
        related=(Related(path=draw(TEXT), line=3, message=draw(TEXT)),),
        fingerprint=draw(st.sampled_from(["a", "b", "c"])),
    )


ANY = st.builds(
    lambda found, missed: made(*found, missed=missed),
    st.lists(findings(), max_size=5),
    st.lists(st.builds(NotAnalysed, path=TEXT.filter(bool), reason=TEXT), max_size=2),
)


def made(*found: Finding, missed: list[NotAnalysed] | None = None) -> Report:
    """A report of these findings."""
    whole = reports.checked(1)
    return msgspec.structs.replace(whole, findings=found, not_analysed=tuple(missed or ()))


def style(**more: object) -> Style:
    return Style(rules={})._replace(**more)  # type: ignore[arg-type]


def finding(**fields: object) -> Finding:
    return msgspec.structs.replace(reports.finding(1), context="live", **fields)


def written(report: Report, name: str, **more: object) -> bytes:
    """As the command line writes it."""
    return render(report, name, style(**more)).encode("utf-8", "replace")


@functools.cache
def xunit() -> xmlschema.XMLSchema:
    """What Jenkins' xUnit plugin asks of a JUnit report."""
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


class TestGitlab:
    @hypothesis.given(ANY)
    def test_every_issue_is_what_the_host_takes(self, report: Report) -> None:
        issues = json.loads(written(report, "gitlab"))
        assert len(issues) == len(report.findings) + len(report.not_analysed)
        for issue in issues:
            assert all(issue[name] for name in ("description", "check_name", "fingerprint"))
            assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert issue["location"]["path"] and issue["location"]["lines"]["begin"] >= 1
        prints = [issue["fingerprint"] for issue in issues]
        assert len(set(prints)) == len(prints)

    @pytest.mark.parametrize(
        ("impact", "severity"),
        [("breaks", "blocker"), ("accuracy", "critical"), ("slow", "major"), ("info", "info")],
    )
    def test_impact_is_severity(self, impact: str, severity: str) -> None:
        (issue,) = json.loads(written(made(finding(impact=impact)), "gitlab"))
        assert issue["severity"] == severity

    def test_what_does_not_count_is_information(self) -> None:
        told = msgspec.structs.replace(finding(impact="breaks"), context="test")
        (issue,) = json.loads(written(made(told), "gitlab"))
        assert issue["severity"] == "info" and "(test)" in issue["description"]

    def test_paths_are_those_of_the_checkout(self) -> None:
        (issue,) = json.loads(written(made(finding(path="数\u3000x.py")), "gitlab", prefix="a b/"))
        assert issue["location"]["path"] == "a b/数\u3000x.py"


class TestJunit:
    @hypothesis.given(ANY)
    def test_jenkins_takes_it(self, report: Report) -> None:
        data = written(report, "junit")
        xunit().validate(data.decode())
        root = ElementTree.fromstring(data)
        assert len(list(root.iter("testcase"))) == len(report.findings) + len(report.not_analysed)

    def test_counts_are_those_of_the_cases(self) -> None:
        whole = reports.checked(60)
        root = ElementTree.fromstring(written(whole, "junit", files=("clean.py",)))
        for node in [root, *root]:
            assert int(node.attrib["tests"]) == len(list(node.iter("testcase")))
            assert int(node.attrib["failures"]) == len(list(node.iter("failure")))
        names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
        assert len(set(names)) == len(names)

    def test_a_clean_file_passes(self) -> None:
        root = ElementTree.fromstring(written(made(), "junit", files=("a.py",), prefix="src/"))
        (suite,) = root
        assert suite.attrib["name"] == "src/a.py"
        assert [list(case) for case in suite] == [[]]

    @pytest.mark.parametrize(
        ("impact", "context", "fail_on", "outcome"),
        [
            ("breaks", "live", "breaks", "failure"),
            ("slow", "live", "breaks", "skipped"),
            ("slow", "live", "slow", "failure"),
            ("breaks", "live", "never", "skipped"),
            ("breaks", "test", "breaks", "skipped"),
        ],
    )
    def test_what_fails_the_run_fails_and_the_rest_says_why_not(
        self, impact: str, context: str, fail_on: str, outcome: str
    ) -> None:
        told = msgspec.structs.replace(finding(impact=impact), context=context)
        (case,) = ElementTree.fromstring(written(made(told), "junit", fail_on=fail_on)).iter(
            "testcase"
        )
        assert [node.tag for node in case] == [outcome]

    def test_a_case_keeps_its_name_when_lines_move(self) -> None:
        names = [
            [
                c.get("name")
                for c in ElementTree.fromstring(written(made(f), "junit")).iter("testcase")
            ]
            for f in (finding(line=3, end_line=3), finding(line=13, end_line=13))
        ]
        assert names[0] == names[1]

    def test_a_file_that_was_not_analysed_is_an_error(self) -> None:
        report = made(missed=[NotAnalysed(path="x.py", reason="is not valid Python")])
        (error,) = ElementTree.fromstring(written(report, "junit", files=("x.py",))).iter("error")
        assert error.attrib["message"] == "is not valid Python"


class TestRdjson:
    SCHEMA = json.loads((SCHEMAS / "rdjson.json").read_text(encoding="utf-8"))

    @hypothesis.given(ANY)
    def test_reviewdog_takes_it(self, report: Report) -> None:
        shown = json.loads(written(report, "rdjson"))
        jsonschema.Draft4Validator(self.SCHEMA).validate(shown)
        assert len(shown["diagnostics"]) == len(report.findings) + len(report.not_analysed)

    def range_of(self, **fields: object) -> Any:
        return json.loads(written(made(finding(**fields)), "rdjson"))["diagnostics"][0]["location"][
            "range"
        ]

    def test_columns_count_bytes(self) -> None:
        place = {"snippet": 'x = "数😀"; f()', "line": 2, "end_line": 2}
        assert self.range_of(**place, column=11, end_column=14) == {
            "start": {"line": 2, "column": len('x = "数😀"; '.encode()) + 1},
            "end": {"line": 2, "column": len('x = "数😀"; f()'.encode()) + 1},
        }

    @pytest.mark.parametrize(
        "place",
        [
            {"snippet": "cut", "column": 300, "end_column": 310, "end_line": 6},
            {"snippet": "f(", "column": 1, "end_column": 2, "end_line": 9},
            {
                "snippet": "f()",
                "column": 1,
                "end_column": 3,
                "end_line": 6,
                "cell": Cell(number=1, line=1, column=1, end_line=1, end_column=3),
            },
        ],
    )
    def test_without_the_text_of_the_line_there_are_lines_only(self, place: dict[str, Any]) -> None:
        found = self.range_of(line=6, **place)
        assert found == {"start": {"line": 6}, "end": {"line": place["end_line"]}}

    @pytest.mark.parametrize(
        ("impact", "severity"),
        [("breaks", "ERROR"), ("accuracy", "WARNING"), ("slow", "WARNING"), ("info", "INFO")],
    )
    def test_impact_is_severity(self, impact: str, severity: str) -> None:
        shown = json.loads(written(made(finding(impact=impact)), "rdjson"))["diagnostics"][0]
        assert shown["severity"] == severity and shown["code"]["url"].startswith("https://")


class TestSarif:
    SCHEMA = jsonschema.Draft7Validator(
        json.loads((SCHEMAS.parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    )

    @hypothesis.settings(max_examples=30)
    @hypothesis.given(ANY)
    def test_it_fits_the_schema(self, report: Report) -> None:
        log = json.loads(written(report, "sarif", rules=catalog.shipped().rules))
        self.SCHEMA.validate(log)
        for rule in log["runs"][0]["tool"]["driver"]["rules"]:
            assert len(rule["properties"]["tags"]) <= 20


class TestGithub:
    @hypothesis.given(ANY)
    def test_the_runner_reads_back_what_was_said(self, report: Report) -> None:
        shown = written(report, "github").decode()
        lines = shown.split("\n")[:-1]
        assert shown.splitlines() == lines
        places = [place for text in lines if (place := self.command(text).get("file"))]
        counted = [f for f in report.findings if f.context == "live"]
        assert sorted(places) == sorted(visible(f.path) for f in counted)

    def command(self, text: str) -> dict[str, str]:
        """As in actions/runner, ActionCommand.cs: `::name key=value,...::data`, % escaped."""
        end = text.index("::", 2)
        level, _, properties = text[2:end].partition(" ")
        assert level in {"error", "warning", "notice"} and text[end + 2 :]
        pairs = (pair.split("=", 1) for pair in properties.split(","))
        return {key: self.plain(value) for key, value in pairs}

    def plain(self, value: str) -> str:
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, char)
        return value


@pytest.mark.parametrize("name", ["gitlab", "junit", "rdjson", "sarif", "github", "concise"])
def test_what_a_baseline_had_is_new_to_no_host(name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.py").write_text("import torch\ntorch.cuda.Stream()\n", encoding="utf-8")
    assert portlint("check", "--write-baseline", "b.json", cwd=tmp_path).code == 0
    done = portlint("check", "--baseline", "b.json", "--format", name, cwd=tmp_path)
    assert done.code == 0
    if name == "sarif":
        (result,) = done.json["runs"][0]["results"]
        assert result["suppressions"][0]["status"] == "accepted"
    else:
        assert "NEU118" not in done.out


@pytest.mark.parametrize("made", [reports.checked, reports.whole])
@pytest.mark.parametrize("count", [0, 1, 60])
def test_json_is_the_whole_report_written_finding_by_finding(
    made: Callable[[int], Report], count: int
) -> None:
    report = made(count)
    shown = list(pieces(report, "json", Style(rules=catalog.shipped().rules)))
    expected = msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
    assert "".join(shown) == expected
    assert len(shown) > count
