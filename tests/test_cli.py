"""The command line: every command and flag, what goes where, and how a run ends."""

import importlib.util
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import threading
import time

import msgspec
import pytest

from portlint import __version__, engine
from portlint.cli import LATER, cli
from portlint.command import write
from portlint.render import FORMATS
from portlint.report import Report
from portlint.source.analyse import analyse
from tests import stub
from tests.invoke import Done, portlint

ROOT = pathlib.Path(__file__).parent.parent
ENV = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "TERM": "xterm"}
COMMAND = [sys.executable, "-c", "from portlint.cli import main; main()"]


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "portlint.toml").touch()
    files = {k: v for k, v in stub.REPOSITORY.items() if k != "broken.py"}
    return stub.write(tmp_path / "repo", files)


def rules_of(done: Done) -> set[str]:
    return {finding["rule"] for finding in done.json["findings"]}


def outside(*command: str, cwd: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, under the real rules."""
    return subprocess.run(
        command, cwd=cwd, env=os.environ | ENV, capture_output=True, text=True, timeout=60
    )


NET = """import torch
from torch import nn


class Net(nn.Linear):
    def forward(self, x):
        y = torch.relu(x)
        return super().forward(y)


def model():
    return Net(4, 4)


def example_inputs():
    return (torch.ones(2, 4),)
"""


class TestCommands:
    def test_check_looks_at_the_current_folder_by_default(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--format", "json", cwd=repo)
        assert done.code == 1 and rules_of(done) == {"NEU110", "NEU210", "NEU510", "NEU610"}

    def test_paths_start_at_the_root_wherever_the_command_runs(self, repo: pathlib.Path) -> None:
        inside = portlint("check", "--format", "json", cwd=repo)
        beside = portlint("check", "repo", "--format", "json", cwd=repo.parent)
        assert inside.out == beside.out

    def test_several_paths_have_their_common_parent_as_root(self, repo: pathlib.Path) -> None:
        done = portlint("check", "model.py", "tests", "--format", "json", cwd=repo)
        assert {f["path"] for f in done.json["findings"]} == {"model.py", "tests/test_model.py"}

    def test_audit_adds_a_plan(self, repo: pathlib.Path) -> None:
        done = portlint("audit", "--format", "json", cwd=repo)
        plan = done.json["plan"]
        assert done.code == 1 and len(plan) == 4
        assert {p for package in plan for p in package["findings"]} == {
            f["fingerprint"] for f in done.json["findings"] if f["context"] == "live"
        }
        assert portlint("check", "--format", "json", cwd=repo).json["plan"] == []
        assert "Plan: " in portlint("audit", cwd=repo).out

    def test_models_of_the_configuration_need_trace(self, repo: pathlib.Path) -> None:
        (repo / "portlint.toml").write_text('models = ["nowhere.py:model"]\n')
        plain = portlint("audit", "--format", "json", cwd=repo).json
        assert (plain["models"], plain["not_analysed"]) == ([], [])
        traced = portlint("audit", "--trace", "--format", "json", cwd=repo).json
        assert [m["name"] for m in traced["models"]] == ["nowhere.py:model"]
        assert [i["path"] for i in traced["not_analysed"]] == ["nowhere.py:model"]

    @pytest.mark.slow
    @pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
    def test_trace_judges_a_model(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").touch()
        (tmp_path / "net.py").write_text(NET)
        done = portlint(
            "trace", "net.py:model", "--ops", "--save-graph", "graph.json", cwd=tmp_path
        )
        assert done.code == 0, done.err
        assert "captured by export" in done.out and "1 model traced" in done.out
        assert "aten.addmm.default" in done.out and "net.py:8" in done.out
        (graph,) = json.loads((tmp_path / "graph.json").read_text())
        assert {op["level"] for op in graph["ops"]} == {"aten", "core", "joint"}
        report = portlint("audit", "--model", "net.py:model", "--format", "json", cwd=tmp_path)
        (model,) = report.json["models"]
        assert model["parameters"] == 20 and model["coverage"]["unsupported"] == 0
        missing = portlint("trace", "net.py:absent", "--strict", cwd=tmp_path)
        assert missing.code == 2 and "absent" in missing.out and "NEU" not in missing.out
        unnamed = portlint("trace", "net.py", cwd=tmp_path)
        assert unnamed.code == 0 and "names no model" in unnamed.out

    def test_a_file_that_is_not_there_cannot_be_traced(self, tmp_path: pathlib.Path) -> None:
        done = portlint("trace", "nosuch.py:model", cwd=tmp_path)
        assert (done.code, done.out) == (2, "") and "nosuch.py" in done.err

    @pytest.mark.parametrize("name", LATER)
    def test_a_later_command_says_so(self, name: str, tmp_path: pathlib.Path) -> None:
        for words in ([], ["--diff", "x"], ["status", "--format", "json"]):
            done = portlint(name, *words, cwd=tmp_path)
            assert (done.code, done.out) == (2, "")
            assert f"`portlint {name}`" in done.err and done.err.count("\n") == 1

    def test_schema_is_json(self, tmp_path: pathlib.Path) -> None:
        assert portlint("schema", cwd=tmp_path).json["title"] == "portlint report"

    def test_version_and_help(self, tmp_path: pathlib.Path) -> None:
        assert portlint("--version", cwd=tmp_path) == (0, f"portlint {__version__}\n", "")
        for command in ("check", "trace", "audit", "rule", "targets", "schema"):
            done = portlint(command, "--help", cwd=tmp_path)
            assert done.code == 0 and done.out.startswith("Usage:")
        now = {"check", "trace", "audit", "rule", "targets", "schema", "knowledge", "query"}
        now |= {"oracle", "baseline", "diff", "init", "lsp"}
        assert set(cli.commands) == now | set(LATER)

    @pytest.mark.parametrize(
        "words", [[], ["chekc"], ["check", "--chipp", "x"], ["check", "--format", "xml"]]
    )
    def test_wrong_usage_ends_with_2(self, words: list[str], tmp_path: pathlib.Path) -> None:
        done = portlint(*words, cwd=tmp_path)
        assert done.code == 2 and done.out == "" and done.err


class TestRulePages:
    def test_one_rule_by_code_or_name(self, tmp_path: pathlib.Path) -> None:
        by_code, by_name = (portlint("rule", w, cwd=tmp_path) for w in ("neu110", "stub-stream"))
        assert by_code == by_name and by_code.code == 0
        for part in ("NEU110 stub-stream", "Why", "Instead", "Verdicts", "Reported", "https://"):
            assert part in by_code.out

    def test_every_rule_has_a_page(self, tmp_path: pathlib.Path) -> None:
        listed = portlint("rule", "--all", cwd=tmp_path).out
        codes = [word for word in listed.split() if word.startswith("NEU") and len(word) == 6]
        assert len(codes) > 3
        for code in codes:
            assert portlint("rule", code, cwd=tmp_path).code == 0

    @pytest.mark.parametrize("words", [["NEU1"], ["stub"], ["nothing-like-it"], [], ["x", "--all"]])
    def test_an_unknown_rule_is_an_error_that_helps(
        self, words: list[str], tmp_path: pathlib.Path
    ) -> None:
        done = portlint("rule", *words, cwd=tmp_path)
        assert done.code == 2 and done.err.startswith("error: ")

    def test_targets_lists_every_chip_and_stack(self, tmp_path: pathlib.Path) -> None:
        shown = portlint("targets", cwd=tmp_path).out
        for word in ("inf2", "trn1", "trn2", "trn3", "native-eager", "xla", "vllm", "2.33"):
            assert word in shown


class TestExitCodes:
    @pytest.mark.parametrize(
        ("flags", "code"),
        [
            ([], 1),
            (["--exit-zero"], 0),
            (["--fail-on", "never"], 0),
            (["--select", "NEU5"], 0),
            (["--select", "NEU5", "--fail-on", "accuracy"], 1),
            (["--select", "NEU6", "--fail-on", "accuracy"], 0),
            (["--select", "NEU6", "--fail-on", "slow"], 1),
            (["--select", "NEU6", "--fail-on", "info"], 1),
            (["--max-score", "0", "--select", "NEU5"], 1),
            (["--max-score", "100", "--select", "NEU5"], 0),
            (["--max-score", "0", "--select", "NEU5", "--exit-zero"], 0),
            (["--fail-on", "never", "--max-score", "0"], 1),
        ],
    )
    def test_findings(self, flags: list[str], code: int, repo: pathlib.Path) -> None:
        assert portlint("check", *flags, cwd=repo).code == code

    def test_what_is_guarded_or_a_test_fails_only_when_included(self, repo: pathlib.Path) -> None:
        for name, context in (("optional.py", "guarded"), ("tests", "test")):
            paths = [name, "odd, names: 100%.py", "--select", "NEU1,NEU2", "--ignore", "NEU510"]
            (repo / "odd, names: 100%.py").write_text("x = 1\n")
            assert portlint("check", *paths, cwd=repo).code == 0
            assert portlint("check", *paths, "--include", context, cwd=repo).code == 1
            every = portlint("check", *paths, "--include", "guarded,test,example", cwd=repo)
            assert every.code == 1 and "not counted" not in every.out

    def test_a_clean_repository(self, tmp_path: pathlib.Path) -> None:
        assert portlint("check", cwd=stub.write(tmp_path, {"a.py": "x = 1\n"})).code == 0

    def test_an_unread_file_fails_a_strict_run_only(self, repo: pathlib.Path) -> None:
        (repo / "broken.py").write_text("import torch; torch.cuda.Stream(")
        assert portlint("check", cwd=repo).code == 1
        assert portlint("check", "--exit-zero", cwd=repo).code == 0
        assert portlint("check", "--strict", cwd=repo).code == 2
        assert portlint("check", "--strict", "--exit-zero", cwd=repo).code == 2

    def test_an_internal_error_names_rule_and_file_and_shows_the_rest(
        self, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(text: str, path: str, *rest: object) -> object:
            if path == "model.py":
                raise ValueError("odd\x1b")
            return analyse(text, path, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr("portlint.passes.analyse_source", broken)
        done = portlint("check", "--exit-zero", "--format", "json", cwd=repo)
        assert done.code == 3 and "model.py: NEU000 internal error" in done.err
        assert "odd, names: 100%.py" in {f["path"] for f in done.json["findings"]}
        assert [i["path"] for i in done.json["not_analysed"]] == ["model.py"]
        assert done.json["summary"]["files"] == 3

    def test_a_fault_of_the_program_is_not_taken_for_findings(
        self, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("no such thing")

        monkeypatch.setattr(engine, "run", broken)
        done = portlint("check", cwd=repo)
        assert done.code == 3 and "a fault of portlint" in done.err

    def test_an_interrupt_ends_with_130(
        self, repo: pathlib.Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(engine, "run", interrupted)
        over = threading.Event()
        # A progress bar of some library: it keeps no program from ending in the ordinary way.
        threading.Thread(target=over.wait, daemon=True).start()
        done = portlint("check", cwd=repo)
        over.set()
        assert (done.code, done.err.strip()) == (130, "interrupted")

    @pytest.mark.skipif(sys.platform != "linux", reason="looks for workers in /proc")
    def test_an_interrupt_ends_the_workers_too(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").touch()
        body = "import torch\n" + "x = torch.zeros(1).cuda()\n" * 8000
        stub.write(tmp_path / "big", {f"{n}.py": body for n in range(40)})
        process = subprocess.Popen(
            [*COMMAND, "check", "big", "--jobs", "2"],
            cwd=tmp_path,
            env=os.environ | ENV,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background may have told them to ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until = time.monotonic() + 30
        while len(children.read_text().split()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err.strip()) == (130, "", "interrupted")


class TestSelection:
    @pytest.mark.parametrize(
        ("flags", "rules"),
        [
            (["--select", "NEU110"], {"NEU110"}),
            (["--select", "NEU1,NEU6"], {"NEU110", "NEU610"}),
            (["--select", "NEU1", "--select", "stub-sync"], {"NEU110", "NEU610"}),
            (["--select", "NEU"], {"NEU110", "NEU210", "NEU510", "NEU610"}),
            (["--ignore", "NEU1,stub-double"], {"NEU210", "NEU610"}),
            (["--select", "NEU110", "--ignore", "NEU1"], {"NEU110"}),
            (["--select", "NEU1", "--ignore", "NEU110"], set()),
            (["--min-confidence", "derived"], {"NEU110", "NEU210", "NEU510"}),
            (["--min-confidence", "documented"], {"NEU110"}),
        ],
    )
    def test_rules(self, flags: list[str], rules: set[str], repo: pathlib.Path) -> None:
        assert rules_of(portlint("check", *flags, "--format", "json", cwd=repo)) == rules

    def test_a_repeated_flag_counts_as_last_written(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--chip", "inf1", "--chip", "trn3", "--format", "json", cwd=repo)
        assert done.json["target"]["chip"] == "trn3"


class TestOutput:
    def test_findings_go_to_stdout_and_nothing_else(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--format", "concise", cwd=repo)
        assert len(done.out.splitlines()) == 15 and "15" not in done.err
        assert "12 findings" in done.err
        assert portlint("check", "--format", "concise", "--quiet", cwd=repo).err == ""

    def test_a_file_instead_of_stdout(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--format", "json", "--output", "report.json", cwd=repo)
        assert (done.code, done.out) == (1, "")
        msgspec.json.decode((repo / "report.json").read_bytes(), type=Report)

    def test_several_formats_in_one_run(self, repo: pathlib.Path, tmp_path: pathlib.Path) -> None:
        outputs = [f"--output={name}={tmp_path / name}" for name in FORMATS]
        done = portlint("check", "--format", "concise", *outputs, cwd=repo)
        assert (tmp_path / "concise").read_text() == done.out
        assert all((tmp_path / name).stat().st_size for name in FORMATS)

    @pytest.mark.parametrize(
        "outputs", [["a", "b"], ["json=a", "b"], ["json="], ["json=no/such/folder"], ["."]]
    )
    def test_an_output_that_cannot_be(self, outputs: list[str], repo: pathlib.Path) -> None:
        done = portlint("check", *(f"--output={o}" for o in outputs), cwd=repo)
        assert done.code == 2 and "error: " in done.err

    def test_statistics(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--statistics", cwd=repo)
        assert "     7  NEU510  accuracy  stub-double" in done.out
        done = portlint("check", "--statistics", "--format", "concise", cwd=repo)
        assert "NEU510  accuracy" in done.err and "NEU510  accuracy" not in done.out

    def test_show_files(self, repo: pathlib.Path) -> None:
        stub.write(repo, {"build/a.py": "", "Dockerfile": "FROM x\n", "x\x1b.py": ""})
        done = portlint("check", "--show-files", cwd=repo)
        assert done.code == 0 and "\x1b" not in done.out
        assert "python       model.py\n" in done.out and "dockerfile   Dockerfile\n" in done.out
        assert "skipped      build/ (" in done.out

    def test_show_settings(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--show-settings", "--chip", "inf2", "--fail-on=slow", cwd=repo)
        assert done.code == 0 and done.json["fail_on"] == "slow"
        assert done.json["target"]["stack"] == "xla"

    def test_another_release_is_judged_and_said(self, repo: pathlib.Path) -> None:
        done = portlint("check", "--stack", "xla", "--sdk", "2.33", "--format", "json", cwd=repo)
        assert done.json["target"]["sdk"] == "2.31" and "judging for 2.31" in done.err
        quiet = portlint("check", "--stack=xla", "--sdk=2.33", "--quiet", cwd=repo)
        assert quiet.err == ""

    def test_hosts_get_paths_from_the_checkout(self, repo: pathlib.Path) -> None:
        done = portlint("check", "repo", "--format", "github", cwd=repo.parent)
        assert ",file=repo/model.py," in done.out
        done = portlint("check", "..", "--format", "github", cwd=repo / "tests")
        assert ",file=model.py," in done.out


class TestStdin:
    def test_a_program_from_stdin(self, repo: pathlib.Path) -> None:
        done = portlint("check", "-", "--format", "json", cwd=repo, stdin=b"import fastkernel")
        assert [f["path"] for f in done.json["findings"]] == ["stdin.py"]

    @pytest.mark.parametrize("name", ["src/a.py", "./src/a.py", "{repo}/src/a.py"])
    def test_its_name_is_a_path_from_the_current_folder(
        self, name: str, repo: pathlib.Path
    ) -> None:
        flags = ["--stdin-filename", name.format(repo=repo), "--format", "json"]
        done = portlint("check", "-", *flags, cwd=repo, stdin=b"import fastkernel")
        assert [f["path"] for f in done.json["findings"]] == ["src/a.py"]

    def test_its_name_finds_the_configuration(self, repo: pathlib.Path) -> None:
        stub.write(repo, {"src/portlint.toml": 'ignore = ["NEU2"]\n'})
        flags = ["--stdin-filename", "src/a.py", "--format", "json"]
        done = portlint("check", "-", *flags, cwd=repo, stdin=b"import fastkernel")
        assert done.json["findings"] == []

    def test_it_stands_alone(self, repo: pathlib.Path) -> None:
        assert portlint("check", "-", "model.py", cwd=repo).code == 2

    def test_bytes_that_are_no_text(self, repo: pathlib.Path) -> None:
        done = portlint("check", "-", "--strict", cwd=repo, stdin=b"x = '\xff'")
        assert done.code == 2 and "not analysed: stdin.py" in done.out


class TestTerminal:
    @pytest.mark.parametrize(
        ("env", "terminal", "flags", "colored"),
        [
            ({}, False, [], False),
            ({}, True, [], True),
            ({"NO_COLOR": "1"}, True, [], False),
            ({"NO_COLOR": ""}, True, [], True),
            ({"FORCE_COLOR": "1"}, False, [], True),
            ({"FORCE_COLOR": "0"}, False, [], True),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, [], False),
            ({"TERM": "dumb"}, True, [], False),
            ({}, False, ["--color"], True),
            ({}, True, ["--no-color"], False),
            ({"NO_COLOR": "1"}, False, ["--color"], True),
        ],
    )
    def test_colour(
        self,
        env: dict[str, str],
        terminal: bool,
        flags: list[str],
        colored: bool,
        repo: pathlib.Path,
    ) -> None:
        done = portlint("check", *flags, cwd=repo, env=env, terminal=terminal)
        assert ("\x1b[" in done.out) == colored

    def test_files_are_never_coloured(self, repo: pathlib.Path) -> None:
        portlint("check", "--color", "--output", "out", cwd=repo)
        assert "\x1b[" not in (repo / "out").read_text()

    def test_a_narrow_terminal_gets_short_lines_of_code(self, repo: pathlib.Path) -> None:
        done = portlint("check", cwd=repo, env={"COLUMNS": "60"})
        code = [line for line in done.out.splitlines() if line[5:8] in (" | ", "  |")]
        assert code and max(map(len, code)) <= 60

    def test_progress_is_for_terminals_with_much_to_do(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").touch()
        many = stub.write(tmp_path / "many", {f"{n}.py": "x = 1\n" for n in range(250)})
        assert portlint("check", cwd=many).err == ""
        assert portlint("check", cwd=many, terminal=True).err != ""
        assert portlint("check", "--quiet", cwd=many, terminal=True).err == ""

    def test_a_reader_that_leaves_early_costs_nothing(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / "portlint.toml").touch()
        body = "def f(x):\n" + "    x.cuda()\n" * 400
        stub.write(tmp_path / "big", {f"{'long' * 40}.py": body})
        command = " ".join([f"'{part}'" for part in COMMAND])
        script = f"{command} check big --format concise --output json=out.json | head -1"
        done = outside("bash", "-c", f"set -o pipefail; {script}", cwd=tmp_path)
        assert done.returncode == 1 and len(done.stdout.splitlines()) == 1
        assert "Traceback" not in done.stderr and "Broken" not in done.stderr
        msgspec.json.decode((tmp_path / "out.json").read_bytes(), type=Report)

    def test_a_real_terminal(self, repo: pathlib.Path) -> None:
        ours, theirs = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | ENV
        done = subprocess.run(
            [*COMMAND, "check", "model.py"],
            cwd=repo,
            env=env,
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        os.close(theirs)
        shown = os.read(ours, 100_000)
        os.close(ours)
        assert done.stderr == b"" and b"\x1b[1m" in shown


LOADED = """
import sys
sys.argv = ["portlint", *sys.argv[1:]]
from portlint.cli import main
try:
    main()
except SystemExit as end:
    print("ended with", end.code)
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_the_version_is_cheap(tmp_path: pathlib.Path) -> None:
    done = outside(sys.executable, "-c", LOADED, "--version", cwd=tmp_path)
    version, ended, loaded = done.stdout.splitlines()
    assert (version, ended) == (f"portlint {__version__}", "ended with 0")
    costly = {"libcst", "yaml", "rich", "networkx", "jinja2", "torch", "pathspec", "packaging"}
    assert not costly & set(loaded.split())


def test_checking_imports_no_torch(tmp_path: pathlib.Path) -> None:
    stub.write(tmp_path, {"a.py": "import torch\nx = torch.zeros(1).cuda()\n", "portlint.toml": ""})
    flags = ["--quiet", "--format", "concise"]
    done = outside(sys.executable, "-c", LOADED, "check", "a.py", *flags, cwd=tmp_path)
    *_, ended, loaded = done.stdout.splitlines()
    assert ended == "ended with 1" and not {"libcst", "torch"} & set(loaded.split())


def test_a_report_is_written_in_pieces_that_make_the_whole(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("portlint.command.PIECE", 3)
    write("añ…\ud800\U0001f600 and more\n")
    assert capsysbinary.readouterr().out == "añ…?\U0001f600 and more\n".encode()
