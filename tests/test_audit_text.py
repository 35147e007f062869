"""The story of an audit in a terminal: the verdict at both ends, nothing wider than the screen."""

import pathlib
import re

import msgspec
import pytest

from portlint import catalog
from portlint.render import Style, render
from portlint.render.choices import choices
from portlint.render.work import TOGETHER, rows
from portlint.report import Ease, Option, Package, Part, Report
from tests import stub
from tests.strangers import EVIL, hostile


@pytest.fixture
def report(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    stub.use_stub_rules(monkeypatch)
    return stub.report(stub.write(tmp_path / "repo", stub.REPOSITORY), audit=True)


def story(report: Report, **more: object) -> list[str]:
    """What is shown from the verdict on."""
    style = Style(rules=catalog.shipped().rules, audit=True)._replace(**more)  # type: ignore[arg-type]
    shown = render(report, "text", style)
    return ("\n" + shown).partition("\nMigration to ")[2].splitlines()


def package(number: int, **more: object) -> Package:
    made = Package(
        title=f"kernel (k{number})",
        root_cause=f"NEU210:k{number}",
        hours=(number, 10 * number),
        after=(),
        findings=(),
        rule="NEU210",
        stage="kernels",
        places=2,
        files=(f"k{number}.py",),
        reasons=(f"{number} h", f"+ {number} h: further"),
    )
    return msgspec.structs.replace(made, **more)


def option(chip: str, workload: str = "inference", **more: object) -> Option:
    made = Option(
        chip=chip,
        stack="xla",
        sdk="2.31",
        workload=workload,  # type: ignore[arg-type]
        difficulty="hard",
        score=70,
        hours=(10, 20),
        by_impact={"breaks": 3},
    )
    return msgspec.structs.replace(made, **more)


def test_the_verdict_stands_first_and_last(report: Report) -> None:
    lines = story(report)
    assert lines[1].strip() == lines[-1]
    assert re.fullmatch(r"difficulty: \w+  score: \d+ of 100  effort: [\d.-]+ h", lines[-1])


def test_a_check_tells_no_story(report: Report) -> None:
    assert story(msgspec.structs.replace(report, plan=(), stages=()), audit=False) == []


def test_every_package_is_shown_or_counted(report: Report) -> None:
    many = [package(n) for n in range(1, 4)]
    many += [package(n, rule=f"NEU3{n}", title=f"other {n}") for n in range(10, 40)]
    stage = msgspec.structs.replace(report.stages[0], name="kernels", packages=len(many))
    lines = story(msgspec.structs.replace(report, plan=tuple(many), stages=(stage,)))
    shown = [line for line in lines if re.search(r"(kernel|other).*2 places", line)]
    (rest,) = re.findall(r"(\d+) more packages", "\n".join(lines))
    assert len(shown) + int(rest) == len(many)
    assert any("other 39" in line for line in shown), "the dearest is not left out"


def test_packages_of_one_rule_are_one_row_where_there_are_many() -> None:
    few = rows([package(n) for n in range(1, TOGETHER)])
    assert [row.title for row in few] == [f"kernel (k{n})" for n in range(1, TOGETHER)]
    (row,) = rows([package(n) for n in range(1, 9)])
    assert row.title == "kernel: 8 of them (k8, k7, k6, …)"
    assert row.hours == (36, 360) and row.places == 16 and len(row.packages) == 8


def test_every_term_is_printed_on_demand(report: Report) -> None:
    lines = " ".join(" ".join(story(report, explain=True)).split())
    for one in report.plan:
        assert all(" ".join(reason.split()) in lines for reason in one.reasons)
    assert len(report.summary.reasons) >= 3
    assert all(" ".join(reason.split()) in lines for reason in report.summary.reasons)
    assert " x " not in " ".join(story(report))


def test_chips_that_fare_alike_share_a_row(report: Report) -> None:
    chosen = option("trn2", "both", chosen=True)
    matrix = (chosen, option("inf2"), option("trn1"), option("trn3", hours=(1, 2), score=4))
    assert [c.chips for c in choices(matrix)] == [("trn2",), ("trn3",), ("inf2", "trn1")]
    lines = story(msgspec.structs.replace(report, matrix=matrix))
    assert sum("inf2, trn1 xla" in line for line in lines) == 1
    assert sum(line.startswith("> trn2 xla") for line in lines) == 1


def test_what_is_ready_and_what_is_blocked_is_counted_and_named(report: Report) -> None:
    def part(number: int, blocked: bool, context: str = "live") -> Part:
        ease = Ease(
            state="blocked" if blocked else "ready",
            by_impact={"breaks": 2} if blocked else {},
            hours=(1, 4 + number) if blocked else (0, 0),
            root_causes=("a", "b") if blocked else (),
        )
        return Part(
            kind="model",
            path=f"m{number}.py",
            line=1,
            name=f"Net{number}",
            context=context,  # type: ignore[arg-type]
            files=1,
            lines=1,
            inference=ease,
            training=None,
        )

    scope = [part(n, n % 2 == 0) for n in range(40)] + [part(99, True, "test")]
    text = "\n".join(story(msgspec.structs.replace(report, scope=tuple(scope))))
    assert "models, inference: blocked 20, ready 20" in text
    assert "14 more blocked" in text and "14 more ready" in text
    assert "blocked  inference of m38.py (Net38): 1-42 h, 2 breaks" in text
    assert "Net99" not in text and "1 part of tests and examples" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_models_of_one_file_are_told_apart(report: Report, width: int) -> None:
    hours = (408, 2152)
    ease = Ease(state="blocked", by_impact={"breaks": 57}, hours=hours, root_causes=("a",))
    path = "packages/language/models/mixer_seq_simple.py"
    first = Part(
        kind="model",
        path=path,
        line=1,
        name="MixerModel",
        context="live",
        files=1,
        lines=1,
        inference=None,
        training=ease,
    )
    second = msgspec.structs.replace(first, line=90, name="LanguageModel", others=("A", "B"))
    program = msgspec.structs.replace(first, kind="entry", name="notebook")
    scope = (first, second, program)
    lines = story(msgspec.structs.replace(report, scope=scope), width=width)
    found = [line for line in lines if "408-2152 h" in line and line.startswith("  blocked")]
    assert len(found) == 3 and any("MixerModel" in line for line in found)
    assert any("LanguageModel +2" in line for line in found)
    assert any("_simple.py" in line for line in found)
    assert "  models, training: blocked 4" in lines


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("evil", ["x" * 5_000, "word " * 1_000, "deep/" * 200, *EVIL])
def test_nothing_is_wider_than_the_terminal_or_drives_it(
    evil: str, width: int, report: Report
) -> None:
    lines = story(hostile(report, evil), width=width)[:-2]  # the sums are those of a check
    assert all(line.isprintable() for line in lines)
    assert [line for line in lines if len(line) > width] == []
    assert len(lines) < 60


def test_colour_is_for_terminals_only(report: Report) -> None:
    assert not any("\x1b" in line for line in story(report))
    plain = render(report, "text", Style(rules=catalog.shipped().rules, audit=True))
    colored = render(report, "text", Style(rules=catalog.shipped().rules, audit=True, color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain != colored
