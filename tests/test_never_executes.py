"""Nothing that is looked at is run: not by us, by Python on our behalf, or by git."""

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from portlint.gitcall import call
from tests.planted import LIBRARIES, Planted, plant, taken_by_python
from tests.test_lsp import EXIT, INITIALIZE, INITIALIZED, OPENED, SHUTDOWN, frame

SCRIPT = (str(pathlib.Path(sys.executable).with_name("portlint")),)
SAFE = (sys.executable, "-P", "-m", "portlint")
MODULE = (sys.executable, "-m", "portlint")
COMMANDS = {
    "check": ("check", ".", "--format", "json", "--jobs", "2"),
    "check one file": ("check", "source.py", "--format", "concise"),
    "check of a revision": ("check", ".", "--diff-base", "HEAD~1", "--format", "json"),
    "check into files": (
        *("check", "--output", "html=../out.html", "--output", "sarif=../out.sarif"),
        *("--output", "markdown=../out.md", "--output", "junit=../out.xml", "-q"),
    ),
    "check with a baseline": ("check", "--write-baseline", "../baseline.json", "-q"),
    "baseline": ("baseline", "../baseline.json", "--prune"),
    "audit": ("audit", ".", "--format", "html", "--matrix", "--explain-score"),
    "init": ("init", "."),
    "settings": ("check", "--show-settings"),
    "files": ("check", "--show-files"),
    "rule": ("rule", "NEU102"),
    "query": ("query", "torch.cuda.Stream"),
}
NEEDED = {"baseline": [COMMANDS["check with a baseline"]]}  # what another process may not have run


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Modules of every name, of Python's own library as well."""
    names = {*LIBRARIES, *sys.stdlib_module_names}
    return plant(tmp_path_factory.mktemp("planted"), sorted(names))


@pytest.fixture
def for_module(tmp_path: pathlib.Path) -> Planted:
    """The same without the names that Python takes from the working folder before us."""
    names = {*LIBRARIES, *sys.stdlib_module_names} - taken_by_python() - {"portlint"}
    return plant(tmp_path, sorted(names))


