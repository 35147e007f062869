"""Findings and files as CSV: what a spreadsheet and a script read."""

import csv
import io
import pathlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog
from portlint.model import NotAnalysed
from portlint.render import Style, render
from portlint.render.sheet import FORMULA, table
from portlint.report import FileRow, Report
from tests import stub


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def report(tmp_path: pathlib.Path) -> Report:
    return stub.report(stub.write(tmp_path / "repo", stub.REPOSITORY))


def rows(report: Report, name: str = "csv") -> list[dict[str, str]]:
    shown = render(report, name, Style(rules=catalog.shipped().rules))
    return list(csv.DictReader(io.StringIO(shown, newline=""), strict=True))


def test_every_finding_is_a_row_with_its_place_and_its_hours(report: Report) -> None:
    found = rows(report)
    assert [(r["path"], int(r["line"]), r["fingerprint"]) for r in found] == [
        (f.path, f.line, f.fingerprint) for f in report.findings
    ]
    assert [float(r["hours_high"]) for r in found] == [f.effort.hours[1] for f in report.findings]
    assert {r["counted"] for r in found if r["context"] != "live"} == {"no"}


def test_lines_end_as_the_standard_wants_it(report: Report) -> None:
    shown = render(report, "csv", Style(rules=catalog.shipped().rules))
    assert shown.count("\r\n") == shown.count("\n") == len(report.findings) + 1


@pytest.mark.parametrize("evil", ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_formula_of_an_audited_file_reaches_a_spreadsheet(evil: str, report: Report) -> None:
    first = report.findings[0]
    told = msgspec.structs.replace(
        first, path=evil, message=evil, snippet=evil, symbol=evil, replacement=evil
    )
    (row,) = rows(msgspec.structs.replace(report, findings=(told,)))
    for column in ("path", "message", "snippet", "symbol", "replacement"):
        assert not row[column].lstrip().startswith(FORMULA)


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3)))
def test_what_goes_in_comes_out_and_never_as_a_formula(cells: list[list[str]]) -> None:
    shown = table(("a", "b", "c"), cells)
    assert "\n" not in shown.replace("\r\n", "")
    read = list(csv.reader(io.StringIO(shown, newline=""), strict=True))[1:]
    assert len(read) == len(cells)
    for before, after in zip(cells, read, strict=True):
        for text, cell in zip(before, after, strict=True):
            assert not cell.lstrip(" ").startswith(FORMULA)
            if text.isprintable():
                assert cell in (text, f"'{text}")


class TestFiles:
    def test_a_check_lists_files_with_findings_and_files_that_were_not_read(
        self, report: Report
    ) -> None:
        found = {row["path"]: row for row in rows(report, "csv-files")}
        assert list(found) == sorted(found)
        assert set(found) == {f.path for f in report.findings} | {"broken.py"}
        assert found["broken.py"]["not_analysed"].startswith("is not valid Python")
        assert found["tests/test_model.py"]["findings"] == found["tests/test_model.py"]["test"]
        assert found["tests/test_model.py"]["breaks"] == "0"
        assert found["model.py"]["lines"] == "" and found["model.py"]["hours_low"] == ""

    def test_an_audit_lists_every_file_with_lines_and_hours(self, report: Report) -> None:
        clean = FileRow(path="clean.py", lines=12, hours=(0.0, 0.0), by_impact={})
        busy = FileRow(path="model.py", lines=16, hours=(0.5, 2.0), by_impact={"breaks": 2})
        told = msgspec.structs.replace(report, files=(busy, clean))
        found = {row["path"]: row for row in rows(told, "csv-files")}
        assert found["clean.py"]["lines"] == "12" and found["clean.py"]["findings"] == "0"
        assert found["model.py"]["hours_high"] == "2"

    def test_counts_add_up_to_the_summary(self, report: Report) -> None:
        found = rows(report, "csv-files")
        for impact, count in report.summary.by_impact.items():
            assert sum(int(row[impact]) for row in found) == count
        for context, count in report.summary.by_context.items():
            assert sum(int(row[context]) for row in found) == count

    def test_all_reasons_of_a_file_are_told(self, report: Report) -> None:
        twice = (NotAnalysed(path="a.py", reason="one"), NotAnalysed(path="a.py", reason="two"))
        (row,) = (
            r
            for r in rows(msgspec.structs.replace(report, not_analysed=twice), "csv-files")
            if r["path"] == "a.py"
        )
        assert row["not_analysed"] == "one; two"
