"""`portlint init`: what it writes is right and used, and what was there stays as it was."""

import importlib
import json
import os
import pathlib
import pty
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml

from portlint import __version__
from portlint.errors import UsageError
from portlint.init import injson, inyaml
from portlint.init.candidates import candidates
from portlint.init.injson import blanked
from portlint.init.origin import Origin, origin
from tests.invoke import Done, portlint
from tests.scratch import Repository, environment, hooks

ROOT = pathlib.Path(__file__).parent.parent
GIT = "git+https://github.com/acme/portlint.git@v0.1.0"
ALL = [
    *(".github/workflows/portlint.yml", ".gitlab-ci.yml", ".gitlab/portlint.yml"),
    *(".pre-commit-config.yaml", ".vscode/tasks.json", "portlint.toml"),
]
SOURCES = {"git": GIT, "index": f"portlint=={__version__}"}
DISTRIBUTION = "portlint.init.origin.metadata.distribution"
CUDA = "import torch\n\nside = torch.nn.Linear(2, 2).cuda()\n"
HOOKS = """\
# our hooks
default_language_version: {python: python3.12}
repos:
- repo: https://github.com/pre-commit/pre-commit-hooks   # the usual ones
  rev: 'v4.6.0'
  hooks:
  - id: trailing-whitespace
    args: [--markdown-linebreak-ext=md]   # why not
  # - id: not-yet

# last words
"""
TASKS = """\
{
\t// what we do
\t"version": "2.0.0",
\t"tasks": [
\t\t{
\t\t\t"label": "build /* no comment */", // make, "really"
\t\t\t"command": "make -C \\"a b\\" // all",
\t\t},
\t\t/* and so on */
\t],
}
"""


def init(folder: pathlib.Path, *words: str, **keywords: Any) -> Done:
    return portlint("init", "--source", GIT, *words, cwd=folder, **keywords)


def files(folder: pathlib.Path) -> dict[str, str]:
    found = [f for f in folder.rglob("*") if f.is_file() and ".git" not in f.parts]
    return {
        f.relative_to(folder).as_posix(): f.read_bytes().decode() for f in sorted(found, key=str)
    }


