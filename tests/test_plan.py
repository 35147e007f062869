"""Laws of the plan: every root cause once, in an order that has no way round in a circle."""

import itertools
import pathlib
from collections.abc import Sequence

import msgspec
import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.catalog import shipped
from portlint.effort.label import label
from portlint.effort.weights import weights
from portlint.effort.work import work
from portlint.errors import UsageError
from portlint.model import Finding, NotAnalysed
from portlint.plan.packages import Plan, plan
from portlint.plan.path import Item, critical, ways
from portlint.plan.stages import steps
from tests import stub
from tests.test_score import BASE

CATALOG = shipped()
FIGURES = weights(CATALOG)
STEPS = steps(CATALOG)
CODES = ("NEU101", "NEU201", "NEU290", "NEU292", "NEU240", "NEU512", "NEU612", "NEU801", "NEU901")
MODULES = ("a", "b", "c", "d")


def a_place(code: str, path: str, column: int, snippet: str) -> Finding:
    rule = CATALOG.rules[code]
    return msgspec.structs.replace(
        BASE,
        rule=code,
        name=rule.name,
        effort=label(rule.effort),
        path=path,
        column=column,
        snippet=snippet,
        root_cause=f"{code}:{path}" if rule.root_cause == "place" else code,
        fingerprint=f"{code}{path}{column}",
    )


PLACES = st.builds(
    a_place,
    st.sampled_from(CODES),
    st.sampled_from([f"{name}.py" for name in MODULES]),
    st.sampled_from([1, 5]),
    st.sampled_from(["import x", "x.cuda()"]),
)
GRAPHS = st.lists(st.tuples(st.sampled_from(MODULES), st.sampled_from(MODULES)), max_size=8)


def planned(
    findings: Sequence[Finding],
    imports: Sequence[tuple[str, str]] = (),
    missed: Sequence[NotAnalysed] = (),
) -> Plan:
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(MODULES)
    graph.add_edges_from(imports)
    made = work(findings, missed, (), CATALOG.rules, FIGURES)
    return plan(made.causes, made.gaps, graph, STEPS, FIGURES)


@given(st.lists(PLACES, max_size=14), GRAPHS)
def test_every_root_cause_is_planned_once(
    findings: list[Finding], imports: list[tuple[str, str]]
) -> None:
    made = planned(findings, imports)
    assert sorted(p.root_cause for p in made.packages) == sorted({f.root_cause for f in findings})
    covered = [print_ for package in made.packages for print_ in package.findings]
    assert sorted(covered) == sorted(f.fingerprint for f in findings)


@given(st.lists(PLACES, max_size=14), GRAPHS)
def test_nothing_waits_for_what_comes_later(
    findings: list[Finding], imports: list[tuple[str, str]]
) -> None:
    made = planned(findings, imports)
    place = {package.root_cause: n for n, package in enumerate(made.packages)}
    by_key = {package.root_cause: package for package in made.packages}
    for package in made.packages:
        assert all(place[first] < place[package.root_cause] for first in package.after)
        assert all(by_key[first].wave < package.wave for first in package.after)
    stages = {stage.name: stage for stage in made.stages}
    for one, other in itertools.product(made.packages, repeat=2):
        if one.stage in stages[other.stage].after:
            assert one.wave < other.wave


@given(st.lists(PLACES, min_size=1, max_size=14), GRAPHS)
def test_the_longest_chain_has_one_package_in_each_of_its_waves(
    findings: list[Finding], imports: list[tuple[str, str]]
) -> None:
    made = planned(findings, imports)
    chain = [package for package in made.packages if package.critical]
    assert chain
    assert len({package.wave for package in chain}) == len(chain)
    assert sum(p.hours[1] for p in chain) >= max(p.hours[1] for p in made.packages)


@given(st.lists(PLACES, max_size=14), GRAPHS, st.randoms())
def test_the_same_findings_make_the_same_plan(
    findings: list[Finding], imports: list[tuple[str, str]], random: object
) -> None:
    shuffled = list(imports)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert planned(findings, imports) == planned(findings, shuffled)


