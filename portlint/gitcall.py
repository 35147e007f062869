"""A folder and words -> what git answers; nothing that a repository's configuration names is run.

Only plumbing that reads objects, the index and names is asked for, so no filter, textconv or alias
comes in; file system monitor and hooks are put off, and nothing may be fetched.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

STATE = frozenset("GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX".split())
"""What a git hook sets for its own repository: it must not answer for another one."""
QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
"""Nothing is written, fetched, asked for or put in another's place; messages are in English."""
OVERRIDES = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


def call(
    folder: str | os.PathLike[str], *words: str, asked: bytes = b"", patience: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Run `git WORDS` for a folder. Raises FileNotFoundError where there is no git, OSError,
    subprocess.TimeoutExpired.
    """
    outer = {name: value for name, value in os.environ.items() if name not in STATE}
    return subprocess.run(
        (program(), "-C", os.fspath(folder), *OVERRIDES, *words),
        input=asked,
        capture_output=True,
        timeout=patience,
        env=outer | QUIET,
    )


def program() -> str:
    """Where git is: never in the working folder, which may be the one that is looked at."""
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = os.pathsep.join(place for place in places if pathlib.Path(place).is_absolute())
    found = shutil.which("git", path=absolute) if absolute else None
    # Windows looks in the working folder whatever the path says, and answers with a relative name
    if found is None or not pathlib.Path(found).is_absolute():
        raise FileNotFoundError("there is no git on the PATH")
    return found
