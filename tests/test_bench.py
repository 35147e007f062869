"""The bench: what it makes of measurements, the second catalogue, and how it measures."""

import csv
import datetime
import itertools
import os
import pathlib
import subprocess
import sys

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portlint.catalog import load, shipped
from portlint.source.index import build
from tests.bench import corpora, doubled, peers, record, table, warm
from tests.bench.bench import Bench, Row, Size, at_most
from tests.bench.scaling import each, scaled
from tests.bench.timing import Command, Failed, NoSuchFlag, Usage, in_turns, middle, run

ROOT = pathlib.Path(__file__).parent.parent
DAY = datetime.date(2026, 1, 2)


def python(code: str, folder: pathlib.Path, *words: str) -> Command:
    return Command((sys.executable, "-c", code, *words), folder)


def measured(what: str, met: bool | None = None) -> record.Measured:
    return record.Measured(Row(what, "1 s", "2 s", met), DAY, "abc")


# The figures


def test_starting_up_is_not_scaled() -> None:
    assert scaled(nothing=1.0, part=3.0, times=10) == 21.0


@given(
    st.floats(0, 5),
    st.floats(0.01, 10),
    st.lists(st.floats(0.5, 300), min_size=1, max_size=5),
)
def test_a_linear_cost_is_the_same_for_every_size_whatever_starting_up_costs(
    start: float, cost: float, sizes: list[float]
) -> None:
    assert each(start, [(start + cost * size, size) for size in sizes]) == pytest.approx(cost)


def test_a_cost_that_goes_with_the_square_grows_with_the_size() -> None:
    assert each(1.0, [(1.0 + 400.0, 20.0)]) == 10 * each(1.0, [(1.0 + 4.0, 2.0)])


def test_a_figure_keeps_a_limit_as_it_is_printed() -> None:
    assert at_most(0.354, 0.35)
    assert not at_most(0.356, 0.35)


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_sample_is_spread_evenly(there: int, wanted: int) -> None:
    paths = [pathlib.Path(f"{number:03}") for number in range(there)]
    taken = [int(path.name) for path in corpora.spread(paths, wanted)]
    assert len(taken) == min(there, wanted)
    steps = {after - before for before, after in itertools.pairwise(taken)}
    assert all(step > 0 for step in steps) and max(steps, default=0) - min(steps, default=0) <= 1


