"""Laws of hours, difficulty, score and plan, whatever the findings."""

import pathlib
from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint import catalog, engine
from portlint.config import Config
from portlint.model import CONTEXTS, IMPACTS, Finding
from portlint.plan import plan
from portlint.report import Summary
from portlint.rule import Effort
from portlint.score import Difficulty, difficulty, label, score, total, weights
from portlint.targets import resolve
from tests import stub

STUB = catalog.load(stub.RULES)
FIGURES = weights(STUB)
HOURS = st.floats(0, 1e6)
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
        symbol=symbol,
        root_cause=f"{rule.code}:{symbol}",
        fingerprint=draw(st.uuids()).hex,
    )


FINDINGS = st.lists(a_finding(), max_size=12)


def summary(findings: Sequence[Finding], *include: str) -> Summary:
    target, _ = resolve(None, None, None, None)
    settings = Config(paths=(), target=target, include=frozenset(include))
    return engine.summary(findings, (), STUB, settings)


@given(HOURS, HOURS)
def test_more_hours_never_lower_the_score(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert 0 <= score(low, FIGURES) <= score(high, FIGURES) <= 100
    names = get_args(Difficulty)
    assert names.index(difficulty(low, FIGURES)) <= names.index(difficulty(high, FIGURES))


def test_nothing_to_do_is_ready() -> None:
    assert (score(0, FIGURES), difficulty(0, FIGURES)) == (0, "ready")


@given(FINDINGS, a_finding())
def test_a_further_finding_never_makes_it_easier(findings: list[Finding], more: Finding) -> None:
    before, after = summary(findings), summary([*findings, more])
    assert before.score is not None and after.score is not None
    assert before.hours is not None and after.hours is not None
    assert before.score <= after.score
    assert before.hours[0] <= after.hours[0] and before.hours[1] <= after.hours[1]


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
def test_the_plan_has_every_finding_that_costs_something_once(findings: list[Finding]) -> None:
    packages = plan(findings, STUB.rules)
    planned = [p for package in packages for p in package.findings]
    assert sorted(planned) == sorted(f.fingerprint for f in findings if f.impact != "info")
    assert len({package.root_cause for package in packages}) == len(packages)


@given(FINDINGS)
def test_the_hours_are_those_of_the_plan(findings: list[Finding]) -> None:
    live = [f for f in findings if f.context == "live"]
    packages = plan(live, STUB.rules)
    assert summary(findings).hours == total(package.hours for package in packages)


@given(st.integers(1, 40))
def test_a_root_cause_is_paid_once_and_each_further_place_little(places: int) -> None:
    found = [msgspec.structs.replace(BASE, line=n, fingerprint=str(n)) for n in range(places)]
    (package,) = plan(found, STUB.rules)
    rule = STUB.rules["NEU110"]
    more = rule.effort.each * (places - 1)
    assert package.hours == pytest.approx(
        (rule.effort.once[0] + more, rule.effort.once[1] + more), abs=0.01
    )


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
