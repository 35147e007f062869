"""What git, or the .gitignore files where git cannot be asked, leaves out of a folder."""

import os
import pathlib
import subprocess

from pathspec import GitIgnoreSpec

GIT_STATE = frozenset("GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX".split())
"""What a git hook sets for its own repository: it must not answer for another one."""
GIT_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Nothing is written, fetched or asked for."""


def git_files(folder: pathlib.Path) -> set[str] | None:
    """The files git knows or would add below a folder; None outside a work tree or without git.

    The repository's own configuration must not make git run a program, hence the overrides.
    """
    command = [
        "git",
        "-C",
        os.fspath(folder),
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    command += ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    outer = {k: v for k, v in os.environ.items() if k not in GIT_STATE}
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, env=outer | GIT_QUIET)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    names = done.stdout.split(b"\0")
    found = {f"{os.fspath(folder)}{os.sep}{os.fsdecode(name)}" for name in names if name}
    return found or None


class Ignored:
    """The .gitignore files of a folder that git cannot be asked about: the nearest one decides."""

    def __init__(self, top: pathlib.Path) -> None:
        self.top = top
        self.specs: dict[pathlib.Path, GitIgnoreSpec | None] = {}

    def covers(self, path: pathlib.Path, folder: bool = False) -> bool:
        """Whether a file (or a folder as a whole) is left out."""
        for above in path.parents:
            spec = self._spec(above)
            if spec is not None:
                name = os.path.relpath(path, above) + "/" * folder
                said = spec.check_file(name).include
                if said is not None:
                    return said
            if above == self.top:
                break
        return False

    def _spec(self, folder: pathlib.Path) -> GitIgnoreSpec | None:
        if folder not in self.specs:
            self.specs[folder] = _ignore_spec(folder)
        return self.specs[folder]


def _ignore_spec(folder: pathlib.Path) -> GitIgnoreSpec | None:
    file = folder / ".gitignore"
    if not os.path.isfile(file):
        return None
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return GitIgnoreSpec.from_lines(line for line in lines if is_pattern(line))


def is_pattern(line: str) -> bool:
    """Whether a line means something to git, which passes over those that do not."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
