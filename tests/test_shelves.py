"""Live files whose texts several processes look after: the same as one process finds."""

import os
import pathlib
import sys
from collections.abc import Callable

import pytest

from portlint import config, engine, processes
from portlint.catalog import shipped
from portlint.crew import Crew, crew
from portlint.discover import File, discover
from portlint.glances import glances
from portlint.model import Finding
from portlint.shelf import Shelf
from portlint.shelves import Apart, Stock
from portlint.spelled import outlined, spelled
from tests.test_barred import REPOSITORIES


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    """Every repository of the tests of guards, side by side."""
    for number, files in enumerate(REPOSITORIES.values()):
        for name, text in files.items():
            path = tmp_path / "repo" / f"r{number}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path / "repo"


def findings(repo: pathlib.Path, jobs: int) -> tuple[Finding, ...]:
    settings, _ = config.read((repo,), {"jobs": jobs}, None, shipped().rules)
    done = engine.run(settings)
    assert not done.internal_error
    return done.report.findings


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for each process that was begun; every step is work for several."""
    begun: list[int] = []
    really = processes.opened

    def counted(prepare: Callable[[], object]) -> processes.Executor:
        begun.append(len(begun))
        return really(prepare)

    monkeypatch.setattr(processes, "opened", counted)
    for place in ("glances.MANY", "shelves.MANY", "spread.PARALLEL"):
        monkeypatch.setattr(f"portlint.{place}", 0)
    return begun


@pytest.mark.parametrize("jobs", [2, 5])
def test_several_processes_find_the_same(
    jobs: int, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = findings(repo, 1)
    assert {f.context for f in alone} >= {"guarded", "live"}
    asked: list[int] = []
    monkeypatch.setattr("portlint.shelves.MANY", 0)
    made = Apart.__init__

    def counted(held: Apart, crew: Crew, stocks: list[Stock], homes: dict[str, int]) -> None:
        asked.extend(list(homes.values()).count(at) for at, _ in enumerate(stocks))
        made(held, crew, stocks, homes)

    monkeypatch.setattr(Apart, "__init__", counted)
    assert findings(repo, jobs) == alone
    assert len(asked) == jobs and all(asked)


@pytest.mark.parametrize("question", ["outlined", "read", "tell", "guarded"])
def test_a_process_that_dies_costs_nothing(
    question: str, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, died = findings(repo, 1), repo.parent / "died"
    monkeypatch.setattr("portlint.shelves.MANY", 0)
    mine, answer = os.getpid(), getattr(Shelf, question)

    def dying(shelf: Shelf, *asked: object) -> object:
        if os.getpid() != mine:
            died.touch()
            os._exit(139)
        return answer(shelf, *asked)

    dying.__qualname__, dying.__module__ = answer.__qualname__, answer.__module__
    monkeypatch.setattr(Shelf, question, dying)
    assert findings(repo, 2) == alone
    assert died.exists()


def test_a_first_glance_is_the_same_from_several_processes(
    repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [file for file in discover([repo], (), repo).files if file.kind == "python"]
    alone = glances(files)
    monkeypatch.setattr("portlint.glances.MANY", 0)
    monkeypatch.setattr("portlint.glances.PART", 5)
    with crew(3, list) as three:
        assert list(glances(files, three).items()) == list(alone.items())
    died = repo.parent / "died"
    mine, look = os.getpid(), vars(sys.modules["portlint.glances"])["_glances"]

    def dying(part: list[File]) -> object:
        if os.getpid() != mine and part[0] != files[0]:
            died.touch()
            os._exit(139)
        return look(part)

    dying.__qualname__, dying.__module__ = look.__qualname__, look.__module__
    monkeypatch.setattr("portlint.glances._glances", dying)
    with crew(3, list) as three:
        assert glances(files, three) == alone
        assert died.exists()
        assert glances(files, three) == alone, "in the place of those that died are others"


@pytest.mark.parametrize("jobs", [2, 3])
def test_a_run_begins_its_processes_once(jobs: int, repo: pathlib.Path, opened: list[int]) -> None:
    found = findings(repo, jobs)
    assert len(opened) == jobs
    assert found == findings(repo, 1)
    assert len(opened) == jobs, "one process needs no other"


def test_a_name_that_no_text_spells_has_no_files() -> None:
    defined = outlined(["a.py"], lambda path: b"def run(): pass\nclass Net(Base): pass\n")
    assert list(defined.sole) and defined.bases == {"Net": ("Base",)}
    found = spelled(defined, [() for _ in defined.sole])
    assert not (found.few or found.near or found.many)
    found = spelled(defined, [("a.py",) for _ in defined.sole])
    assert found.few == dict.fromkeys(defined.sole, ("a.py",))
