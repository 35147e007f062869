"""Paths -> the files to read and what each of them is; the only place that lists folders."""

import fnmatch
import os
import pathlib
import stat
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from portlint.errors import UsageError

SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn .venv venv .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache "
    "__pycache__ node_modules site-packages build dist .ipynb_checkpoints .portlint_cache "
    "third_party third-party 3rdparty vendor vendored _vendor".split()
)
"""Environments, build outputs and vendored trees: skipped, and listed by --show-files."""

KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("python", ("*.py", "*.pyi")),
    (
        "requirements",
        ("*requirements*.txt", "*constraints*.txt", "*requirements*.in", "requirements/*.txt"),
    ),
    ("pyproject", ("pyproject.toml",)),
    ("setupcfg", ("setup.cfg",)),
    (
        "dockerfile",
        (
            "Dockerfile",
            "Dockerfile.*",
            "*.Dockerfile",
            "*.dockerfile",
            "Containerfile",
            "Containerfile.*",
        ),
    ),
    ("yaml", ("*.yml", "*.yaml")),
    ("shell", ("*.sh", "*.bash", "*.zsh", "*.slurm", "*.sbatch", "*.sub")),
    ("terraform", ("*.tf", "*.tfvars")),
    ("cuda", ("*.cu", "*.cuh")),
    ("cpp", ("*.cpp", "*.cc", "*.cxx", "*.c", "*.h", "*.hpp", "*.hh")),
    ("notebook", ("*.ipynb",)),
)
"""What a file is, by the first pattern that fits its name."""


class File(NamedTuple):
    """A file to look at: where it is, its name from the root (POSIX), and what it is."""

    path: pathlib.Path
    name: str
    kind: str


class Listing(NamedTuple):
    """What discovery found: the root, files to read, files that cannot be, and what was skipped."""

    root: pathlib.Path
    files: list[File]
    unreadable: list[tuple[str, str]]
    skipped: list[tuple[str, str]]


def discover(
    paths: Sequence[pathlib.Path], exclude: Sequence[str] = (), base: pathlib.Path | None = None
) -> Listing:
    """List what these paths hold; a path that is not there is a usage error.

    `exclude` are gitignore patterns that start at the folder `base` (default: the root).
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
    root = _root(paths)
    listing = Listing(root, [], [], [])
    spec = GitIgnoreSpec.from_lines(exclude)
    seen: set[str] = set()
    for path in paths:
        for found in [path.absolute()] if not path.is_dir() else _walk(path.absolute(), listing):
            name = _name(found, root)
            if name in seen:
                continue
            seen.add(name)
            if exclude and spec.match_file(_name(found, base or root)) and found != path.absolute():
                listing.skipped.append((name, "excluded by the configuration"))
            else:
                _sort(found, name, listing)
    listing.files.sort(key=lambda f: f.name)
    return listing


def _root(paths: Sequence[pathlib.Path]) -> pathlib.Path:
    folders = [p.absolute() if p.is_dir() else p.absolute().parent for p in paths]
    return pathlib.Path(os.path.commonpath(folders)) if folders else pathlib.Path.cwd()


def _name(path: pathlib.Path, root: pathlib.Path) -> str:
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def kind_of(name: str) -> str | None:
    """What a file of this name is to portlint; None if it does not read such files."""
    base = name.rsplit("/", 1)[-1]
    for kind, patterns in KINDS:
        if any(
            fnmatch.fnmatch(name if "/" in p else base, p if "/" not in p else f"*{p}")
            for p in patterns
        ):
            return kind
    return None


def _sort(path: pathlib.Path, name: str, listing: Listing) -> None:
    kind = kind_of(name)
    if kind is None:
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        listing.unreadable.append((name, f"cannot be read: {error.strerror}"))
        return
    if not stat.S_ISREG(mode):
        listing.unreadable.append((name, "is not a regular file"))
    elif kind == "notebook":
        listing.unreadable.append(
            (name, "is a notebook: export its code with `jupyter nbconvert --to script`")
        )
    else:
        listing.files.append(File(path, name, kind))


def _walk(folder: pathlib.Path, listing: Listing) -> Iterator[pathlib.Path]:
    """Files below a folder that git or .gitignore does not leave out; links are not followed."""
    tracked = _git_files(folder)
    ignore = _ignore_spec(folder) if tracked is None else None
    for top, folders, files in os.walk(folder):
        here = pathlib.Path(top)
        kept = []
        for name in sorted(folders):
            reason = _skip(here / name, name, folder, ignore)
            if reason is None:
                kept.append(name)
            elif reason:
                listing.skipped.append((_name(here / name, listing.root) + "/", reason))
        folders[:] = kept
        for name in sorted(files):
            path = here / name
            if path.is_symlink() and _inside(path, folder):
                continue
            if tracked is not None and os.fspath(path) not in tracked and _regular(path):
                continue
            if ignore is not None and ignore.match_file(os.path.relpath(path, folder)):
                continue
            yield path


def _regular(path: pathlib.Path) -> bool:
    """git lists no FIFOs or sockets; those are kept, to be reported as not analysed."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) or path.is_symlink()
    except OSError:
        return False


def _inside(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether a link leads to a file that is listed under its own name anyway, or to nothing."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def _skip(
    path: pathlib.Path, name: str, folder: pathlib.Path, ignore: GitIgnoreSpec | None
) -> str | None:
    """Why a folder is not entered: a reason to show, "" for a silent one, None to enter it."""
    if name == ".git":
        return ""
    if name in SKIPPED_FOLDERS or name.endswith((".egg-info", ".dist-info")):
        return "environment, build output or vendored code"
    if (path / "pyvenv.cfg").exists():
        return "a virtual environment"
    if path.is_symlink():
        return "a link to a folder"
    if ignore is not None and ignore.match_file(os.path.relpath(path, folder) + "/"):
        return "ignored by .gitignore"
    return None


def _git_files(folder: pathlib.Path) -> set[str] | None:
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
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=60, env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    names = done.stdout.split(b"\0")
    found = {f"{os.fspath(folder)}{os.sep}{os.fsdecode(name)}" for name in names if name}
    return found or None


def _ignore_spec(folder: pathlib.Path) -> GitIgnoreSpec | None:
    try:
        lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return GitIgnoreSpec.from_lines(lines)
