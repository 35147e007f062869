"""Where the work is: hours by file, and a picture of the modules."""

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.effort.work import work
from portlint.heat import heat
from portlint.model import Finding
from portlint.picture import MOST, picture
from portlint.reading import FileResult
from portlint.report import FileRow
from tests.test_plan import CATALOG, FIGURES, PLACES

NAMES = st.lists(
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=4).map("/".join),
    min_size=2,
    max_size=120,
    unique=True,
)


def row(path: str, lines: int = 10) -> FileRow:
    return FileRow(path=path, lines=lines, hours=(0.5, 1.0), by_impact={"slow": 1})


def imported(*edges: tuple[str, str]) -> "networkx.DiGraph[str]":
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_edges_from(edges)
    return graph


@given(st.lists(PLACES, max_size=14))
def test_the_hours_of_files_are_those_of_the_root_causes(findings: list[Finding]) -> None:
    made = work(findings, (), (), CATALOG.rules, FIGURES)
    rows = heat([FileResult(path=f"{n}.py", lines=3) for n in "abcd"], findings, made.causes)
    assert [r.path for r in rows] == ["a.py", "b.py", "c.py", "d.py"]
    for end in (0, 1):
        assert sum(r.hours[end] for r in rows) == pytest.approx(made.hours[end], abs=0.02)
    assert sum(sum(r.by_impact.values()) for r in rows) == len(findings)


def test_a_file_that_could_not_be_read_is_not_on_the_map() -> None:
    results = [FileResult(path="a.py", lines=3), FileResult(path="b.py", not_analysed="closed")]
    assert [r.path for r in heat(results, (), ())] == ["a.py"]


@given(NAMES, st.data())
def test_every_module_is_in_the_picture_once(names: list[str], data: st.DataObject) -> None:
    modules = [name.replace("/", ".") for name in names]
    some = st.sampled_from(modules)
    graph = imported(*data.draw(st.lists(st.tuples(some, some), max_size=60)))
    rows = [row(f"{name}.py") for name in names]
    found = picture(rows, graph, ())
    assert found is not None and found == picture(rows, graph, ())
    assert sum(module.files for module in found.modules) == len(names)
    assert len(found.modules) <= MOST and len({m.name for m in found.modules}) == len(found.modules)
    levels = {module.name: module.level for module in found.modules}
    assert all(levels[one] > levels[other] for one, other in found.imports)


def test_modules_stand_above_what_they_import() -> None:
    rows = [row("src/app/train.py"), row("src/app/model.py"), row("src/app/__init__.py", 0)]
    graph = imported(("app.train", "app.model"), ("src.app.train", "src.app.model"))
    found = picture(rows, graph, ())
    assert found is not None
    assert {m.name: m.level for m in found.modules} == {"app": 0, "app.model": 0, "app.train": 1}
    assert found.imports == (("app.train", "app.model"),)
    assert {m.impact for m in found.modules} == {"slow"}


def test_of_a_circle_the_way_that_fewest_imports_go_is_left_out() -> None:
    rows = [row(f"{name}.py") for name in "ab"]
    found = picture(rows, imported(("a", "b"), ("b", "a")), ())
    assert found is not None and len(found.imports) == 1


def test_tests_are_left_out_and_one_module_is_no_picture() -> None:
    assert picture([row("a.py"), row("tests/test_a.py")], imported(), ["tests/test_a.py"]) is None
    assert picture([row("a.py"), row("Dockerfile")], imported(), ()) is None
