"""Comments that silence findings, and comments that silence nothing."""

import pathlib

import pytest

from portlint.report import Report
from portlint.suppress import ignores
from tests import stub


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


def report(tmp_path: pathlib.Path, text: str, name: str = "a.py") -> Report:
    return stub.report(stub.write(tmp_path / "repo", {name: text}))


def codes(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


LINE = "import torch\nx = torch.cuda.Stream(), torch.float64{}\n"


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("", ["NEU110", "NEU510"]),
        ("  # portlint: ignore[NEU110]", ["NEU510"]),
        ("  # portlint: ignore[NEU110, NEU510] because", []),
        ("  # portlint: ignore[NEU110 NEU510]", []),
        ("  # portlint: ignore[NEU1]", ["NEU510"]),
        ("  # portlint: ignore[NEU]", []),
        ("  # portlint: ignore", []),
        ("  #portlint:ignore[NEU110]", ["NEU510"]),
        ("  # why # portlint: ignore[NEU110]", ["NEU510"]),
        ("  # noqa: NEU110", ["NEU510"]),
        ("  # NoQA: E501, NEU110,F401", ["NEU510"]),
        ("  # noqa: NEU110 NEU510", []),
        ("  # noqa", ["NEU110", "NEU510"]),
        ("  # noqa: E501", ["NEU110", "NEU510"]),
        ("  # portlint: ignored", ["NEU110", "NEU510"]),
        ("  # portlint: ignore-file[NEU110]", ["NEU510"]),
    ],
)
def test_what_a_comment_silences(comment: str, left: list[str], tmp_path: pathlib.Path) -> None:
    assert codes(report(tmp_path, LINE.format(comment))) == left


@pytest.mark.parametrize(
    "comment",
    [
        "# portlint: ignore[NEU610]",
        "# portlint: ignore[]",
        "# portlint: ignore[stub-stream]",
        "# portlint: ignore[neu110]",
        "# portlint: ignore[N]",
        "# portlint: ignore-file[NEU610]",
        "# noqa: NEU610",
    ],
)
def test_a_comment_that_silences_nothing_is_reported(comment: str, tmp_path: pathlib.Path) -> None:
    found = report(tmp_path, LINE.format(f"  {comment}"))
    assert codes(found) == ["NEU110", "NEU510", "NEU001"]
    unused = found.findings[-1]
    assert (unused.line, unused.column) == (2, 41) and comment in unused.message


def test_a_whole_file(tmp_path: pathlib.Path) -> None:
    text = LINE.format("") + "\n# portlint: ignore-file[NEU5]\n"
    assert codes(report(tmp_path, text)) == ["NEU110"]


def test_any_line_of_a_finding_will_do(tmp_path: pathlib.Path) -> None:
    text = "import torch\nx = (torch\n    .cuda  # portlint: ignore[NEU110]\n    .Stream())\n"
    assert codes(report(tmp_path, text)) == []


def test_a_string_is_no_comment(tmp_path: pathlib.Path) -> None:
    text = LINE.format(', "# portlint: ignore[NEU110]"')
    assert codes(report(tmp_path, text)) == ["NEU110", "NEU510"]


def test_a_comment_for_another_target_is_not_unused(tmp_path: pathlib.Path) -> None:
    text = "import torch\ntorch.hub.load()  # portlint: ignore[NEU710]\n"
    assert codes(report(tmp_path, text)) == []
    assert codes(report(tmp_path, text.replace("NEU710", "NEU610"))) == ["NEU001"]


def test_a_file_that_cannot_be_read_says_nothing_about_its_comments(
    tmp_path: pathlib.Path,
) -> None:
    text = "import torch\ntorch.cuda.Stream(  # portlint: ignore[NEU110]\n"
    found = report(tmp_path, text)
    assert codes(found) == [] and len(found.not_analysed) == 1


class TestOtherFiles:
    """Not every format can carry a comment behind its text."""

    def test_a_comment_of_its_own_speaks_of_the_next_line(self) -> None:
        text = "# portlint: ignore[NEU901]\n# more words\nFROM image\n"
        (mark,) = ignores(text, python=False)
        assert mark.covers(3, 3, "NEU901") and not mark.covers(1, 1, "NEU901")
        assert not mark.covers(3, 3, "NEU902")

    def test_a_trailing_comment_speaks_of_its_line(self) -> None:
        (mark,) = ignores("a: 1\nb: 2  # portlint: ignore\nc: 3\n", python=False)
        assert mark.covers(2, 2, "NEU901") and not mark.covers(3, 3, "NEU901")

    def test_comments_of_c(self) -> None:
        (mark,) = ignores("int a; // portlint: ignore[NEU2]\n", python=False)
        assert mark.covers(1, 1, "NEU230") and mark.text == "// portlint: ignore[NEU2]"

    def test_the_last_line(self) -> None:
        (mark,) = ignores("x\n# portlint: ignore", python=False)
        assert not mark.covers(1, 1, "NEU901")
