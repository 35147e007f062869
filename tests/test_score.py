"""Laws of hours, difficulty, score and plan, whatever the findings."""

import pathlib
from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog, summing
from portlint.effort.hours import total
from portlint.effort.label import label
from portlint.effort.sized import sized
from portlint.effort.weights import weights
from portlint.effort.work import Work, work
from portlint.model import CONTEXTS, IMPACTS, Finding, NotAnalysed
from portlint.report import Difficulty, Hours, Summary
from portlint.rule import Effort
from portlint.score import difficulty, score
from tests import stub

STUB = catalog.load(stub.RULES)
FIGURES = weights(STUB)
HOURS = st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(lambda pair: (min(pair), max(pair)))
WORDS = get_args(Difficulty)
CODES = ("NEU110", "NEU210", "NEU510", "NEU610")


BASE = Finding(
    rule="NEU110",
    name="stub-stream",
    impact="breaks",
    effort=label(STUB.rules["NEU110"].effort),
    confidence="documented",
    context="live",
    layer="source",
    message="x",
    path="a.py",
    line=1,
    column=1,
    end_line=1,
    end_column=2,
    symbol="a.b",
    snippet="x",
    evidence=(),
    replacement=None,
    root_cause="NEU110:a.b",
    related=(),
    fingerprint="0",
)


@st.composite
def a_finding(draw: st.DrawFn) -> Finding:
    rule = STUB.rules[draw(st.sampled_from(CODES))]
    symbol = draw(st.sampled_from(["a.b", "c.d"]))
    return msgspec.structs.replace(
        BASE,
        rule=rule.code,
        name=rule.name,
        impact=draw(st.sampled_from(IMPACTS)),
        effort=label(rule.effort),
        context=draw(st.sampled_from(CONTEXTS)),
        line=draw(st.integers(1, 50)),
        lines=draw(st.none() | st.integers(1, 2000)),
        places=draw(st.integers(1, 9)),
        symbol=symbol,
        root_cause=f"{rule.code}:{symbol}",
        fingerprint=draw(st.uuids()).hex,
    )


FINDINGS = st.lists(a_finding(), max_size=12)


def work_of(findings: Sequence[Finding], missed: Sequence[NotAnalysed] = ()) -> Work:
    return work(findings, missed, (), STUB.rules, FIGURES)


def summary(findings: Sequence[Finding], *include: str) -> Summary:
    counted = {"live", *include}
    made = work_of([f for f in findings if f.context in counted])
    return summing.summary(findings, summing.size(()), made, STUB, counted, FIGURES)


@given(HOURS, HOURS, st.lists(HOURS, max_size=3))
def test_more_hours_never_make_it_easier(one: Hours, other: Hours, breaking: list[Hours]) -> None:
    both = total([one, other])
    assert 0 <= score(one, FIGURES) <= score(both, FIGURES) <= 100
    before = difficulty(one, breaking, FIGURES)
    assert WORDS.index(before) <= WORDS.index(difficulty(both, breaking, FIGURES))
    assert WORDS.index(before) <= WORDS.index(difficulty(one, [*breaking, other], FIGURES))


def test_what_breaks_is_never_ready() -> None:
    assert difficulty((0, 0.1), [], FIGURES) == "ready"
    assert difficulty((0, 0.1), [(0, 0.1)], FIGURES) == "easy"


def test_nothing_to_do_is_ready() -> None:
    assert (score((0, 0), FIGURES), difficulty((0, 0), [], FIGURES)) == (0, "ready")


@given(FINDINGS, a_finding())
def test_a_further_finding_never_makes_it_easier(findings: list[Finding], more: Finding) -> None:
    before, after = summary(findings), summary([*findings, more])
    assert before.score is not None and after.score is not None
    assert before.hours is not None and after.hours is not None
    assert before.score <= after.score
    assert WORDS.index(before.difficulty) <= WORDS.index(after.difficulty)
    assert sum(before.hours) <= sum(after.hours) + 0.1


@given(FINDINGS)
def test_only_live_findings_count_until_others_are_included(findings: list[Finding]) -> None:
    live = [f for f in findings if f.context == "live"]
    all_, some = summary(findings), summary(live)
    assert (all_.score, all_.hours, all_.difficulty) == (some.score, some.hours, some.difficulty)
    assert all_.by_impact == some.by_impact and sum(all_.by_impact.values()) == len(live)
    assert sum(all_.by_context.values()) == len(findings)
    included = summary(findings, "guarded", "test", "example")
    assert sum(included.by_impact.values()) == len(findings)
    assert included.score is not None and some.score is not None
    assert included.score >= some.score