def run(planted: Planted, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, cwd=planted.root, env=planted.env, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize(
    ("words", "mark"),
    [
        (["git", "status"], "program-git"),
        (["/usr/bin/env", "git", "status"], "program-git"),
        (["{git}", "ls-files"], "included"),
        (["{git}", "status"], "process"),
        (["{git}", "cat-file", "--textconv", "HEAD:source.py"], "process"),
        (["{python}", "-c", "import libcst"], "package-libcst"),
        (["{python}", "-m", "portlint"], "package-"),
        (["{python}", "setup.py"], "setup.py"),
        (["sh", "run.sh"], "program-sh"),
    ],
)
def test_what_is_planted_runs_where_one_is_careless(
    words: list[str], mark: str, planted: Planted
) -> None:
    git = next(
        str(place / "git")
        for folder in os.environ["PATH"].split(os.pathsep)
        if (place := pathlib.Path(folder)).is_absolute() and (place / "git").exists()
    )
    (planted.root / "source.py").touch()  # git reads again only what may have changed
    run(planted, *(word.format(git=git, python=sys.executable) for word in words))
    assert any(mark in name for name in planted.ran)


def test_check_runs_nothing(planted: Planted) -> None:
    done = run(planted, *SCRIPT, *COMMANDS["check"])
    assert (done.returncode, planted.ran) == (1, []), done.stderr
    assert '"source.py"' in done.stdout


def test_check_as_a_module_runs_nothing_either(for_module: Planted) -> None:
    done = run(for_module, *MODULE, *COMMANDS["check"])
    assert (done.returncode, for_module.ran) == (1, []), done.stderr
    assert '"source.py"' in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("start", [SCRIPT, SAFE], ids=["portlint", "python -P -m portlint"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_runs_anything(command: str, start: tuple[str, ...], planted: Planted) -> None:
    for words in (*NEEDED.get(command, ()), COMMANDS[command]):
        done = run(planted, *start, *words)
        assert planted.ran == []
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_runs_anything_as_a_module(command: str, for_module: Planted) -> None:
    for words in (*NEEDED.get(command, ()), COMMANDS[command]):
        done = run(for_module, *MODULE, *words)
        assert for_module.ran == []
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr


def test_an_object_that_is_not_there_is_not_fetched(planted: Planted) -> None:
    for file in (planted.root / ".git" / "objects").glob("??/*"):
        file.rename(file.with_suffix(".gone"))
    try:
        done = run(planted, *SCRIPT, *COMMANDS["check of a revision"])
    finally:
        for file in (planted.root / ".git" / "objects").glob("??/*.gone"):
            file.rename(file.with_suffix(""))
    assert (done.returncode, planted.ran) == (2, [])
    assert "--diff-base" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_git_file_that_points_elsewhere_runs_nothing(planted: Planted) -> None:
    git = planted.root / ".git"
    elsewhere = planted.root.parent / "elsewhere"
    git.rename(elsewhere)
    try:
        git.write_text(f"gitdir: {elsewhere}\n")
        done = run(planted, *SCRIPT, *COMMANDS["check of a revision"])
    finally:
        git.unlink()
        elsewhere.rename(git)
    assert (done.returncode, planted.ran) == (0, []), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("start", [SCRIPT, SAFE], ids=["portlint", "python -P -m portlint"])
def test_the_language_server_runs_nothing(start: tuple[str, ...], planted: Planted) -> None:
    process = subprocess.Popen(
        [*start, "lsp"],
        cwd=planted.root,
        env=planted.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    process.stdin.write(b"".join(map(frame, _session(planted))))
    process.stdin.flush()
    seen = b""
    while b"NEU118" not in seen:
        part = os.read(process.stdout.fileno(), 65536)
        assert part, seen
        seen += part
    process.stdin.write(frame(SHUTDOWN) + frame(EXIT))
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
    assert planted.ran == []


def _session(planted: Planted) -> list[dict[str, Any]]:
    """What an editor says that opens the folder, and two of its files."""
    folder: dict[str, Any] = {
        "rootUri": planted.root.as_uri(),
        "capabilities": {},
        "processId": None,
    }
    files = (planted.root / name for name in ("source.py", "portlint/__init__.py"))
    items = [
        {
            "uri": f.as_uri(),
            "languageId": "python",
            "version": 1,
            "text": f.read_text(encoding="utf-8"),
        }
        for f in files
    ]
    return [
        {**INITIALIZE, "params": folder},
        INITIALIZED,
        *({**OPENED, "params": {"textDocument": item}} for item in items),
    ]


def test_plugins_are_no_key_of_the_configuration(planted: Planted, tmp_path: pathlib.Path) -> None:
    config = tmp_path / "portlint.toml"
    config.write_text('plugins = ["planted"]\n')
    done = run(planted, *SCRIPT, "check", ".", "--config", str(config))
    assert (done.returncode, planted.ran) == (2, [])
    assert "key 'plugins': is not known" in done.stderr


@pytest.mark.parametrize("key", ["core.fsmonitor", "core.hooksPath"])
def test_git_runs_no_monitor_and_no_hook_whatever_it_is_asked(
    key: str, tmp_path: pathlib.Path
) -> None:
    """What is asked of it today starts neither; what is asked tomorrow must not either."""
    repo, hooks, mark = tmp_path / "repo", tmp_path / "hooks", tmp_path / "ran"
    hooks.mkdir()
    hook = hooks / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    hook.chmod(0o755)
    subprocess.run(["git", "init", "-q", repo], check=True)
    (repo / "a.py").write_text("x = 1\n")
    value = str(hook if key == "core.fsmonitor" else hooks)
    words = ("update-index", "--add", "a.py")
    call(repo, *words)
    subprocess.run(["git", "-C", repo, "config", key, value], check=True)
    call(repo, "status")
    call(repo, "update-index", "--force-remove", "a.py")
    assert not mark.exists()
    subprocess.run(["git", "-C", repo, *words], check=True, capture_output=True)
    subprocess.run(["git", "-C", repo, "status"], check=True, capture_output=True)
    assert mark.exists()
