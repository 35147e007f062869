"""The order of the first reading: what a file imports before it, whoever does the work and when."""

import pathlib
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portlint.catalog import shipped
from portlint.discover import File
from portlint.feed import Feed, Hooks, Unknown
from portlint.job import Job, News, Work
from portlint.model import Related, Span
from portlint.passes import Outcome, start, work
from portlint.reading import Export, FileResult, Shared, Sighting
from portlint.source.glance import Glance, glance
from portlint.source.modules import module_name
from portlint.source.order import before, levels
from portlint.source.relevant import Exporting
from portlint.turns import Turn, turns

NAMES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4, unique=True)).map(
    lambda g: {n: [t for t in g[n] if t in g and t != n] for n in g}
)
FLAG = Export(kind="flag", line=0, flag="cuda")


@given(GRAPHS)
def test_each_module_comes_once_after_what_is_said_to_be_before_it(
    graph: dict[str, list[str]],
) -> None:
    order = before(graph)
    at = {name: number for number, name in enumerate(order)}
    assert at.keys() == graph.keys()
    for name, needed in order.items():
        assert needed == [other for other in graph[name] if at[other] < at[name]]
    level = levels(order)
    assert all(level[other] < level[name] for name in order for other in order[name])


@given(GRAPHS)
def test_without_circles_all_imports_come_before(graph: dict[str, list[str]]) -> None:
    graph = {name: [other for other in graph[name] if other < name] for name in graph}
    assert before(graph).keys() == graph.keys()
    assert all(sorted(needed) == sorted(graph[name]) for name, needed in before(graph).items())


def turns_of(graph: Mapping[str, list[str]]) -> list[Turn]:
    """A file for each module, one that nobody imports, and a notebook."""
    files = [File(pathlib.Path(f"{name}.py"), f"{name}.py", "python") for name in sorted(graph)]
    files.append(File(pathlib.Path("requirements.txt"), "requirements.txt", "requirements"))
    files.append(File(pathlib.Path("n.ipynb"), "n.ipynb", "notebook"))
    seen = {f"{name}.py": Glance(tuple((other, "") for other in graph[name])) for name in graph}
    return turns(files, seen, ("",))


@given(GRAPHS)
def test_turns_wait_for_what_is_imported_and_for_nothing_later(
    graph: dict[str, list[str]],
) -> None:
    listed = turns_of(graph)
    at = {turn.file.name.partition(".")[0]: number for number, turn in enumerate(listed)}
    for name, needed in before(graph).items():
        limit = listed[at[name]].limit
        assert limit is not None and limit <= at[name]
        assert all(at[other] < limit for other in needed)
    assert listed[at["n"]].limit == len(graph) <= at["n"]
    assert listed[at["requirements"]].limit == 0


@given(GRAPHS, st.integers(1, 4), st.data())
def test_whoever_is_done_first_a_file_sees_the_same(
    graph: dict[str, list[str]], workers: int, data: st.DataObject
) -> None:
    """Every worker knows at least what the limit of each of its turns promises."""
    listed = turns_of(graph)
    known = data.draw(st.sets(st.sampled_from([turn.file.name for turn in listed])))

    def ask(turn: Turn, exports: object) -> Outcome:
        if turn.file.name not in known:
            raise Unknown(turn.file.name)
        return Outcome(FileResult(path=turn.file.name), [])

    kept: list[str] = []
    steps: list[int] = []
    hooks = Hooks(ask, lambda turn, outcome: kept.append(turn.file.name), steps.append)
    job = Job(Exporting())
    feed = Feed(listed, job, lambda outcome: {outcome.result.path[0]: FLAG}, hooks, workers)
    begun: set[int] = set()
    heard: list[list[News]] = [[] for _ in range(workers)]
    work: dict[int, list[int]] = {}
    done: set[int] = set()
    while True:
        for worker in set(range(workers)) - work.keys():
            part = feed.part()
            if part is None:
                break
            if data.draw(st.booleans()):  # another process in its place
                feed.begun(worker)
                begun.discard(worker)
                heard[worker] = []
            round_, news, given_out = feed.message(worker, part)
            assert round_ is (None if worker in begun else job)
            begun.add(worker)
            heard[worker] += news
            assert [turn.file.name for turn in given_out] == [listed[n].file.name for n in part]
            told = {module for module, _, _ in heard[worker]}
            for number in part:
                promised = listed[: listed[number].limit]
                assert told >= {module_name(turn.file.name)[0] for turn in promised}
            work[worker] = part
        if not work:
            break
        worker = data.draw(st.sampled_from(sorted(work)))
        part = work.pop(worker)
        assert not done.intersection(part)
        done.update(part)
        feed.done(part, [Outcome(FileResult(path=listed[n].file.name), []) for n in part])
    assert len(feed.outcomes) == len(listed) == sum(steps)
    assert {listed[n].file.name for n in done} == set(kept)
    assert set(kept) == {turn.file.name for turn in listed} - known


def test_a_first_reading_sees_what_was_told_before_its_turn_and_no_more(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / "main.py"
    path.write_text("from flags import GPU\n\nif GPU:\n    x = make().cuda()\n")
    file = File(path, "main.py", "python")

    def guards(limit: int | None) -> list[bool]:
        start(shipped())
        news = [("flags", {"GPU": FLAG}, 5)]
        (outcome,) = work(Work(Job(Exporting()), news, [Turn(file, limit=limit)]))
        assert outcome is not None
        found = outcome.result.sightings
        return [sighting.guard is not None for sighting in found if sighting.rule == "NEU102"]

    assert guards(5) == [False]
    assert guards(6) == guards(None) == [True]


def test_what_several_files_say_is_kept_once() -> None:
    """As it comes from processes: equal, and not the same."""

    def result(path: str) -> FileResult:
        near = Related(path="other.py", line=1, message="a launch")
        sighting = Sighting(
            rule="NEU101",
            span=Span(1, 1, 1, 5),
            layer="source",
            snippet="x.cuda()",
            related=(near,),
        )
        told = FileResult(path=path, sightings=(sighting,), exports={"flag": FLAG}, named=("a.b",))
        return msgspec.json.decode(msgspec.json.encode(told), type=FileResult)

    same = Shared()
    first, second = (same.of(result(path)) for path in ("a.py", "b.py"))
    assert first == result("a.py")
    (one,), (two,) = first.sightings, second.sightings
    assert one.snippet is two.snippet
    assert one.related[0].message is two.related[0].message
    assert first.exports["flag"] is second.exports["flag"]
    assert first.named[0] is second.named[0]


@pytest.mark.parametrize(
    "text",
    [
        "from . import ops",
        "from .import ops",
        "from  .  import ops",
        "import os; from .import(ops)",
    ],
)
def test_an_import_is_seen_however_it_is_spaced(text: str) -> None:
    assert (".pkg", "ops") in glance(f"{text}\n", "pkg.a", False).imports