@given(FINDINGS)
def test_remarks_cost_nothing(findings: list[Finding]) -> None:
    remarks = [msgspec.structs.replace(f, impact="info") for f in findings]
    assert summary(remarks).hours == (0, 0) and summary(remarks).difficulty == "ready"


@given(FINDINGS, st.randoms())
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random: object) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert summary(findings) == summary(shuffled)


@given(FINDINGS)
def test_hours_are_those_of_the_root_causes(findings: list[Finding]) -> None:
    made = work_of(findings)
    assert made.hours == total(cause.hours for cause in made.causes)
    assert made.hours == pytest.approx(total(made.by_impact.values()), abs=0.1)
    covered = [f.fingerprint for cause in made.causes for f in cause.findings]
    assert sorted(covered) == sorted(f.fingerprint for f in findings if f.impact != "info")


@given(FINDINGS, st.lists(st.sampled_from("abc"), min_size=1))
def test_what_was_not_read_widens_the_range(findings: list[Finding], names: list[str]) -> None:
    missed = [NotAnalysed(path=f"{name}.py", reason="is not valid Python") for name in names]
    known, partly = work_of(findings), work_of(findings, missed)
    assert partly.hours[0] == known.hours[0] and partly.hours[1] > known.hours[1]
    (gap,) = partly.gaps
    assert gap.paths == tuple(dict.fromkeys(item.path for item in missed))


@given(st.integers(1, 40))
def test_a_root_cause_is_paid_once_and_each_further_place_little(places: int) -> None:
    found = [msgspec.structs.replace(BASE, line=n, fingerprint=str(n)) for n in range(places)]
    (cause,) = work_of(found).causes
    effort = STUB.rules["NEU110"].effort
    more = effort.each * (places - 1)
    assert cause.hours == pytest.approx((effort.once[0] + more, effort.once[1] + more), abs=0.01)


def test_uses_of_a_thing_cost_as_its_further_places_do() -> None:
    apart = [msgspec.structs.replace(BASE, line=n, fingerprint=str(n)) for n in range(4)]
    related = [msgspec.structs.replace(BASE, places=4)]
    assert work_of(apart).hours == work_of(related).hours


@pytest.mark.parametrize(
    ("lines", "factor"), [(None, 1), (60, 1), (30, 0.5), (1, 0.25), (120, 2), (9999, 4)]
)
def test_a_larger_thing_costs_in_proportion(lines: int | None, factor: float) -> None:
    effort = Effort(once=(2, 10), each=1, lines=60)
    rules = STUB.rules | {"NEU110": msgspec.structs.replace(STUB.rules["NEU110"], effort=effort)}
    base = msgspec.structs.replace(BASE, effort=label(effort), lines=lines)
    (found,) = sized([base], rules, FIGURES.size)
    assert found.effort == label(Effort(once=(2 * factor, 10 * factor)))
    (cause,) = work([found], (), (), rules, FIGURES).causes
    assert cause.hours == found.effort.hours
    small = msgspec.structs.replace(base, lines=15, line=9, fingerprint="1")
    (cause,) = work([*sized([base, small], rules, FIGURES.size)], (), (), rules, FIGURES).causes
    assert cause.hours[0] == 2 * max(factor, 0.25) + min(factor, 0.25)


def test_several_causes_of_one_rule_cost_less_than_as_many_rules() -> None:
    other = msgspec.structs.replace(BASE, root_cause="NEU110:c.d", fingerprint="1")
    one, both = work_of([BASE]).hours, work_of([BASE, other])
    assert one[1] < both.hours[1] < 2 * one[1]
    assert any("one of several" in reason for reason in both.causes[1].priced.reasons)


@pytest.mark.parametrize(
    ("high", "word"),
    [
        (0, "trivial"),
        (0.99, "trivial"),
        (1, "small"),
        (3.9, "small"),
        (4, "medium"),
        (23.9, "medium"),
        (24, "large"),
        (79.9, "large"),
        (80, "redesign"),
        (1e6, "redesign"),
    ],
)
def test_the_word_for_an_effort(high: float, word: str) -> None:
    assert label(Effort(once=(0, high))).label == word


def test_a_report_agrees(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)
    found = stub.report(stub.write(tmp_path / "repo", stub.REPOSITORY), audit=True)
    assert found.plan and found.summary.hours == total(package.hours for package in found.plan)
    assert found.summary.hours == total(stage.hours for stage in found.stages)
