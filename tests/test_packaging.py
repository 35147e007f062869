"""What a stranger installs is what the checkout holds: wheel, sdist and editable install."""

import json
import os
import pathlib
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PROGRAM = """
import torch

side = torch.zeros(2, device="cuda")
"""
START = "from portlint.cli import main; main()"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]


def run(*command: str | os.PathLike[str], cwd: pathlib.Path, **env: str) -> str:
    """What a command prints; its error output is shown when it fails."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(command, cwd=cwd, env=clean | env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: pathlib.Path, out: pathlib.Path, kind: str) -> pathlib.Path:
    run(sys.executable, "-m", "build", f"--{kind}", "--outdir", out, source, cwd=out)
    (built,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def environment(folder: pathlib.Path, *what: str | os.PathLike[str]) -> pathlib.Path:
    """A fresh virtual environment with this installed; its folder of programs."""
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", *what, cwd=folder)
    return binaries


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return environment(tmp_path_factory.mktemp("installed") / "venv", wheel)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    return folder


def contents(wheel: pathlib.Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def from_checkout(program: pathlib.Path) -> Any:
    arguments = ("check", "program.py", "--format", "json", "--exit-zero")
    return json.loads(
        run(sys.executable, "-c", START, *arguments, cwd=program, PYTHONPATH=str(ROOT))
    )


def from_install(binaries: pathlib.Path, program: pathlib.Path) -> Any:
    arguments = ("check", "program.py", "--format", "json", "--exit-zero")
    return json.loads(run(binaries / "portlint", *arguments, cwd=program))


def test_the_wheel_holds_the_rules_of_the_checkout_byte_by_byte(wheel: pathlib.Path) -> None:
    packed = {
        name.removeprefix("portlint/rules/"): data
        for name, data in contents(wheel).items()
        if name.startswith("portlint/rules/")
    }
    rules = ROOT / "rules"
    here = {p.relative_to(rules).as_posix(): p.read_bytes() for p in rules.rglob("*.*")}
    assert packed == here
    assert any(name.endswith(".toml") for name in packed)


def test_the_wheel_holds_nothing_but_the_package_and_its_metadata(wheel: pathlib.Path) -> None:
    tops = {name.split("/")[0] for name in contents(wheel)}
    assert tops - {"portlint"} == {next(t for t in tops if t.endswith(".dist-info"))}
    assert "portlint/py.typed" in contents(wheel)
    assert any(name.endswith("/licenses/LICENSE") for name in contents(wheel))


def test_the_sdist_builds_the_same_wheel(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    sdist = build(ROOT, tmp_path, "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = tmp_path / "again"
    again.mkdir()
    assert contents(build(source, again, "wheel")) == contents(wheel)
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", ".ci/run"):
        assert (source / name).is_file(), name
    assert (source / "sample_models" / "encoder.py").is_file()


def test_an_installed_wheel_finds_what_the_checkout_finds(
    installed: pathlib.Path, program: pathlib.Path
) -> None:
    report = from_install(installed, program)
    assert report == from_checkout(program)
    assert [finding["rule"] for finding in report["findings"]] == ["NEU101"]


def test_the_base_install_brings_no_torch_and_keeps_what_it_requires(
    installed: pathlib.Path,
) -> None:
    listing = json.loads(
        run(installed / "python", "-m", "pip", "list", "--format", "json", cwd=installed)
    )
    names = {package["name"].lower() for package in listing}
    assert "torch" not in names
    assert not [name for name in names if name.startswith("nvidia")]
    assert "No broken requirements" in run(
        installed / "python", "-m", "pip", "check", cwd=installed
    )


def test_an_editable_install_finds_the_rules(program: pathlib.Path, tmp_path: pathlib.Path) -> None:
    binaries = environment(tmp_path / "venv", "--editable", ROOT)
    assert from_install(binaries, program) == from_checkout(program)
