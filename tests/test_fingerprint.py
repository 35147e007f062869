"""Fingerprints: what a finding keeps when the file around it changes."""

import pathlib

import pytest

from portlint.model import Finding
from tests import stub

CODE = """\
import torch


def f():
    a = torch.cuda.Stream()
    b = torch.cuda.Stream()
    return a, b


def g():
    a = torch.cuda.Stream()
    return a
"""


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use_stub_rules(monkeypatch)


def findings(folder: pathlib.Path, text: str, name: str = "a.py") -> tuple[Finding, ...]:
    return stub.report(stub.write(folder / "repo", {name: text})).findings


def prints(folder: pathlib.Path, text: str, name: str = "a.py") -> list[str]:
    return [finding.fingerprint for finding in findings(folder, text, name)]


def test_each_finding_has_its_own(tmp_path: pathlib.Path) -> None:
    found = prints(tmp_path, CODE)
    assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import torch\n", "# a licence\n\nimport os\nimport torch\n"),
        ("    return a, b\n", "    print(a)\n\n    return a, b\n"),
        ("    a = torch", "    if True:\n        a = torch"),
        ("a = torch.cuda.Stream()\n    b", "a  =  torch.cuda.Stream()\n    b"),
        ("\n", "\r\n"),
    ],
)
def test_it_survives(old: str, new: str, tmp_path: pathlib.Path) -> None:
    before = prints(tmp_path, CODE)
    assert prints(tmp_path, CODE.replace(old, new)) == before


def test_the_nth_repeat_of_a_line_is_told_apart(tmp_path: pathlib.Path) -> None:
    first, second, third = prints(tmp_path, CODE)
    without = CODE.replace("    a = torch.cuda.Stream()\n", "", 1)
    assert prints(tmp_path, without) == [second, first]
    assert third not in prints(tmp_path, without)


def test_two_findings_on_one_line(tmp_path: pathlib.Path) -> None:
    text = "import torch\nx = torch.cuda.Stream(), torch.cuda.Stream(), torch.float64\n"
    found = prints(tmp_path, text)
    assert len(set(found)) == 3


def test_another_file_or_another_line_is_another_finding(tmp_path: pathlib.Path) -> None:
    line = "import torch\nx = torch.cuda.Stream()\n"
    (one,) = prints(tmp_path / "1", line)
    (renamed,) = prints(tmp_path / "2", line, "b.py")
    (changed,) = prints(tmp_path / "3", line.replace("x =", "y ="))
    assert len({one, renamed, changed}) == 3


def test_it_does_not_depend_on_the_target(tmp_path: pathlib.Path) -> None:
    from portlint import catalog, config, engine

    root = stub.write(tmp_path / "repo", {"a.py": CODE, "portlint.toml": ""})
    seen = set()
    for chip in ("trn2", "inf2"):
        settings, _ = config.read((root,), {"chip": chip}, None, catalog.shipped().rules)
        found = engine.run(settings).report.findings
        seen.add(tuple(f.fingerprint for f in found if f.rule == "NEU110"))
    assert len(seen) == 1
