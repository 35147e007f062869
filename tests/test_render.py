"""Every format on a fixed report, and what its readers rely on."""

import json
import pathlib
import re

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from portlint import catalog
from portlint.model import Finding, NotAnalysed, Related
from portlint.render import FORMATS, Style, render
from portlint.render.frame import frame
from portlint.render.order import worst_first
from portlint.render.words import visible
from portlint.report import Report
from tests import stub

SARIF = json.loads((pathlib.Path(__file__).parent / "data/sarif-schema-2.1.0.json").read_text())
CSI = "\x1b["


class Page(SingleFileSnapshotExtension):
    """Golden reports as files that can be read on their own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def report(tmp_path: pathlib.Path) -> Report:
    return stub.report(stub.write(tmp_path / "repo", stub.REPOSITORY))


def style(**more: object) -> Style:
    return Style(rules=catalog.shipped().rules)._replace(**more)  # type: ignore[arg-type]


def many(report: Report, count: int, **fields: object) -> Report:
    """The first finding again and again, each on a line of its own."""
    first = next(f for f in report.findings if f.context == "live")
    found = [
        msgspec.structs.replace(
            first,
            line=n,
            end_line=n,
            fingerprint=f"{n:020}",
            **fields,
        )
        for n in range(1, count + 1)
    ]
    return msgspec.structs.replace(report, findings=tuple(found))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_stays_as_it_is(name: str, report: Report, snapshot: SnapshotAssertion) -> None:
    shown = render(report, name, style()).replace("\r\n", "\n")  # syrupy keeps no CR
    assert shown == snapshot(extension_class=Page)


def test_the_audit_in_a_terminal_stays_as_it_is(
    tmp_path: pathlib.Path, snapshot: SnapshotAssertion
) -> None:
    root = stub.write(tmp_path / "repo", stub.REPOSITORY)
    shown = render(stub.report(root, audit=True), "text", style(audit=True, statistics=True))
    assert shown == snapshot(extension_class=Page)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_input_gives_the_same_bytes_whatever_the_number_of_processes(
    name: str, report: Report, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portlint.spread.PARALLEL", 0)
    monkeypatch.setattr("portlint.feed.CHUNK", 100)
    again = stub.report(tmp_path / "repo", jobs=2)
    assert render(again, name, style()) == render(report, name, style())


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_without_findings_is_fine_in_every_format(
    name: str, tmp_path: pathlib.Path
) -> None:
    empty = stub.report(stub.write(tmp_path / "repo", {"a.py": "x = 1\n"}))
    shown = render(empty, name, style())
    assert shown.strip() or name in {"concise", "jsonl", "github"}


@pytest.mark.parametrize("name", ["text", "concise", "github"])
@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_audited_files_drives_the_terminal(
    name: str, color: bool, report: Report
) -> None:
    first = report.findings[0]
    evil = "\x1b]0;title\x07\x1b[2Jx\r\ny\x00\u202e\u2028\x9b1m"
    finding = msgspec.structs.replace(
        first,
        path=f"a{evil}.py",
        message=evil,
        snippet=evil,
        replacement=evil,
        context="live",
        related=(Related(path=evil, line=1, message=evil),),
    )
    told = msgspec.structs.replace(
        report, findings=(finding,), not_analysed=(NotAnalysed(path=evil, reason=evil),)
    )
    shown = re.sub(r"\x1b\[[0-9;]*m", "", render(told, name, style(color=color)))
    assert {c for c in shown if not c.isprintable()} <= {"\n"}
    if name != "text":
        assert len(shown.splitlines()) == len(render(report, name, style()).splitlines()[:1]) + (
            name == "github"
        )


@pytest.mark.parametrize("text", ["plain", "ü", "数", "`a` - b"])
def test_what_can_be_seen_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


class TestText:
    def test_the_summary_comes_last(self, report: Report) -> None:
        lines = render(report, "text", style()).splitlines()
        assert lines[-3].startswith("12 findings (") and lines[-2].startswith("difficulty:")

    def test_what_a_file_repeats_is_said_once(self, report: Report) -> None:
        shown = render(report, "text", style())
        assert shown.count("torch.float64 is computed in fewer bits") == 2
        assert "and 2 more, lines 15, 16" in shown

    def test_no_line_of_code_is_wider_than_the_terminal(self, report: Report) -> None:
        wide = msgspec.structs.replace(report.findings[0], snippet="x" * 50 + "y" * 150)
        wide = msgspec.structs.replace(wide, line=3, end_line=3, column=60, end_column=90)
        for width in (30, 60, 100):
            shown = frame(wide, width)
            assert shown is not None
            assert len(shown.code) <= width and len(shown.space + shown.carets) <= width
            assert "y" in shown.code[len(shown.space) :][: len(shown.carets)]

    @pytest.mark.parametrize(
        ("snippet", "column", "end", "marked"),
        [
            ("    x = f(1)", 9, 13, "f(1)"),
            ("\t\tx = f(1)", 7, 11, "f(1)"),
            ("x = '数据' + f(1)", 12, 16, "f(1)"),
            ("x = '\x1b[0m' + f(1)", 14, 18, "f(1)"),
            ("f(1)", 1, 5, "f(1)"),
            ("f(1)  # cut", 40, 44, ""),
        ],
    )
    def test_carets_stand_below_what_they_mark(
        self, snippet: str, column: int, end: int, marked: str, report: Report
    ) -> None:
        from rich.cells import cell_len

        finding = msgspec.structs.replace(
            report.findings[0], snippet=snippet, line=1, end_line=1, column=column, end_column=end
        )
        shown = frame(finding, 80)
        assert shown is not None
        before = next(i for i in range(99) if cell_len(shown.code[:i]) >= len(shown.space))
        assert shown.code[before:].startswith(marked) and len(shown.carets) == len(marked)

    def test_an_empty_line_has_no_frame(self, report: Report) -> None:
        assert frame(msgspec.structs.replace(report.findings[0], snippet="  "), 80) is None


class TestConcise:
    def test_every_finding_is_one_line_that_a_pattern_reads(self, report: Report) -> None:
        pattern = re.compile(r"(.+?):(\d+):(\d+): (breaks|accuracy|slow|info) (NEU\d{3}) (.+)")
        lines = render(report, "concise", style()).splitlines()
        assert len(lines) == len(report.findings)
        assert all(pattern.fullmatch(line) for line in lines)


class TestJson:
    def test_the_object_reads_back(self, report: Report) -> None:
        shown = render(report, "json", style())
        assert msgspec.json.decode(shown, type=Report) == report

    def test_it_fits_its_own_schema(self, report: Report) -> None:
        from portlint.render.schema import render as schema

        jsonschema.validate(json.loads(render(report, "json", style())), json.loads(schema()))

    def test_jsonl_has_a_finding_per_line(self, report: Report) -> None:
        lines = render(report, "jsonl", style()).splitlines()
        assert [msgspec.json.decode(x, type=Finding) for x in lines] == list(report.findings)


class TestGithub:
    def test_every_line_is_one_command(self, report: Report) -> None:
        command = re.compile(r"::(error|warning|notice) title=[^:,]+(,\w+=[^:,]+)*::[^\r\n]+")
        lines = render(report, "github", style()).splitlines()
        assert lines and all(command.fullmatch(line) for line in lines)

    def test_properties_and_text_are_escaped(self, report: Report) -> None:
        shown = render(report, "github", style(prefix="a,b/"))
        assert "file=a%2Cb/odd%2C names%3A 100%25.py," in shown
        assert "100%25 by hand%0AInstead: rewrite it: `nki.jit`" in shown

    def test_the_worst_come_first_and_the_rest_is_counted(self, report: Report) -> None:
        many_ = many(report, 40)
        shown = render(many_, "github", style()).splitlines()
        assert sum(line.startswith("::error ") for line in shown) == 10
        assert "30 more findings (30 breaks)" in shown[-1]

    def test_the_closing_notice_has_room(self, report: Report) -> None:
        shown = render(many(report, 40, impact="info"), "github", style()).splitlines()
        assert len(shown) == 10 and "31 more findings (31 info)" in shown[-1]

    def test_what_is_not_counted_is_no_annotation(self, report: Report) -> None:
        shown = render(report, "github", style())
        assert "file=tests" not in shown and "file=optional.py" not in shown
        counted = render(report, "github", style(counted=frozenset({"live", "test"})))
        assert "file=tests/test_model.py" in counted

    def test_columns_are_left_out_where_a_place_has_several_lines(self, report: Report) -> None:
        first = msgspec.structs.replace(report.findings[0], context="live", line=1, end_line=2)
        shown = render(
            msgspec.structs.replace(report, findings=(first,)), "github", style()
        ).splitlines()[0]
        assert ",line=1,endLine=2::" in shown


class TestOrder:
    def test_impact_decides_and_no_rule_hides_another(self, report: Report) -> None:
        ordered = worst_first(report.findings, frozenset({"live"}))
        assert [f.rule for f in ordered[:5]] == ["NEU210", "NEU110", "NEU210", "NEU110", "NEU510"]
        assert [f.context for f in ordered[-3:]].count("live") == 0

    def test_nothing_is_lost(self, report: Report) -> None:
        ordered = worst_first(report.findings, frozenset({"live"}))
        assert sorted(ordered, key=lambda f: f.sort_key) == list(report.findings)


class TestSarif:
    def test_it_fits_the_schema(self, report: Report) -> None:
        jsonschema.validate(json.loads(render(report, "sarif", style())), SARIF)

    def test_a_large_report_is_cut_to_what_the_host_keeps_and_says_so(self, report: Report) -> None:
        log = json.loads(render(many(report, 5_003), "sarif", style()))
        few = json.loads(render(many(report, 30), "sarif", style()))
        jsonschema.validate(few, SARIF)
        (run,) = log["runs"]
        assert len(run["results"]) == 5_000
        told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
        assert told.startswith("3 findings left out")

    def test_the_most_severe_results_come_first(self, report: Report) -> None:
        (run,) = json.loads(render(report, "sarif", style()))["runs"]
        levels = [result["level"] for result in run["results"]]
        assert levels == sorted(levels, key=["error", "warning", "note"].index)
        assert {r["properties"]["context"] for r in run["results"] if r["level"] == "note"} == {
            "guarded",
            "test",
        }

    def test_every_rule_has_what_the_host_shows(self, report: Report) -> None:
        (run,) = json.loads(render(report, "sarif", style()))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert {r["ruleId"] for r in run["results"]} == {rule["id"] for rule in rules}
        for rule in rules:
            assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
            assert rule["help"]["text"] and rule["help"]["markdown"]
            assert rule["helpUri"].startswith("https://")
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]

    def test_places_are_relative_to_the_checkout(self, report: Report) -> None:
        (run,) = json.loads(render(report, "sarif", style(prefix="sub dir/")))["runs"]
        uris = {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
        }
        assert "sub%20dir/odd%2C%20names%3A%20100%25.py" in uris
        bases = {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"]
            for r in run["results"]
        }
        assert bases == {"SRCROOT"} and "SRCROOT" in run["originalUriBaseIds"]

    def test_targets_have_categories_of_their_own(self, report: Report) -> None:
        other = msgspec.structs.replace(
            report, target=msgspec.structs.replace(report.target, stack="vllm")
        )
        ids = {
            json.loads(render(r, "sarif", style()))["runs"][0]["automationDetails"]["id"]
            for r in (report, other)
        }
        assert ids == {
            "portlint/trn2-native-eager-2.33-both/",
            "portlint/trn2-vllm-2.33-both/",
        }

    def test_what_was_not_analysed_is_a_notification(self, report: Report) -> None:
        (run,) = json.loads(render(report, "sarif", style()))["runs"]
        (told,) = run["invocations"][0]["toolExecutionNotifications"]
        assert told["message"]["text"].startswith("broken.py is not valid Python at line 2")
        assert run["invocations"][0]["executionSuccessful"]

    def test_fingerprints_are_those_of_the_findings(self, report: Report) -> None:
        (run,) = json.loads(render(report, "sarif", style()))["runs"]
        prints = {r["partialFingerprints"]["portlint/v1"] for r in run["results"]}
        assert prints == {f.fingerprint for f in report.findings}
