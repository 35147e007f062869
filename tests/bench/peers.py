"""Tools and a folder -> the commands that are measured, each as its users start it."""

import hashlib
import pathlib
import re
import subprocess
import sys
import tomllib
import venv
from typing import NamedTuple

from tests.bench.timing import Command

HERE = pathlib.Path(__file__).parent
PINS = HERE / "requirements.txt"
PATTERNS = HERE / "patterns.yaml"


class Tools(NamedTuple):
    """Where portlint's checkout, the peers' programs and the bench's own folder are."""

    checkout: pathlib.Path
    programs: pathlib.Path
    work: pathlib.Path

    def portlint(self, *words: str, checkout: pathlib.Path | None = None) -> Command:
        """What the installed program runs, from this checkout and with a cache of the bench."""
        env = {
            "PYTHONPATH": str(checkout or self.checkout),
            "PYTHONPYCACHEPREFIX": str(self.work / "bytecode"),
            "PYTHONDONTWRITEBYTECODE": "",
            "XDG_CACHE_HOME": str(self.work / "home"),
        }
        return Command((sys.executable, "-P", "-c", start(self.checkout), *words), self.work, env)

    def check(
        self, path: pathlib.Path, *words: str, checkout: pathlib.Path | None = None
    ) -> Command:
        """`portlint check` with JSON, in one process and without a cache unless `words` say so."""
        fixed = ["check", str(path), "--format", "json", "--exit-zero"]
        if not any(word.startswith("--jobs") for word in words):
            fixed += ["--jobs", "1"]
        if not any(word.startswith("--cache-dir") for word in words):
            fixed.append("--no-cache")
        return self.portlint(*fixed, *words, checkout=checkout)

    def ruff(self, path: pathlib.Path, *words: str) -> Command:
        """Ruff's default rules, with JSON; what git ignores counts, as for the others."""
        fixed = ("check", "--isolated", "--no-respect-gitignore", "--exit-zero")
        return self._program("ruff", *fixed, "--output-format", "json", *words, str(path))

    def torchfix(self, path: pathlib.Path) -> Command:
        """TorchFix as its users run it, as a plugin of flake8."""
        return self._program(
            "flake8", "--isolated", "--select=TOR", "--jobs=1", "--exit-zero", str(path)
        )

    def fixit(self, path: pathlib.Path) -> Command:
        """Fixit's default rules."""
        return self._program("fixit", "--quiet", "lint", str(path))

    def semgrep(self, path: pathlib.Path) -> Command:
        """Semgrep with our own patterns, which asks nobody and tells nobody."""
        fixed = ("scan", "--config", str(PATTERNS), "--metrics=off", "--disable-version-check")
        return self._program(
            "semgrep", *fixed, "--no-git-ignore", "--jobs=1", "--quiet", "--json", str(path)
        )

    def _program(self, name: str, *words: str) -> Command:
        env = {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.work / "home")}
        return Command((str(self.programs / name), *words), self.work, env)


def start(checkout: pathlib.Path) -> str:
    """What the program `portlint` does that an installation makes."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"]["portlint"].partition(":")
    return f"from {module} import {function}; {function}()"


def versions() -> dict[str, str]:
    """The pinned peers."""
    found = re.findall(r"^([\w-]+)==(\S+)$", PINS.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def install(work: pathlib.Path) -> pathlib.Path:
    """The folder of the peers' programs, in an environment of these pins."""
    digest = hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]
    folder = work / f"peers-{digest}"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = (str(folder / "bin/python"), "-m", "pip", "install", "--quiet")
        subprocess.run((*pip, "--requirement", str(PINS)), check=True)
        (folder / "complete").touch()
    return folder / "bin"
