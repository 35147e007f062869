"""A folder -> what of its git repository matters here: its root, its host, its main branch."""

import pathlib
import re
from typing import NamedTuple

from portlint.contents import contents
from portlint.errors import Unreadable

HOSTS = {"github": re.compile(r"url\s*=.*github"), "gitlab": re.compile(r"url\s*=.*gitlab")}
MARKS = {"github": ".github/workflows", "gitlab": ".gitlab-ci.yml"}
"""What tells the host of a repository whose remotes do not."""


class Place(NamedTuple):
    """The folder to set up; `root` is that of its repository (None: none), `hosts` may be empty."""

    folder: pathlib.Path
    root: pathlib.Path | None
    hosts: frozenset[str]
    branch: str


def place(folder: pathlib.Path) -> Place:
    """What the files say; git itself is not asked."""
    root = next((f for f in (folder, *folder.parents) if (f / ".git").exists()), None)
    git = (root or folder) / ".git"
    settings = _text(git / "config")
    hosts = {host for host, url in HOSTS.items() if url.search(settings)}
    hosts = hosts or {host for host, mark in MARKS.items() if (folder / mark).exists()}
    return Place(folder, root, frozenset(hosts), _branch(git))


def _branch(git: pathlib.Path) -> str:
    """The remote's main branch, else ours if it has a usual name, else "main"."""
    for head in ("refs/remotes/origin/HEAD", "HEAD"):
        match = re.fullmatch(r"ref: refs/(?:heads|remotes/origin)/([\w./-]+)\s*", _text(git / head))
        if match and (head != "HEAD" or match[1] in ("main", "master", "trunk")):
            return match[1]
    return "main"


def _text(file: pathlib.Path) -> str:
    try:
        return contents(file).decode("utf-8", "replace")
    except (OSError, Unreadable):
        return ""
