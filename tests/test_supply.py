"""What is installed to check a change is pinned, hashed, and in step with pyproject.toml."""

import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lock import APART, EDITABLE, blocks, name

ROOT = pathlib.Path(__file__).parent.parent
LOCKS = ("ci.txt", "audit.txt")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
DIRECT = [*PROJECT["project"]["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").split()
OPEN = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Unlicense", re.I)
WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))


def locked(file: str) -> dict[str, str]:
    """Name and version (with its marker) of each package -> its hashes."""
    lines = (ROOT / "requirements" / file).read_text("utf-8").splitlines()
    return blocks("\n".join(line for line in lines if not line.startswith("#")))


def pins(file: str) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in locked(file):
        found.setdefault(name(line), []).append(Requirement(line))
    return found


@pytest.mark.parametrize("file", LOCKS)
class TestALock:
    def test_names_one_version_of_each_package_and_its_hashes(self, file: str) -> None:
        assert len(locked(file)) > 20
        for line, block in locked(file).items():
            assert re.fullmatch(r"[a-z0-9.-]+==[^ ;]+( ; .+)?", line), line
            _, *hashes = [part.strip(" \\") for part in block.splitlines()]
            assert hashes, line
            assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), line

    def test_names_no_index_and_no_file(self, file: str) -> None:
        text = (ROOT / "requirements" / file).read_text("utf-8")
        assert not re.search(r"://| @ |--(extra-)?index|--find-links|--trusted|^-e|^\.", text, re.M)

    def test_has_one_version_for_each_python(self, file: str) -> None:
        for python in ("3.11.7", "3.12.1", "3.13.0"):
            here: dict[str, str] = {name: str(x) for name, x in default_environment().items()}
            here |= {"python_full_version": python, "python_version": python.rpartition(".")[0]}
            for package, found in pins(file).items():
                fit = [one for one in found if one.marker is None or one.marker.evaluate(here)]
                assert len(fit) <= 1, package


class TestTheLockOfTheProject:
    @pytest.mark.parametrize("direct", DIRECT)
    def test_has_every_direct_dependency_within_its_bounds(self, direct: str) -> None:
        wanted = Requirement(direct)
        if APART.fullmatch(wanted.name):
            held = {Requirement(line).name: Requirement(line) for line in CONSTRAINTS}
            assert [*wanted.specifier.filter(v.version for v in held[wanted.name].specifier)]
            return
        found = pins("ci.txt")[canonicalize_name(wanted.name)]
        for one in found:
            (version,) = one.specifier
            assert version.operator == "=="
            assert wanted.specifier.contains(version.version, prereleases=True), direct

    def test_agrees_with_the_constraints(self) -> None:
        for line in CONSTRAINTS:
            wanted = Requirement(line)
            for one in pins("ci.txt").get(canonicalize_name(wanted.name), ()):
                assert one.specifier == wanted.specifier

    def test_leaves_out_torch_and_what_only_it_brings(self) -> None:
        assert [package for package in pins("ci.txt") if APART.fullmatch(package)] == []
        assert {"sympy", "mpmath", "fsspec", "filelock"} <= set(pins("ci.txt"))

    def test_can_build_portlint_without_another_download(self) -> None:
        wanted = [Requirement(one) for one in PROJECT["build-system"]["requires"]]
        assert {*(one.name for one in wanted), EDITABLE} <= set(pins("ci.txt"))


class TestWhatIsInstalled:
    def test_is_whole(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "check"], capture_output=True, text=True
        )
        own = [line for line in done.stdout.splitlines() if line.startswith("portlint ")]
        assert own == [], done.stdout

    def test_has_a_licence_that_lets_users_of_portlint_use_it(self) -> None:
        names = [*PROJECT["project"]["dependencies"], *EXTRAS["lsp"]]
        for found in closure([Requirement(one).name for one in names]):
            about = importlib.metadata.metadata(found)
            said = about.get_all("License-Expression") or []
            said += [one for one in about.get_all("Classifier") or () if "License ::" in one]
            words = " ".join(said or [one[:200] for one in about.get_all("License") or ()])
            assert OPEN.search(words), f"{found}: {words or 'no licence'}"


def closure(names: list[str]) -> set[str]:
    """The packages and all they need here."""
    found: set[str] = set()
    while names:
        one = canonicalize_name(names.pop())
        if one in found:
            continue
        found.add(one)
        for text in importlib.metadata.requires(one) or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                names.append(needed.name)
    return found


class TestWorkflows:
    def test_there_are_some(self) -> None:
        assert {file.name for file in WORKFLOWS} >= {"test.yml", "supply-chain.yml", "action.yml"}

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: str(file.name))
    def test_name_what_they_use_by_commit_and_say_its_version(self, file: pathlib.Path) -> None:
        for line in file.read_text("utf-8").splitlines():
            used = re.match(r"\s*(?:- )?uses: (\S+)(.*)", line)
            if used and not used[1].startswith("./"):
                assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used[1]), line
                assert re.fullmatch(r"  # v\d+\.\d+\.\d+", used[2]), line

    @pytest.mark.parametrize("name", ["test.yml", "supply-chain.yml"])
    def test_may_only_read(self, name: str) -> None:
        text = (ROOT / ".github" / "workflows" / name).read_text("utf-8")
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
        assert "pull_request_target" not in text
        assert "secrets." not in text

    def test_install_by_hash(self) -> None:
        folder = ROOT / ".github" / "workflows"
        assert "make test LOCKED=1" in (folder / "test.yml").read_text("utf-8")
        for line in (folder / "supply-chain.yml").read_text("utf-8").splitlines():
            assert "pip install" not in line or "--require-hashes" in line