def test_samples_share_no_file_and_have_files_of_all_sizes_each(tmp_path: pathlib.Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    for number in range(60):
        (whole / f"{number * 37 % 60:02}.py").write_text("#" * number, encoding="utf-8")
    parts = corpora.samples(corpora.measured("whole", whole), 5, 4, tmp_path / "parts")
    names = [{path.name for path in corpora.python(part.path)} for part in parts]
    assert [len(taken) for taken in names] == [5] * 4
    assert len(set.union(*names)) == 20
    assert all(abs(1e6 * part.megabytes - 5 * 29.5) < 25 for part in parts)


# The table


def test_a_row_that_asks_for_nothing_is_neither_reached_nor_missed() -> None:
    rows = {"file": measured("a", True), "version": measured("b", False), "peers": measured("c")}
    lines = table.markdown(record.Record("a machine", {"ruff": "1"}, rows)).splitlines()
    assert lines[2:5] == [
        "| a | 1 s | 2 s | yes |",
        "| b | 1 s | 2 s | no |",
        "| c | 1 s | 2 s |  |",
    ]
    assert lines[6:] == ["Measured 2026-01-02 on a machine.", "Versions: ruff 1."]


def test_the_table_replaces_what_stood_between_the_marks() -> None:
    text = f"above\n{table.BEGIN}old{table.END}\nbelow\n"
    assert table.between(text, "new\n") == f"above\n{table.BEGIN}new\n{table.END}\nbelow\n"


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(SystemExit, match="has no <!-- bench -->"):
        table.between("above\nbelow\n", "new\n")


def test_the_readme_shows_the_record() -> None:
    path = ROOT / "docs" / "bench.json"
    kept = msgspec.json.decode(path.read_bytes(), type=record.Record)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table.between(text, table.markdown(kept)) == text


def test_rows_keep_the_order_of_the_bench() -> None:
    kept = record.Record("a machine", {})
    for name in ("version", "ruff"):
        kept = record.added(kept, name, measured(name))
    assert list(kept.rows) == ["ruff", "version"]


def test_rows_of_another_machine_are_not_kept(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "bench.json"
    here = record.added(record.here(), "file", measured("file"))
    record.write(here, path)
    assert record.read(path) == here
    record.write(msgspec.structs.replace(here, machine="another"), path)
    assert record.read(path) == record.here()


# The peers


def test_every_peer_is_pinned() -> None:
    assert {"ruff", "flake8", "TorchFix", "fixit", "semgrep"} <= peers.versions().keys()


def test_semgrep_gets_twenty_patterns() -> None:
    declared = yaml.safe_load(peers.PATTERNS.read_text(encoding="utf-8"))["rules"]
    assert len({rule["id"] for rule in declared}) == len({r["pattern"] for r in declared}) == 20


def test_the_program_is_started_as_an_installation_does(tmp_path: pathlib.Path) -> None:
    declared = '[project.scripts]\nportlint = "portlint.door:enter"\n'
    (tmp_path / "pyproject.toml").write_text(declared, encoding="utf-8")
    assert peers.start(tmp_path) == "from portlint.door import enter; enter()"


# The second catalogue


@pytest.fixture(scope="module", params=[False, True], ids=["quiet", "busy"])
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return doubled.doubled(ROOT, tmp_path_factory.mktemp("twice"), request.param)


def test_every_rule_that_matches_something_has_a_twin_the_loader_accepts(
    twice: pathlib.Path,
) -> None:
    once, both = shipped().rules, load(twice / "rules").rules
    twins = {code: rule for code, rule in both.items() if code not in once}
    assert len(twins) == sum(not rule.emitted for rule in once.values())
    assert {rule.name.removesuffix("-twin") for rule in twins.values()} == {
        rule.name for rule in once.values() if not rule.emitted
    }


def test_what_is_looked_up_is_twice_as_much(twice: pathlib.Path) -> None:
    once, both = build(shipped()), build(load(twice / "rules"))
    assert len(both.exact) == 2 * len(once.exact)
    assert sum(map(len, both.detectors.values())) == 2 * sum(map(len, once.detectors.values()))
    assert len(both.gates.file) > 1.9 * len(once.gates.file)


@pytest.mark.parametrize("sample", ["flash_gpt", "cuda_extension"])
def test_twins_report_nothing(twice: pathlib.Path, sample: str) -> None:
    words = ("check", str(ROOT / "sample_models" / sample), "--format", "jsonl", "--exit-zero")
    printed = [
        subprocess.run(
            [sys.executable, "-P", "-m", "portlint", *words, "--no-cache"],
            env=os.environ | {"PYTHONPATH": str(tree)},
            capture_output=True,
            check=True,
        ).stdout
        for tree in (ROOT, twice)
    ]
    assert printed[0] == printed[1] != b""


@pytest.mark.parametrize(
    ("symbol", "twin"),
    [
        ("torch.cuda.Stream", "torch.cuda.maertS_twin"),
        ("flash_attn.*", "ntta_hsalf_twin.*"),
        ("torch.int8", "torch.n8tni_twin"),
    ],
)
def test_a_twin_looks_for_a_name_beside_the_original(symbol: str, twin: str) -> None:
    assert doubled.other(symbol) == twin


@pytest.mark.parametrize(
    ("gate", "twin"),
    [
        ("torch.Stream", "torch.maertS_twin"),
        ("hot:.item(", "hot:(meti._twin"),
        ('"cuda', 'aduc"_twin'),
    ],
)
def test_a_twin_waits_behind_a_gate_of_its_own(gate: str, twin: str) -> None:
    assert doubled.other_gate(gate) == twin


def test_a_table_without_symbols_stays_as_it_is(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("name,rule\na,NEU101\n", encoding="utf-8")
    doubled.extend(path, {"NEU101": "NEU999"})
    assert list(csv.reader(path.open(encoding="utf-8"))) == [["name", "rule"], ["a", "NEU101"]]


# How it measures

BURN = "import time\nwhile time.process_time() < 0.3: pass"
HOLD = "held = bytearray(80_000_000)"


def nested(code: str) -> str:
    return f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"


def test_time_of_processes_that_a_process_starts_counts(tmp_path: pathlib.Path) -> None:
    assert run(python(nested(BURN), tmp_path)).cpu >= 0.3


def test_memory_is_that_of_the_largest_process(tmp_path: pathlib.Path) -> None:
    # The kernel lets a peak begin at that of the process which starts it: not in pytest's, then.
    program = (
        "import pathlib, sys; from tests.bench.timing import Command, run; "
        "print(run(Command((sys.executable, '-c', sys.argv[1]), pathlib.Path(sys.argv[2]))).peak)"
    )
    asked = (sys.executable, "-c", program, f"{HOLD}\n{nested(HOLD)}", str(tmp_path))
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert 80 < float(done.stdout) < 150


def test_what_is_printed_is_compared_by_its_digest(tmp_path: pathlib.Path) -> None:
    runs = [run(python(f"print({text!r})", tmp_path)) for text in ("a", "a", "b")]
    assert runs[0].digest == runs[1].digest != runs[2].digest
    assert runs[0].printed == 2


def test_a_run_that_fails_is_no_measurement(tmp_path: pathlib.Path) -> None:
    with pytest.raises(Failed, match="ended with 7: too bad"):
        run(python("import sys; print('too bad', file=sys.stderr); sys.exit(7)", tmp_path))


def test_a_flag_of_another_version_is_told_apart(tmp_path: pathlib.Path) -> None:
    tools = peers.Tools(ROOT, tmp_path, tmp_path)
    with pytest.raises(NoSuchFlag, match="--of-tomorrow"):
        run(tools.check(tmp_path, "--of-tomorrow"))


def test_commands_take_turns(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    code = "import sys; open(sys.argv[1], 'a').write(sys.argv[2])"
    commands = {name: python(code, tmp_path, str(log), name) for name in "ab"}
    runs = in_turns(commands, 3)
    assert log.read_text(encoding="utf-8") == "ababab"
    assert {name: len(each) for name, each in runs.items()} == {"a": 3, "b": 3}


def test_the_median_of_rounds_counts() -> None:
    runs = [Usage(cpu=cpu, wall=1, peak=1, digest="", printed=0) for cpu in (1.0, 9.0, 2.0)]
    assert middle(runs) == 2.0


def test_a_changed_file_is_put_back_and_other_names_of_it_never_change(
    tmp_path: pathlib.Path,
) -> None:
    original, linked = tmp_path / "original.py", tmp_path / "linked.py"
    original.write_text("x = 1\n", encoding="utf-8")
    linked.hardlink_to(original)
    before = linked.stat().st_mtime_ns
    seen = "import sys; print(*(open(name).read().count('cuda') for name in sys.argv[1:]))"
    command = python(seen, tmp_path, str(original), str(linked))
    runs = warm.rounds_changed(command, linked, 2)
    assert runs[0].digest == run(python("print(0, 1)", tmp_path)).digest
    assert linked.read_text(encoding="utf-8") == "x = 1\n"
    assert linked.stat().st_mtime_ns == before


def test_corpora_are_put_together_from_links_without_binaries(tmp_path: pathlib.Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    for name in ("__init__.py", "code.py", "core.so", "program"):
        (package / name).write_text("x = 1\n", encoding="utf-8")
    made = corpora.together("both", [package], tmp_path / "made")
    assert sorted(path.name for path in made.path.rglob("*.*")) == ["__init__.py", "code.py"]
    assert (made.files, made.megabytes) == (2, 12e-6)
    assert (made.path / "package/code.py").samefile(package / "code.py")


# Rows, with a program that only keeps what it printed

STUB = """
import pathlib, sys

def main():
    words = sys.argv[1:]
    texts = [path.read_text() for path in sorted(pathlib.Path(words[1]).parent.rglob("*.py"))]
    for word in words:
        if word.startswith("--cache-dir="):
            folder = pathlib.Path(word.partition("=")[2])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "kept").write_text("kept")
    print(len("".join(texts)) if SEES else "nothing")
"""


def stubbed(folder: pathlib.Path, program: str) -> Bench:
    """A bench of a program that reads a corpus of one file."""
    (folder / "pyproject.toml").write_text(
        '[project.scripts]\nportlint = "stub:main"\n', encoding="utf-8"
    )
    (folder / "stub.py").write_text(program, encoding="utf-8")
    bench = Bench(peers.Tools(folder, folder, folder), tried=True, rounds=1)
    sizes: tuple[Size, ...] = ("small", "large")
    for size in sizes:
        path = folder / "corpora" / f"{size}-tried" / "code.py"
        path.parent.mkdir(parents=True)
        path.write_text("import torch\ntorch.cuda.synchronize()\n", encoding="utf-8")
        stamp = path.parent.with_name(f"{size}-tried.txt")
        stamp.write_text("\n".join(bench.content(size)), encoding="utf-8")
    return bench


def test_a_program_without_a_cache_is_not_measured_as_if_it_had_one(tmp_path: pathlib.Path) -> None:
    row = warm.changed(stubbed(tmp_path, "def main(): print()"))
    assert (row.found, row.met) == (warm.NONE, None)


def test_a_program_that_keeps_and_sees_everything_reaches_what_is_asked(
    tmp_path: pathlib.Path,
) -> None:
    bench = stubbed(tmp_path, STUB.replace("SEES", "True"))
    assert warm.unchanged(bench, "large", limit=60).met
    assert "was not seen" not in warm.changed(bench).found
    assert not warm.new_file(bench).found.startswith(warm.NONE)


def test_a_change_that_is_not_seen_is_told(tmp_path: pathlib.Path) -> None:
    row = warm.changed(stubbed(tmp_path, STUB.replace("SEES", "False")))
    assert row.found.endswith("the change was not seen")
    assert row.met is False


def test_the_file_of_a_row_is_a_module_of_a_package_that_speaks_of_cuda(
    tmp_path: pathlib.Path,
) -> None:
    speaks, length = "import torch\ntorch.cuda.synchronize()\n", 498
    for name, text in {
        "package/__init__.py": "",
        "package/module.py": speaks + "\n" * (length - 20),
        "package/silent.py": "\n" * (length + 2),
        "package/test_module.py": speaks + "\n" * length,
        "setup.py": speaks + "\n" * length,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    corpus = corpora.measured("one", tmp_path)
    assert corpora.typical(corpus) == tmp_path / "package/module.py"
