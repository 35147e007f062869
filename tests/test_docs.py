"""What README.md and CONTRIBUTING.md tell is so: outputs, flags, commands, formats, keys, files."""

import pathlib
import re
from collections import Counter

import pytest

from portlint import config
from portlint.baseline import file as baseline
from portlint.catalog import shipped
from portlint.cli import LATER, cli
from portlint.config import Table
from portlint.model import Target
from portlint.overlay import FOLDER
from portlint.render import FORMATS
from portlint.row import COLUMNS
from tests.readme import README, ROOT, Shown, output, shown

TEXT = README.read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BORROWED = frozenset(
    "--index-url --extra-index-url --editable --constraint --all-models --require-browser "
    "--require-consumers --require-editor --full --try".split()
)
"""Flags of pip, of the tests themselves and of the bench."""
CODE = "\n".join(
    a or b for a, b in re.findall(r"^```\w*\n(.*?)^```|`([^`\n]+)`", TEXT, re.S | re.M)
)
"""What stands in code blocks and between backticks."""
COMMANDS = {name: command for name, command in cli.commands.items() if name not in LATER}


def section(title: str) -> str:
    """The text below a heading, up to the next of its level."""
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert match is not None, f"README.md has no section {title}"
    return match[1]


@pytest.mark.parametrize("block", shown(), ids=lambda block: block.command)
def test_a_command_prints_what_the_readme_shows(block: Shown) -> None:
    assert output(block.command) == block.output, "run `make readme`"


def test_the_readme_shows_output_of_check_and_of_audit() -> None:
    assert {block.command.split()[0] for block in shown()} >= {"check", "audit"}


def test_every_flag_the_documents_name_exists() -> None:
    known = {"--help", "--version"} | {
        flag
        for command in COMMANDS.values()
        for leaf in getattr(command, "commands", {"": command}).values()
        for option in leaf.params
        for flag in [*option.opts, *option.secondary_opts]
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT + CONTRIBUTING))
    assert named - BORROWED <= known


def test_every_command_of_this_version_is_in_the_readme() -> None:
    named = set(re.findall(r"portlint ([a-z]+)", CODE))
    assert set(COMMANDS) <= named
    assert named <= set(COMMANDS) | set(LATER)


def test_every_format_is_in_the_readme() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \|", section("Formats"), re.MULTILINE)) == set(FORMATS)


def test_every_configuration_key_is_in_the_readme() -> None:
    keys = {name.replace("_", "-") for name in Table.__struct_fields__}
    assert set(re.findall(r"^([a-z-]+) = ", section("Configuration"), re.MULTILINE)) == keys


def test_the_configuration_in_the_readme_is_accepted(tmp_path: pathlib.Path) -> None:
    match = re.search(r"```toml\n(.*?)```", section("Configuration"), re.DOTALL)
    assert match is not None
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "operators.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    target = Target(chip="trn2", stack="native-eager", sdk="2.33", workload="both")
    baseline.write(tmp_path / "portlint-baseline.json", target, Counter())
    file = tmp_path / "pyproject.toml"
    file.write_text(match[1], encoding="utf-8")
    settings, remark = config.read((tmp_path,), {}, None, shipped().rules)
    assert (settings.max_score, remark) == (60, None)


def test_every_rule_the_readme_names_exists() -> None:
    assert set(re.findall(r"NEU\d{3}", TEXT)) <= set(shipped().rules)


def test_every_make_target_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)`", TEXT + CONTRIBUTING)) <= targets


def test_every_file_the_documents_link_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT + CONTRIBUTING)
    assert [link for link in links if not (ROOT / link).exists()] == []
