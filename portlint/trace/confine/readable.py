"""Folders that are open and folders that are closed -> the paths a rule has to name."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterable, Iterator

DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
RANDOM = ("/dev/random", "/dev/urandom")
CLOSED = (
    *("/home", "/root", "/Users", "/var/home"),
    *("/tmp", "/var", "/run", "/dev"),
    *("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers"),
    *("/etc/sudoers.d", "/etc/ssh", "/etc/ssl/private", "/etc/pki/tls/private"),
    *("/etc/krb5.keytab", "/etc/kubernetes", "/etc/docker", "/etc/wireguard"),
    *("/etc/NetworkManager", "/etc/netplan", "/etc/wpa_supplicant"),
)
"""What people, services and the machine keep to themselves, on common distributions."""
MARKS = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg")
"""What the top of a repository holds."""


def readable(own: Iterable[str], homes: Iterable[str]) -> list[str]:
    """The paths that are open: all of the machine but what is closed, and in that `own`.

    `homes` are folders of people: of one that is open itself, what is hidden stays closed.
    """
    wanted = {os.path.realpath(path) for path in own if path}
    people = {os.path.realpath(home) for home in homes}
    hidden = [e.path for home in people & wanted for e in _entries(home) if e.name[0] == "."]
    state = dict.fromkeys((*map(os.path.realpath, CLOSED), *people, *hidden), False)
    return [*_open("/", state | dict.fromkeys(wanted, True), True), *RANDOM]


def _open(path: str, state: dict[str, bool], inherited: bool) -> Iterator[str]:
    """The highest paths from here down that hold nothing closed."""
    free = state.get(path, inherited)
    base = path.rstrip("/") + "/"
    below = [value for other, value in state.items() if other != path and other.startswith(base)]
    if free and all(below):
        yield path
    elif any(below) or free:
        for entry in _entries(path):
            if not entry.is_symlink():  # what it leads to has a path of its own
                yield from _open(entry.path, state, free)


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def interpreter() -> Iterator[str]:
    """Where this Python, its packages and those installed as links to a checkout are."""
    program = pathlib.Path(sys.executable)
    yield from (sys.prefix, sys.base_prefix, sys.exec_prefix)
    yield from (str(program.parent), str(program.resolve().parent))
    yield from (path for path in sys.path if pathlib.Path(path).is_absolute())
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):
            mapping = getattr(module, "MAPPING", {})
            yield from map(str, mapping.values() if isinstance(mapping, dict) else ())
    yield str(pathlib.Path(__file__).resolve().parents[3])


def repository(folder: pathlib.Path, homes: Iterable[str]) -> pathlib.Path:
    """The repository a folder is part of; the folder itself where there is none below a home."""
    people = {pathlib.Path(os.path.realpath(home)) for home in homes}
    folder = folder.resolve()
    for one in (folder, *folder.parents):
        if one in people or one.parent == one:
            break
        if any((one / mark).exists() for mark in MARKS):
            return one
    return folder
