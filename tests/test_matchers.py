"""Problem matchers: what GitHub and VS Code make of the lines that `concise` prints."""

import json
import pathlib
import re
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from portlint import matchers
from portlint.model import CONTEXTS, IMPACTS, Finding
from portlint.render import Style
from portlint.render.concise import line
from portlint.render.words import visible
from tests import npm, reports
from tests.invoke import portlint

ROOT = pathlib.Path(__file__).parent.parent
PATHS = (
    "model.py",
    "a folder/a b.py",
    "数据/模型 ü😀.py",
    "odd: names: 12:3: here.py",
    "[x] (y) {z}/f(1).py",
    "C:\\code\\my repo\\model.py",
    "C:/code/model.py",
    "breaks NEU101 x.py",
    'it\'s "quoted" 100%.py',
    "Dockerfile",
)
MESSAGES = (
    "`torch.cuda.Stream` raises RuntimeError on a Neuron host",
    "see b.py:3:4: breaks NEU118 (test) no",
    "a (test) in the middle, (guarded)",
    "数 😀 [guarded: `except ImportError` (line 1)]",
    "(tests) are no mark",
    "x" * 10_000,
)
LEVELS = {"breaks": "error", "accuracy": "warning", "slow": "warning", "info": "rest"}


class Problem(NamedTuple):
    """What a host shows; `level` is error, warning or rest, which each host has a word for."""

    file: str
    line: int
    column: int
    code: str
    message: str
    level: str


def style(prefix: str = "") -> Style:
    return Style(rules={}, prefix=prefix)


def finding(**fields: object) -> Finding:
    return msgspec.structs.replace(reports.finding(1), context="live", **fields)


def expected(f: Finding, prefix: str = "") -> Problem:
    counts = f.context == "live"
    message = " ".join(f.message.split()) if counts else f"({f.context}) {f.message}"
    level = LEVELS[f.impact] if counts else "rest"
    return Problem(visible(prefix + f.path), f.line, f.column, f.rule, visible(message), level)


FINDINGS = [
    msgspec.structs.replace(finding(path=path, impact=impact, line=7, column=31), context=context)
    for path in PATHS
    for impact in IMPACTS
    for context in CONTEXTS
] + [finding(message=message, impact=impact) for message in MESSAGES for impact in IMPACTS]


def github(text: str) -> list[Problem]:
    """What the runner makes of a line, by every matcher that fits it.

    As in actions/runner, IssueMatcher.cs and OutputManager.cs: .NET's ECMAScript expressions, whose
    `\\d` is ASCII; a severity that is not error, warning or notice makes no annotation at all.
    """
    words = {"error": "error", "warning": "warning", "notice": "rest"}
    problems = []
    for matcher in json.loads(matchers.github())["problemMatcher"]:
        (pattern,) = matcher["pattern"]
        found = re.search(pattern["regexp"], text, re.ASCII)
        if found:
            file, where, column, code, message = (
                found[pattern[name]] for name in ("file", "line", "column", "code", "message")
            )
            level = words[matcher["severity"]]
            problems.append(Problem(file, int(where), int(column), code, message, level))
    return problems


def vscode(lines: Sequence[str], required: bool) -> list[Problem | None]:
    """What VS Code makes of lines, under Node.js."""
    given = json.dumps({"matchers": matchers.vscode(), "lines": list(lines)})
    program = [npm.node(required), str(ROOT / "tests/data/problems.mjs")]
    done = subprocess.run(program, input=given, capture_output=True, encoding="utf-8", check=True)
    return [_problem(shown) for shown in json.loads(done.stdout)]


def _problem(shown: dict[str, Any] | None) -> Problem | None:
    if shown is None:
        return None
    level = "rest" if shown["severity"] == "info" else shown["severity"]
    return Problem._make([*(shown[name] for name in Problem._fields[:-1]), level])


@pytest.mark.parametrize("prefix", ["", "sub folder/"])
def test_github_reads_every_line_in_one_way(prefix: str) -> None:
    for f in FINDINGS:
        assert github(line(f, style(prefix))) == [expected(f, prefix)]


def test_vscode_reads_every_line(consumers: bool) -> None:
    lines = [line(f, style()) for f in FINDINGS]
    assert vscode(lines, consumers) == [expected(f) for f in FINDINGS]


def test_what_is_no_finding_is_no_problem(consumers: bool) -> None:
    others = [
        "12 findings (4 breaks, 7 accuracy, 1 slow) for trn2, native-eager, SDK 2.33",
        "note: portlint.toml:3:4: unknown key",
        "model.py:1:2: error: Incompatible types",
        "model.py:1:2: breaks E501 line too long",
        "",
    ]
    assert [github(text) for text in others] == [[]] * len(others)
    assert vscode(others, consumers) == [None] * len(others)


@hypothesis.given(st.sampled_from(FINDINGS), st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_path_and_a_message_hold_a_line_is_one_problem(
    f: Finding, path: str, message: str
) -> None:
    hypothesis.assume(message.strip())
    f = msgspec.structs.replace(f, path=path, message=message)
    text = line(f, style())
    assert len(text.splitlines()) == 1
    (problem,) = github(text)
    if f.context == "live" and not message.split()[0].startswith("("):
        assert problem == expected(f)


def test_a_message_cannot_pretend_to_be_another_place() -> None:
    f = finding(path="a.py", message="x /etc/passwd:1:2: info NEU101 (test) fine", impact="breaks")
    assert [(p.file, p.level) for p in github(line(f, style()))] == [("a.py", "error")]


def test_a_context_that_counts_is_no_mark() -> None:
    f = msgspec.structs.replace(finding(impact="breaks"), context="test")
    text = line(f, style()._replace(counted=frozenset({"live", "test"})))
    assert [p.level for p in github(text)] == ["error"]


def test_both_hosts_have_the_same_expressions() -> None:
    ours = [m["pattern"][0] for m in json.loads(matchers.github())["problemMatcher"]]
    assert ours == [m["pattern"] for m in matchers.vscode()]


def test_the_runner_takes_the_file() -> None:
    known = json.loads(matchers.github())["problemMatcher"]
    owners = [matcher["owner"] for matcher in known]
    assert len({owner.lower() for owner in owners}) == len(owners)
    for matcher in known:
        (pattern,) = matcher["pattern"]
        groups = re.compile(pattern["regexp"]).groups
        assert all(0 < n <= groups for name, n in pattern.items() if name != "regexp")


def test_init_writes_them_into_the_task(tmp_path: pathlib.Path) -> None:
    done = portlint("init", "--yes", "--only", "vscode", cwd=tmp_path)
    assert done.code == 0, done.err
    (task,) = json.loads((tmp_path / ".vscode/tasks.json").read_text(encoding="utf-8"))["tasks"]
    assert task["problemMatcher"] == matchers.vscode() and "concise" in task["args"]


def test_a_path_leads_from_where_portlint_was_started(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "x.py").write_text("import torch\ntorch.cuda.Stream()\n", encoding="utf-8")
    done = portlint("check", "a b", "--format", "concise", cwd=tmp_path)
    assert [p.file for text in done.out.splitlines() for p in github(text)] == ["a b/x.py"]


def test_the_repository_has_a_copy_where_workflows_look_for_it() -> None:
    copy = ROOT / ".github/portlint-matcher.json"
    if not copy.parent.is_dir():
        pytest.skip("no .github: this is an sdist")
    assert copy.read_text(encoding="utf-8") == matchers.github()