def test_a_module_that_does_not_import_comes_before_what_needs_it() -> None:
    library = a_place("NEU801", "a.py", 1, "import flash_attn")
    dtype = a_place("NEU512", "b.py", 5, "x.double()")
    waits = planned([library, dtype], [("b", "a")])
    apart = planned([library, dtype])
    assert [p.after for p in waits.packages if p.rule == "NEU512"] == [("NEU801",)]
    assert [p.after for p in apart.packages if p.rule == "NEU512"] == [()]


def test_an_import_inside_a_function_blocks_nobody() -> None:
    library = a_place("NEU801", "a.py", 5, "import flash_attn")
    dtype = a_place("NEU512", "a.py", 5, "x.double()")
    assert all(p.after == () for p in planned([library, dtype]).packages)


def test_a_kernel_comes_before_its_binding_and_that_before_its_calls() -> None:
    found = [a_place(code, "a.py", 5, "x") for code in ("NEU240", "NEU292", "NEU290")]
    waves = {p.rule: p.wave for p in planned(found).packages}
    assert waves["NEU290"] < waves["NEU292"] and waves["NEU290"] < waves["NEU240"]


def test_every_rule_has_a_stage_of_its_own_subject() -> None:
    for code in CATALOG.rules:
        step = STEPS.stage[STEPS.of(code)]
        assert any(code.startswith(prefix) for prefix in step.codes), code


def test_what_was_not_analysed_is_planned_as_a_question() -> None:
    made = planned([], missed=[NotAnalysed(path="a.py", reason="is not valid Python")])
    (package,) = made.packages
    assert (package.root_cause, package.stage) == ("not-analysed", "questions")
    assert package.files == ("a.py",) and package.hours[0] == 0 < package.hours[1]


def test_a_stage_names_only_the_last_ones_it_waits_for() -> None:
    found = [a_place(code, "a.py", 5, "x") for code in ("NEU101", "NEU201", "NEU801", "NEU307")]
    after = {stage.name: stage.after for stage in planned(found).stages}
    assert after["compilation"] == ("kernels",)
    assert set(after["kernels"]) == {"libraries", "devices"}


def test_hours_of_a_chain_add_up_along_it() -> None:
    items = [Item("a", 0, 3, ()), Item("b", 0, 5, ()), Item("c", 1, 2, ("a",)), Item("d", 2, 1, ())]
    found = ways(items, {0: [], 1: [0], 2: [1]})
    assert [found[key].end for key in "abcd"] == [3, 5, 7, 8]
    assert critical(found) == {"b", "c", "d"}


def test_an_empty_stage_passes_the_wait_on() -> None:
    found = ways([Item("a", 0, 3, ()), Item("d", 2, 1, ())], {1: [0], 2: [1]})
    assert found["d"].wave == 2


def test_a_stage_that_waits_for_a_later_one_is_refused(tmp_path: pathlib.Path) -> None:
    text = "\n".join(
        f'[[stage]]\nname="{name}"\ntitle="t"\nwhy="w"\ncodes=[]\nafter=["{after}"]'
        for name, after in (("a", "b"), ("b", "a"))
    )
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(UsageError, match="stage a: b does not come before it"):
        steps(CATALOG._replace(folder=tmp_path))


def test_an_audit_tells_its_plan_and_a_check_does_not(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use_stub_rules(monkeypatch)
    root = stub.write(tmp_path / "repo", stub.REPOSITORY)
    assert stub.report(root, audit=True).plan
    assert stub.report(root).plan == () and stub.report(root).matrix == ()


def test_packages_that_would_be_called_the_same_name_their_file() -> None:
    one, other = (
        msgspec.structs.replace(
            a_place("NEU201", path, 5, "x"), root_cause=f"NEU201:{path}:norm", path=path
        )
        for path in ("a.py", "lib/b.py")
    )
    titles = {p.title for p in planned([one, other]).packages}
    assert titles == {"triton kernel (norm, a.py)", "triton kernel (norm, b.py)"}
    assert [p.title for p in planned([one]).packages] == ["triton kernel (norm)"]
