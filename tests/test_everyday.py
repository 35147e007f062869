"""A repository through its days: set up, baseline, a change with something new, its commit, CI."""

import json
import pathlib
import sys
from typing import Any

import pytest

from tests.invoke import portlint
from tests.runner import Runner
from tests.scratch import Repository, hooks

ACTION = pathlib.Path(__file__).parent.parent / ".github" / "actions" / "portlint" / "action.yml"
OLD = """\
import torch

net = torch.nn.Linear(2, 2).cuda()
side = torch.cuda.Stream()
"""
NEW = "\n\ndef more():\n    return torch.zeros(2).cuda()\n"
BASELINE = "portlint-baseline.json"


def findings(folder: pathlib.Path, *words: str) -> list[tuple[str, int, str]]:
    """Path, line and rule of what `concise` prints: what is new."""
    lines = portlint("check", "-q", "--format", "concise", *words, cwd=folder).out.splitlines()
    parts = [line.split(":", 3) for line in lines]
    return [(path, int(line), rest.split()[1]) for path, line, _, rest in parts]


def sarif(folder: pathlib.Path) -> list[dict[str, Any]]:
    """The results of a run, with what the baseline had among them."""
    log = portlint("check", "--format", "sarif", cwd=folder).json
    results: list[dict[str, Any]] = log["runs"][0]["results"]
    return results


def fingerprints(results: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(r["ruleId"], json.dumps(r["partialFingerprints"])) for r in results}


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> Repository:
    """One commit: old code, the set-up as `init` writes it, a baseline, and the hook in force."""
    source, revision = hooks(tmp_path / "hooks", language="system")
    made = Repository(tmp_path / "repository")
    made.write({"src/model.py": OLD})
    words = ("init", "--yes", "--source", f"git+{source.as_uri()}@{revision}")
    assert portlint(*words, cwd=made.folder).code == 0
    assert portlint("check", "--write-baseline", BASELINE, cwd=made.folder).code == 0
    settings = made.folder / "portlint.toml"
    settings.write_text(settings.read_text() + f'baseline = "{BASELINE}"\n')
    assert made.run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    done = made.commit({})
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_from_a_baseline_to_a_change_that_ci_reports(
    repository: Repository, tmp_path: pathlib.Path
) -> None:
    folder = repository.folder
    assert repository.commits == 1
    assert portlint("check", cwd=folder).code == 0
    assert findings(folder) == []

    # what is new is found alone, and what was there keeps its fingerprints ten lines further down
    before = fingerprints(sarif(folder))
    moved = "# a line\n" * 10 + OLD
    repository.write({"src/model.py": moved + NEW})
    line = (moved + NEW).splitlines().index("    return torch.zeros(2).cuda()") + 1
    new = [("src/model.py", line, "NEU102")]
    assert findings(folder) == new
    assert portlint("check", cwd=folder).code == 1
    after = sarif(folder)
    assert len(before) >= 2 and before < fingerprints(after)
    assert len(fingerprints(after)) == len(before) + 1
    suppressed = [r for r in after if r.get("suppressions")]
    assert fingerprints(suppressed) == before

    # the hook blocks the commit, and says the line that is new, and no other
    done = repository.commit({})
    assert done.returncode == 1 and repository.commits == 1
    (told,) = [text for text in done.stderr.splitlines() if "breaks" in text]
    assert told.startswith(f"src/model.py:{line}:")

    # forced through, it is what the change brought
    repository.git("commit", "--quiet", "--no-verify", "--message", "more")
    assert repository.commits == 2
    assert findings(folder, "--no-baseline", "--diff-base", "HEAD~1") == new

    # and CI shows it: with the baseline of the configuration, and with the revision instead
    for inputs in ({}, {"diff_base": "HEAD~1"}):
        temp = tmp_path / "-".join(["runner", *inputs])
        temp.mkdir()
        ran = Runner(ACTION, folder, temp).run(python=sys.executable, version="none", **inputs)
        assert ran.code == 1, ran.log
        assert ran.outputs["new"] == "1"
        assert ran.outputs["difficulty"] and int(ran.outputs["score"]) > 0
        errors = [text for text in ran.log.splitlines() if text.startswith("::error")]
        assert len(errors) == 1 and f"file=src/model.py,line={line}" in errors[0]
        assert "NEU102" in ran.summary
        assert pathlib.Path(ran.outputs["sarif"]).is_file()

    # once it is gone, the next commit passes
    assert repository.commit({"src/model.py": moved}).returncode == 0
    assert repository.commits == 3


def test_the_hook_says_nothing_of_a_baseline_that_other_files_are_in(
    repository: Repository,
) -> None:
    assert repository.commit({"src/other.py": "import torch\n"}).returncode == 0
    done = portlint("check", "--root", ".", "src/other.py", cwd=repository.folder)
    assert done.code == 0 and BASELINE not in done.out + done.err
