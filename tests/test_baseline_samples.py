"""A baseline of a sample, under the rules that ship: what it hides, and what it leaves as it is."""

import pathlib
import shutil
from typing import Any

import pytest

from tests.invoke import portlint
from tests.scratch import Repository

SAMPLE = pathlib.Path(__file__).parent.parent / "sample_models" / "flash_gpt"
FILE = "portlint-baseline.json"


@pytest.fixture
def sample(tmp_path: pathlib.Path) -> Repository:
    """The sample as a repository, with a baseline."""
    shutil.copytree(SAMPLE, tmp_path / "repo")
    made = Repository(tmp_path / "repo")
    made.commit({"portlint.toml": ""})
    portlint("check", "--write-baseline", FILE, cwd=made.folder)
    return made


def audit(sample: Repository, *flags: str) -> Any:
    return portlint("audit", "--matrix", "--format", "json", *flags, cwd=sample.folder).json


@pytest.mark.parametrize("flags", [["--baseline", FILE], ["--diff-base", "HEAD"]])
def test_an_audit_speaks_of_the_whole(flags: list[str], sample: Repository) -> None:
    plain, found = audit(sample), audit(sample, *flags)
    assert {f["baselined"] for f in found["findings"]} == {True}
    assert found["summary"].pop("hidden") == len(plain["findings"]) > plain["summary"].pop("hidden")
    assert found["summary"].pop("new") == 0 < plain["summary"].pop("new")
    for finding in found["findings"]:
        finding["baselined"] = False
    assert found == plain


def test_a_cuda_call_is_found_alone(sample: Repository) -> None:
    text = (sample.folder / "train.py").read_text()
    place = text.index("\ndef ")
    more = "\n\nSCALE = torch.ones(1).cuda()\n"
    sample.write({"train.py": "# a licence\n" * 10 + text[:place] + more + text[place:]})
    for flags in (["--baseline", FILE], ["--diff-base", "HEAD"]):
        found = audit(sample, *flags)
        new = [f for f in found["findings"] if not f["baselined"]]
        assert [(f["rule"], f["path"]) for f in new] == [("NEU102", "train.py")]
        assert found["summary"]["new"] == 1 and "SCALE" in new[0]["snippet"]