def run(*command: str | pathlib.Path, cwd: pathlib.Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class TestAnEmptyFolder:
    @pytest.mark.parametrize("source", SOURCES)
    def test_everything_is_written_as_its_reader_wants_it(
        self, tmp_path: pathlib.Path, source: str
    ) -> None:
        done = portlint("init", "--yes", "--source", SOURCES[source], cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert list(files(tmp_path)) == ALL
        schema = ("check_jsonschema", "--builtin-schema")
        run(*schema, "vendor.github-workflows", ".github/workflows/portlint.yml", cwd=tmp_path)
        run(*schema, "vendor.gitlab-ci", ".gitlab-ci.yml", ".gitlab/portlint.yml", cwd=tmp_path)
        run("pre_commit", "validate-config", ".pre-commit-config.yaml", cwd=tmp_path)
        assert json.loads(files(tmp_path)[".vscode/tasks.json"])["version"] == "2.0.0"
        assert portlint("check", cwd=tmp_path).code == 0

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_second_run_has_nothing_to_do(self, tmp_path: pathlib.Path, source: str) -> None:
        init(tmp_path, "--yes", "--source", SOURCES[source])
        before = files(tmp_path)
        done = init(tmp_path, "--yes", "--source", SOURCES[source])
        assert done.out.startswith("nothing to do: ") and "---" not in done.out
        assert (done.code, files(tmp_path)) == (0, before)

    def test_without_a_terminal_it_only_shows(self, tmp_path: pathlib.Path) -> None:
        done = init(tmp_path)
        assert (done.code, files(tmp_path)) == (0, {})
        assert "nothing was written" in done.out and "--yes" in done.out
        for name in ALL:
            assert f"+++ b/{name}\n" in done.out

    @pytest.mark.parametrize(("answer", "written"), [("y", ALL), ("n", []), ("", [])])
    def test_in_a_terminal_it_asks(
        self, tmp_path: pathlib.Path, answer: str, written: list[str]
    ) -> None:
        ours, theirs = pty.openpty()
        start = [sys.executable, "-c", "from portlint.cli import main; main()"]
        with subprocess.Popen(
            [*start, "init", "--source", GIT],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            os.write(ours, f"{answer}\n".encode())
            shown = b""
            try:
                while data := os.read(ours, 65536):
                    shown += data
            except OSError:
                pass  # how a terminal ends
        os.close(ours)
        assert process.returncode == 0
        assert b"write 6 files?" in shown
        assert list(files(tmp_path)) == written

    @pytest.mark.parametrize("name", ["config", "github", "gitlab", "pre-commit", "vscode"])
    def test_parts_can_be_chosen(self, tmp_path: pathlib.Path, name: str) -> None:
        init(tmp_path, "--yes", "--only", name)
        written = files(tmp_path)
        marks = {"config": "portlint.toml", "pre-commit": ".pre-commit"}
        assert written and all(marks.get(name, f".{name}") in file for file in written)

    def test_the_target_is_that_of_the_flags(self, tmp_path: pathlib.Path) -> None:
        init(tmp_path, "--yes", "--chip", "inf2", "--workload", "inference", "--only", "config")
        settings = portlint("check", "--show-settings", cwd=tmp_path).json
        target = settings["target"]
        assert (target["chip"], target["stack"], target["workload"]) == ("inf2", "xla", "inference")


class TestWhatIsThere:
    def test_a_pyproject_gets_a_table_and_keeps_the_rest(self, tmp_path: pathlib.Path) -> None:
        text = '[project]  # ours\nname = "x"\n\n[tool.black]\nline-length = 90'
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        init(tmp_path, "--yes", "--only", "config")
        written = files(tmp_path)["pyproject.toml"]
        assert written.startswith(f"{text}\n\n[tool.portlint]\n")
        assert tomllib.loads(written)["tool"]["portlint"]["chip"] == "trn2"
        assert list(files(tmp_path)) == ["pyproject.toml"]

    @pytest.mark.parametrize("text", ["[broken", "tool = {black = {}}\n", "tool = 3\n"])
    def test_a_pyproject_that_takes_no_table_is_left_alone(
        self, tmp_path: pathlib.Path, text: str
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        done = init(tmp_path, "--yes", "--only", "config")
        assert "cannot take a table" in done.err
        assert files(tmp_path)["pyproject.toml"] == text
        assert 'chip = "trn2"' in files(tmp_path)["portlint.toml"]

    @pytest.mark.parametrize("name", ["portlint.toml", "pyproject.toml"])
    def test_a_configuration_stays(self, tmp_path: pathlib.Path, name: str) -> None:
        text = "" if name == "portlint.toml" else '[tool.portlint]\nchip = "trn1"\n'
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = init(tmp_path, "--yes", "--only", "config", "--chip", "inf2")
        assert files(tmp_path) == {name: text}
        assert "change the target there" in done.err

    def test_hooks_are_joined_by_ours_and_keep_every_comment(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / ".pre-commit-config.yaml").write_text(HOOKS, encoding="utf-8")
        init(tmp_path, "--yes", "--only", "pre-commit")
        written = files(tmp_path)[".pre-commit-config.yaml"]
        assert set(HOOKS.splitlines()) <= set(written.splitlines())
        assert [len(repo["hooks"]) for repo in yaml.safe_load(written)["repos"]] == [1, 1]
        run("pre_commit", "validate-config", ".pre-commit-config.yaml", cwd=tmp_path)
        assert init(tmp_path, "--yes", "--only", "pre-commit").out.startswith("nothing to do")

    def test_tasks_are_joined_by_ours_and_keep_every_comment(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / ".vscode").mkdir()
        (tmp_path / ".vscode" / "tasks.json").write_text(TASKS, encoding="utf-8")
        init(tmp_path, "--yes", "--only", "vscode")
        written = files(tmp_path)[".vscode/tasks.json"]
        assert set(TASKS.splitlines()) <= set(written.splitlines())
        labels = [task["label"] for task in json.loads(blanked(written))["tasks"]]
        assert labels == ["build /* no comment */", "portlint"]
        assert init(tmp_path, "--yes", "--only", "vscode").out.startswith("nothing to do")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (".vscode/tasks.json", '{"version": "2.0.0"}\n'),
            (".vscode/tasks.json", "{broken"),
            (".vscode/tasks.json", "[]"),
            (".pre-commit-config.yaml", "repos: [{repo: local, hooks: []}]\n"),
            (".pre-commit-config.yaml", "a: [\n"),
            (".pre-commit-config.yaml", "exclude: x\n"),
            (".gitlab-ci.yml", "include: other.yml\njob: {script: x}\n"),
            (".gitlab-ci.yml", "spec: {}\n---\njob: {script: x}\n"),
        ],
    )
    def test_what_is_not_understood_is_left_alone_and_told(
        self, tmp_path: pathlib.Path, name: str, text: str
    ) -> None:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        only = {".v": "vscode", ".p": "pre-commit", ".g": "gitlab"}[name[:2]]
        done = init(tmp_path, "--yes", "--only", only)
        assert (done.code, file.read_text()) == (0, text)
        assert f"{name}: add " in done.err

    def test_a_pipeline_includes_the_job(self, tmp_path: pathlib.Path) -> None:
        text = "# ours\nstages: [lint, deploy]\ninclude:\n  - local: a.yml\n"
        text += "job:\n  script: !reference [x]\n"
        (tmp_path / ".gitlab-ci.yml").write_text(text, encoding="utf-8")
        init(tmp_path, "--yes", "--only", "gitlab")
        added = "  - local: .gitlab/portlint.yml\n"
        assert files(tmp_path)[".gitlab-ci.yml"] == text.replace("a.yml\n", f"a.yml\n{added}")
        assert (
            yaml.safe_load(files(tmp_path)[".gitlab/portlint.yml"])["portlint"]["stage"] == "lint"
        )

    def test_a_pipeline_without_includes_gets_one(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / ".gitlab-ci.yml").write_text("job:\n  script: x", encoding="utf-8")
        init(tmp_path, "--yes", "--only", "gitlab")
        document = yaml.safe_load(files(tmp_path)[".gitlab-ci.yml"])
        assert document["include"] == [{"local": ".gitlab/portlint.yml"}]

    def test_a_workflow_that_runs_portlint_is_enough(self, tmp_path: pathlib.Path) -> None:
        folder = tmp_path / ".github" / "workflows"
        folder.mkdir(parents=True)
        (folder / "checks.yaml").write_text("jobs: {x: {steps: [{run: portlint check}]}}")
        assert init(tmp_path, "--yes", "--only", "github").out.startswith("nothing to do")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (".pre-commit-config.yaml", HOOKS),
            (".gitlab-ci.yml", "job:\n  script: x\n"),
            (".vscode/tasks.json", TASKS),
            ("pyproject.toml", '[project]\nname = "x"\n'),
        ],
    )
    def test_line_ends_stay_those_of_the_file(
        self, tmp_path: pathlib.Path, name: str, text: str
    ) -> None:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.replace("\n", "\r\n").encode())
        init(tmp_path, "--yes")
        data = file.read_bytes()
        assert b"portlint" in data and data.count(b"\n") == data.count(b"\r\n")

    @pytest.mark.parametrize("name", [".gitlab-ci.yml", "pyproject.toml"])
    def test_a_file_that_is_no_text_is_told_and_nothing_is_written(
        self, tmp_path: pathlib.Path, name: str
    ) -> None:
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        done = init(tmp_path, "--yes")
        assert done.code == 2 and f"{name}: is not text" in done.err
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: pathlib.Path) -> None:
        (tmp_path / ".vscode").touch()
        done = init(tmp_path, "--yes", "--only", "vscode")
        assert done.code == 2 and "tasks.json: cannot be" in done.err


