"""The GitHub action: its file is right, and its steps do what they say, hostile inputs too."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from portlint import __version__
from tests.runner import Ran, Runner

ROOT = pathlib.Path(__file__).parent.parent
ACTION = ROOT / ".github" / "actions" / "portlint" / "action.yml"
TEXT = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
CUDA = "import torch\n\nside = torch.nn.Linear(2, 2).cuda()\n"
HOSTILE = [
    "a b.py",
    'quote".py',
    "quote'.py",
    "$(touch ran).py",
    "`touch ran`.py",
    "; touch ran;.py",
    "-rf.py",
    "${{ github.token }}.py",
    "größe:1:2.py",
]


@pytest.fixture
def repo(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "work space"
    folder.mkdir()
    (folder / "portlint.toml").touch()
    (folder / "model.py").write_text(CUDA, encoding="utf-8")
    return folder


def run(repo: pathlib.Path, **inputs: str) -> Ran:
    """The action on a repository, with the portlint of this environment."""
    temp = repo.parent / "runner's temp"
    shutil.rmtree(temp, ignore_errors=True)
    temp.mkdir()
    return Runner(ACTION, repo, temp).run(
        **({"python": sys.executable, "version": "none", "paths": "."} | inputs)
    )


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = TEXT["runs"]["steps"]
    return found


class TestTheFile:
    @pytest.mark.parametrize(
        ("schema", "file"),
        [
            ("vendor.github-actions", ACTION),
            *(("vendor.github-workflows", f) for f in (ROOT / ".github/workflows").glob("*.yml")),
        ],
        ids=str,
    )
    def test_it_is_what_github_reads(self, schema: str, file: pathlib.Path) -> None:
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_every_script_names_its_shell_and_holds_no_expression(self) -> None:
        scripts = [step for step in steps() if "run" in step]
        assert len(scripts) == 2
        for step in scripts:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]

    def test_what_it_uses_of_others_is_pinned_to_a_commit(self) -> None:
        used = re.findall(r"uses: (\S+)  # v[\d.]+$", ACTION.read_text(), re.MULTILINE)
        assert used == [step["uses"] for step in steps() if "uses" in step]
        assert all(re.fullmatch(r"actions/cache/(restore|save)@[0-9a-f]{40}", u) for u in used)

    def test_what_was_found_is_restored_and_kept_in_the_folder_that_portlint_uses(self) -> None:
        folder = "${{ runner.temp }}/portlint-cache"
        assert [step["with"]["path"] for step in steps() if "uses" in step] == [folder, folder]
        (used,) = (s["env"]["PORTLINT_CACHE_DIR"] for s in steps() if s.get("id") == "audit")
        assert used == folder

    def test_every_input_reaches_a_script_and_every_output_comes_from_one(self) -> None:
        passed = re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", ACTION.read_text())
        assert sorted(passed) == sorted(TEXT["inputs"])
        for name, output in TEXT["outputs"].items():
            assert output["value"] == f"${{{{ steps.audit.outputs.{name} }}}}"

    def test_the_scripts_have_no_fault_that_shellcheck_knows(self, consumers: bool) -> None:
        program = shutil.which("shellcheck")
        if program is None and consumers:
            pytest.fail("no shellcheck: install the package")
        if program is None:
            pytest.skip("no shellcheck: install the package")
        scripts = list(ACTION.parent.glob("*.sh"))
        done = subprocess.run([program, *scripts], capture_output=True, text=True)
        assert len(scripts) == 2 and done.returncode == 0, done.stdout


class TestARun:
    def test_findings_are_annotations_outputs_a_summary_and_files(self, repo: pathlib.Path) -> None:
        done = run(repo)
        assert done.code == 1
        assert "::error title=NEU102 " in done.log and "file=model.py,line=3" in done.log
        outputs = done.outputs
        assert outputs["difficulty"] == "easy" and int(outputs["score"]) > 0
        assert re.fullmatch(r"[\d.]+-[\d.]+", outputs["hours"])
        assert outputs["new"] == "1"
        sarif = json.loads(pathlib.Path(outputs["sarif"]).read_text(encoding="utf-8"))
        assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["NEU102"]
        comment = pathlib.Path(outputs["comment"]).read_text(encoding="utf-8")
        assert done.summary == comment and "NEU102" in comment

    def test_what_was_found_is_kept_for_the_next_run(self, repo: pathlib.Path) -> None:
        temp = repo.parent / "runner's temp"
        first = run(repo)
        assert "kept=true" in (temp / "output").read_text(encoding="utf-8")
        assert list((temp / "portlint-cache").glob("run-*.bin"))
        assert first.outputs["new"] == "1"

    def test_the_repository_gets_nothing_that_was_not_asked_for(self, repo: pathlib.Path) -> None:
        before = sorted(repo.rglob("*"))
        run(repo)
        assert sorted(repo.rglob("*")) == before

    def test_files_go_where_the_inputs_say(self, repo: pathlib.Path) -> None:
        done = run(repo, sarif="out.sarif", comment="note.md")
        assert (done.outputs["sarif"], done.outputs["comment"]) == ("out.sarif", "note.md")
        assert (repo / "out.sarif").is_file() and (repo / "note.md").is_file()

    def test_a_clean_repository_passes(self, repo: pathlib.Path) -> None:
        (repo / "model.py").write_text("import torch\n", encoding="utf-8")
        done = run(repo)
        assert (done.code, done.outputs["new"], done.outputs["score"]) == (0, "0", "0")
        assert done.outputs["difficulty"] == "ready" and done.summary

    @pytest.mark.parametrize(
        ("inputs", "code"),
        [
            ({"fail_on": "never"}, 0),
            ({"fail_on": "never", "max_score": "0"}, 1),
            ({"chip": "inf2", "stack": "xla", "workload": "inference"}, 1),
        ],
    )
    def test_inputs_are_flags(self, repo: pathlib.Path, inputs: dict[str, str], code: int) -> None:
        done = run(repo, **inputs)
        assert done.code == code, done.log
        report = repo.parent / "runner's temp" / "portlint" / "report.json"
        target = json.loads(report.read_text(encoding="utf-8"))["target"]
        assert target["chip"] == inputs.get("chip", "trn2")

    def test_paths_come_one_a_line(self, repo: pathlib.Path) -> None:
        for name in ("a", "b c", "d"):
            (repo / name).mkdir()
            (repo / name / "model.py").write_text(CUDA, encoding="utf-8")
        done = run(repo, paths="a\nb c\n\n")
        assert done.outputs["new"] == "2"
        assert "file=b c/model.py" in done.log and "file=d/" not in done.log

    def test_without_annotations_the_log_has_plain_lines(self, repo: pathlib.Path) -> None:
        done = run(repo, annotations="false")
        assert "::" not in done.log
        assert "model.py:3:30: breaks NEU102 " in done.log

    @pytest.mark.parametrize(
        ("inputs", "words"),
        [
            ({"paths": "nowhere"}, "nowhere: there is no such file or folder"),
            ({"chip": "inf1"}, "inf1 is retired"),
            ({"annotations": "maybe"}, "annotations: write true or false"),
        ],
    )
    def test_a_wrong_input_ends_with_2_and_a_sentence(
        self, repo: pathlib.Path, inputs: dict[str, str], words: str
    ) -> None:
        done = run(repo, **inputs)
        assert done.code == 2 and words in done.log
        assert not any(done.outputs.values())

    def test_a_run_that_did_not_finish_says_so_in_the_summary(self, repo: pathlib.Path) -> None:
        assert "did not finish (exit code 2)" in run(repo, paths="nowhere").summary

    def test_what_an_earlier_step_of_the_job_wrote_is_not_taken_for_this_ones(
        self, repo: pathlib.Path
    ) -> None:
        temp = repo.parent / "temp"
        temp.mkdir()
        inputs = {"python": sys.executable, "version": "none"}
        assert Runner(ACTION, repo, temp).run(**inputs).outputs["new"] == "1"
        again = Runner(ACTION, repo, temp).run(**inputs, paths="nowhere")
        assert again.outputs["new"] == ""

    def test_a_summary_stays_below_what_the_host_keeps(self, tmp_path: pathlib.Path) -> None:
        comment, summary = tmp_path / "comment.md", tmp_path / "summary.md"
        comment.write_text("é" * 2**20, encoding="utf-8")
        script = ACTION.parent / "outputs.py"
        subprocess.run(
            [sys.executable, script, tmp_path / "none", "", comment, "0"],
            env={"GITHUB_STEP_SUMMARY": str(summary), "PYTHONUTF8": "1"},
            check=True,
        )
        assert 1_000_000 < len(summary.read_bytes()) < 2**20
        assert set(summary.read_text(encoding="utf-8")) == {"é"}


class TestHostileInputs:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_path_is_a_path(self, repo: pathlib.Path, name: str) -> None:
        (repo / name).write_text(CUDA, encoding="utf-8")
        done = run(repo, paths=name)
        assert (done.code, done.outputs["new"]) == (1, "1"), done.log
        assert not list(repo.parent.rglob("ran"))

    @pytest.mark.parametrize("name", sorted(set(TEXT["inputs"]) - {"python", "version", "paths"}))
    def test_no_input_is_run(self, repo: pathlib.Path, name: str) -> None:
        value = "$(touch ran)'\";touch ran;`touch ran`\ntouch ran"
        done = run(repo, **{name.replace("-", "_"): value})
        assert done.code in (0, 1, 2)
        assert not list(repo.parent.rglob("ran"))
        assert "Traceback" not in done.log

    def test_a_path_with_a_line_break_makes_no_output_of_its_own(self, repo: pathlib.Path) -> None:
        done = run(repo, sarif="x.sarif\nscore=100\nmine<<E\nE")
        assert done.outputs["sarif"] == "x.sarif\nscore=100\nmine<<E\nE"
        assert done.outputs["score"] != "100"

    @pytest.mark.parametrize("name", ["portlint", "pip", "json", "click", "yaml", "venv", "uuid"])
    def test_nothing_of_the_repository_is_imported(self, repo: pathlib.Path, name: str) -> None:
        (repo / f"{name}.py").write_text("open('ran', 'w')\n", encoding="utf-8")
        assert run(repo).code == 1
        assert not (repo / "ran").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
def test_it_installs_the_portlint_of_its_own_revision(repo: pathlib.Path) -> None:
    (repo / "pip.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    done = run(repo, python="", version="")
    assert done.code == 1, done.log
    assert f"portlint {__version__}" in done.log and done.outputs["new"] == "1"
    assert not (repo / "ran").exists()
    assert (repo.parent / "runner's temp" / "portlint-env").is_dir()


def test_an_old_python_is_refused_in_words(repo: pathlib.Path, tmp_path: pathlib.Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = run(repo, python=str(old))
    assert done.code == 2 and "needs Python 3.11 or newer" in done.log
