"""docs/ci.md: what GitHub, GitLab and pre-commit read of it, and what the action takes."""

import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from portlint.cli import cli

ROOT = pathlib.Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / ".github/actions/portlint/action.yml").read_text(encoding="utf-8"))
BORROWED = {"--edit-last", "--create-if-none", "--body-file"}
"""Flags of gh."""


def block(title: str) -> str:
    """The first YAML below a heading."""
    match = re.search(rf"^## {title}\n.*?^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert match is not None
    return match[1]


def named(head: str) -> set[str]:
    """The names in the first column of a table."""
    match = re.search(rf"^\| {head} \|.*\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert match is not None
    cells = [line.split("|")[1] for line in match[1].splitlines()[1:]]
    return set(re.findall(r"`([a-z-]+)`", " ".join(cells)))


@pytest.mark.parametrize(
    ("title", "schema"),
    [("GitHub", "vendor.github-workflows"), ("GitLab", "vendor.gitlab-ci")],
)
def test_its_pipelines_are_what_the_hosts_read(
    title: str, schema: str, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(block(title), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_hook_is_what_pre_commit_reads(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(block("pre-commit"), encoding="utf-8")
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_has_the_inputs_and_outputs_that_are_told() -> None:
    assert named("input") == set(ACTION["inputs"])
    assert named("output") == set(ACTION["outputs"])
    (step,) = [
        step
        for step in yaml.safe_load(block("GitHub"))["jobs"]["portlint"]["steps"]
        if "/portlint/" in step.get("uses", "")
    ]
    assert step["with"].keys() <= ACTION["inputs"].keys()


def test_every_flag_it_names_exists() -> None:
    flags = {
        flag
        for command in cli.commands.values()
        for option in command.params
        for flag in option.opts
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) - BORROWED <= flags


def test_its_table_of_exit_codes_is_that_of_the_readme() -> None:
    table = re.compile(r"^\| code \| means \|\n(?:\|.*\n)+", re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [m[0] for m in table.finditer(TEXT)] == [m[0] for m in table.finditer(readme)]


def test_every_file_it_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links and [link for link in links if not (ROOT / "docs" / link).exists()] == []