class TestWhere:
    def test_the_other_host_is_left_out(self, tmp_path: pathlib.Path) -> None:
        repository = Repository(tmp_path / "x")
        repository.git("remote", "add", "origin", "git@github.com:acme/x.git")
        done = init(repository.folder, "--yes")
        assert "gitlab: left out, this is on github; --only gitlab writes it" in done.err
        assert not (repository.folder / ".gitlab-ci.yml").exists()
        init(repository.folder, "--yes", "--only", "gitlab")
        assert (repository.folder / ".gitlab-ci.yml").exists()

    def test_a_folder_inside_a_repository_gets_what_is_its_own(
        self, tmp_path: pathlib.Path
    ) -> None:
        repository = Repository(tmp_path / "x")
        inside = repository.folder / "packages" / "a"
        inside.mkdir(parents=True)
        done = init(inside, "--yes")
        assert list(files(inside)) == [".vscode/tasks.json", "portlint.toml"]
        assert "github: belongs to the root of the repository" in done.err

    def test_pushes_to_the_main_branch_are_checked(self, tmp_path: pathlib.Path) -> None:
        repository = Repository(tmp_path / "x")
        head = repository.folder / ".git/refs/remotes/origin/HEAD"
        head.parent.mkdir(parents=True)
        head.write_text("ref: refs/remotes/origin/develop\n")
        init(repository.folder, "--yes", "--only", "github")
        workflow = yaml.safe_load(files(repository.folder / ".github")["workflows/portlint.yml"])
        assert workflow[True]["push"]["branches"] == ["develop"]  # YAML 1.1 reads `on` as true

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--only", "jenkins"], "--only jenkins is not known"),
            (["nowhere"], "nowhere: there is no such folder"),
            (["--chip", "inf1"], "inf1 is retired"),
            (["--workload", "play"], "workload 'play' is not known"),
            (["--source", "https://github.com/acme/portlint"], "write git+URL@REVISION"),
            (["--source", 'portlint"; rm -rf /'], "write git+URL@REVISION"),
            (["--source", "portlynt==1"], "write git+URL@REVISION"),
        ],
    )
    def test_wrong_words_end_with_2(
        self, tmp_path: pathlib.Path, words: list[str], told: str
    ) -> None:
        done = init(tmp_path, "--yes", *words)
        assert (done.code, files(tmp_path)) == (2, {}) and told in done.err

    def test_names_that_would_move_the_cursor_are_shown_as_text(
        self, tmp_path: pathlib.Path
    ) -> None:
        (tmp_path / ".gitlab-ci.yml").write_text("job:\n  script: x # \x1b[2J\x9b\n")
        done = init(tmp_path, "--only", "gitlab")
        assert "\x1b" not in done.out and "\x9b" not in done.out

    def test_models_that_could_be_traced_are_listed(self, tmp_path: pathlib.Path) -> None:
        done = init(tmp_path, "--yes", "--only", "config")
        assert "models" not in done.out
        assert "encoder.py:model" in candidates(ROOT / "sample_models")
        (tmp_path / "net.py").write_text(
            "def net(): ...\ndef other(x): ...\ndef example_inputs(): ..."
        )
        (tmp_path / "portlint.toml").unlink()
        assert "  net.py:net\n" in init(tmp_path, "--yes", "--only", "config").out


