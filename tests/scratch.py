"""Scratch repositories: git without the user's settings, and what pre-commit makes of them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

ROOT = pathlib.Path(__file__).parent.parent
MAIL = ("NAME", "EMAIL")
BUILT = ("portlint", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
"""What a package is built from, and the manifest of hooks."""


def environment(home: pathlib.Path) -> dict[str, str]:
    """git without the user's settings, our own programs, pre-commit's cache in `home`."""
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT", "SKIP"))
    }
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), clean.get("PATH", "")])
    me = {f"GIT_{who}_{what}": f"{who}@x" for who in ("AUTHOR", "COMMITTER") for what in MAIL}
    return (
        clean
        | me
        | {
            "PATH": path,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
        }
    )


class Repository:
    """A git repository in a folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.home = folder.parent / "home"
        folder.mkdir(exist_ok=True)
        self.home.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def run(self, *command: str | os.PathLike[str]) -> "subprocess.CompletedProcess[str]":
        """A program in the folder; its output is text."""
        return subprocess.run(
            command, cwd=self.folder, env=environment(self.home), capture_output=True, text=True
        )

    def git(self, *words: str) -> str:
        """A git command that has to succeed."""
        done = self.run("git", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, files: Mapping[str, str]) -> None:
        """Files by name, with their text."""
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Write the files and commit all there is, if hooks let it."""
        self.write(files)
        self.git("add", "--all")
        return self.run("git", "commit", "--quiet", "--message", "a change")

    @property
    def commits(self) -> int:
        """How many there are."""
        done = self.run("git", "rev-list", "--count", "HEAD")
        return int(done.stdout) if done.returncode == 0 else 0


def hooks(folder: pathlib.Path, language: str = "python") -> tuple[pathlib.Path, str]:
    """A repository that pre-commit can take the hooks from, and its revision.

    With `language` "system" the portlint of this environment runs: nothing is installed.
    """
    repository = Repository(folder)
    for name in BUILT if language == "python" else BUILT[-1:]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    manifest = folder / ".pre-commit-hooks.yaml"
    text = manifest.read_text(encoding="utf-8")
    text = re.sub(r"^(  language: )python$", rf"\1{language}", text, flags=re.MULTILINE)
    manifest.write_text(text, encoding="utf-8")
    done = repository.commit({})
    assert done.returncode == 0, done.stderr
    return folder, repository.git("rev-parse", "HEAD").strip()