class TestOrigin:
    @pytest.mark.parametrize(
        ("noted", "expected"),
        [
            (None, Origin(f"portlint=={__version__}")),
            (
                {"vcs": "git", "commit_id": "abc", "requested_revision": "v1.2.3"},
                Origin("portlint @ git+https://x/y@v1.2.3", "https://x/y", "v1.2.3"),
            ),
            (
                {"vcs": "git", "commit_id": "abc", "requested_revision": "main"},
                Origin("portlint @ git+https://x/y@abc", "https://x/y", "abc"),
            ),
        ],
    )
    def test_it_is_what_pip_noted(
        self, monkeypatch: pytest.MonkeyPatch, noted: dict[str, str] | None, expected: Origin
    ) -> None:
        text = json.dumps({"url": "https://x/y.git", "vcs_info": noted}) if noted else None

        class Installed:
            def read_text(self, name: str) -> str | None:
                return text

        monkeypatch.setattr(DISTRIBUTION, lambda name: Installed())
        assert origin(None, __version__) == (expected, None)

    def test_an_installation_from_a_folder_is_a_guess_and_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Installed:
            def read_text(self, name: str) -> str:
                return '{"url": "file:///x", "dir_info": {}}'

        monkeypatch.setattr(DISTRIBUTION, lambda name: Installed())
        found, remark = origin(None, __version__)
        assert found.requirement == f"portlint=={__version__}"
        assert remark is not None and "--source" in remark

    def test_only_github_has_the_action(self) -> None:
        assert origin(GIT, __version__)[0].action == "acme/portlint/.github/actions/portlint@v0.1.0"
        assert origin("git+ssh://git@host/a/b@v1", __version__)[0].action == ""
        with pytest.raises(UsageError):
            origin("git+https://x/y@", __version__)


class TestInsert:
    @pytest.mark.parametrize(
        "text",
        [
            "k:\n- a\n",
            "k:\n- a",
            "k:\n  - a\n  # after\nz: 1\n",
            "k:   # why\n    - a # b\n\n\nz: 1\n",
            "k:\n- a: |\n    text\n    more\n\nz: 1\n",
            "k:\n- a: |+\n    text\n\nz: 1\n",
            "k:\n- >-\n  folded\n",
            "k: []\nz: 1\n",
            "k:\n- [1,\n   2]\n- {a: 1,\n   b: 2}  # end\nz: 1\n",
            'k:\n- "a #"   # b\n',
            "k:\n- a:\n    - b:\n        - c\n# end",
            "a: 1\nk:\n- ünï\n",
        ],
    )
    def test_a_yaml_list_gets_one_item_more(self, text: str) -> None:
        made = inyaml.with_item(text, "k", "x: 1\ny:\n  - 2\n")
        assert made is not None
        before, after = yaml.safe_load(text), yaml.safe_load(made)
        before["k"] = [*before["k"], {"x": 1, "y": [2]}]
        assert after == before
        for line in text.replace("k: []", "k:").splitlines():
            assert line in made.splitlines()

    @pytest.mark.parametrize(
        "text", ["", "k: 1", "k: [1]", "- k", "k:", "z: 1", "k: &a [x]\n", "k: [\n", "\tk: []"]
    )
    def test_other_yaml_is_refused(self, text: str) -> None:
        assert inyaml.with_item(text, "k", "x: 1") is None

    @pytest.mark.parametrize(
        "text",
        [
            '{"k": [{"a": 1}]}',
            '{"k":[1]}',
            '{"k": []}',
            '{\n  "k": [\n    {"a": 1}, // x\n    // y\n  ], // z\n}',
            '{"k": [1, /* , ] */ 2 /* x */ , ]}',
            '{"a": "// no, ]", "k": ["\\"", "/* no */"]}',
            '\ufeff{"k": [1]}',
        ],
    )
    def test_a_json_list_gets_one_item_more(self, text: str) -> None:
        made = injson.with_item(text, "k", {"x": [1]})
        assert made is not None
        before, after = json.loads(blanked(text)), json.loads(blanked(made))
        assert after == before | {"k": [*before["k"], {"x": [1]}]}

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"k": 1}', "{k: []}", '{"k": [1,,]}', "nul"])
    def test_other_json_is_refused(self, text: str) -> None:
        assert injson.with_item(text, "k", {}) is None


def test_the_hook_of_its_own_is_that_of_the_manifest(tmp_path: pathlib.Path) -> None:
    portlint("init", "--yes", "--source", f"portlint=={__version__}", cwd=tmp_path)
    (repo,) = yaml.safe_load(files(tmp_path)[".pre-commit-config.yaml"])["repos"]
    (hook,) = repo["hooks"]
    (manifest,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook.pop("additional_dependencies") == [f"portlint=={__version__}"]
    assert hook.items() <= manifest.items()


@pytest.mark.parametrize("language", ["system", pytest.param("python", marks=[pytest.mark.slow])])
@pytest.mark.xdist_group("packaging")
def test_the_hook_it_writes_blocks_a_commit(tmp_path: pathlib.Path, language: str) -> None:
    source, revision = hooks(tmp_path / "hooks", language)
    repository = Repository(tmp_path / "repository")
    repository.write({"model.py": "import torch\n"})
    portlint(
        *("init", "--yes", "--source", f"git+{source.as_uri()}@{revision}"),
        cwd=repository.folder,
    )
    done = repository.run(sys.executable, "-m", "pre_commit", "install")
    assert done.returncode == 0, done.stdout
    assert repository.commit({}).returncode == 0
    done = repository.commit({"model.py": CUDA})
    assert done.returncode == 1 and "model.py:3:30: breaks NEU102 " in done.stderr
    assert repository.commits == 1


def test_the_commands_of_a_workflow_without_the_action_run(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.py").write_text(CUDA, encoding="utf-8")
    portlint("init", "--yes", "--source", f"portlint=={__version__}", cwd=tmp_path)
    workflow = yaml.safe_load(files(tmp_path)[".github/workflows/portlint.yml"])
    steps = workflow["jobs"]["portlint"]["steps"]
    _, audit, summary = [step["run"] for step in steps if "run" in step]
    env = environment(tmp_path) | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    codes = [
        subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=env).returncode
        for script in (audit, summary)
    ]
    assert codes == [1, 0]
    assert "NEU102" in (tmp_path / "summary").read_text(encoding="utf-8")
    assert "NEU102" in (tmp_path / "portlint.sarif").read_text(encoding="utf-8")


def test_init_is_imported_by_its_command_only() -> None:
    importlib.import_module("portlint.cli")
    code = "import portlint.cli, sys; print([m for m in sys.modules if 'portlint.init' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n"
