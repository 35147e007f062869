"""Paths -> the files to read and what each of them is; the only place that lists folders.

Folders may be closed to us: `os.path` answers no where `pathlib` before Python 3.14 raises.
"""

import errno
import fnmatch
import os
import pathlib
import re
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from portlint.errors import UsageError
from portlint.ignored import Ignored, git_files

SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn .venv venv .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache "
    "__pycache__ node_modules site-packages build dist .ipynb_checkpoints .portlint_cache "
    "third_party third-party 3rdparty vendor vendored _vendor".split()
)
"""Environments, build outputs and vendored trees: skipped, and listed by --show-files."""

VENDORED = ("include/cutlass/cutlass.h", "include/ck/ck.hpp", "include/ck_tile/core.hpp")
"""Files that tell a copy of a kernel library, whatever its folder is called."""

KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("python", ("*.py", "*.pyi")),
    (
        "requirements",
        ("*requirements*.txt", "*constraints*.txt", "*requirements*.in", "requirements/*.txt"),
    ),
    ("pyproject", ("pyproject.toml", "Pipfile")),
    ("setupcfg", ("setup.cfg",)),
    (
        "dockerfile",
        (
            "Dockerfile",
            "Dockerfile[._-]*",
            "*.Dockerfile",
            "*.dockerfile",
            "Containerfile",
            "Containerfile.*",
        ),
    ),
    ("yaml", ("*.yml", "*.yaml", "devcontainer.json", "*cloudformation*.json", "*task-def*.json")),
    (
        "json",
        (
            "config.json",
            "*_config.json",
            "*-config.json",
            "*deepspeed*.json",
            "ds_*.json",
            "*zero[123]*.json",
            "*accelerate*.json",
            "kernels.lock",
            "config/*.json",
            "configs/*.json",
            "conf/*.json",
        ),
    ),
    ("pbtxt", ("config.pbtxt",)),
    ("weights", ("*.safetensors", "*.gguf")),
    ("shell", ("*.sh", "*.bash", "*.zsh", "*.slurm", "*.sbatch", "*.sub")),
    ("terraform", ("*.tf", "*.tfvars")),
    ("cuda", ("*.cu", "*.cuh", "*.hip")),
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
    """What discovery found: the root, files to read, files that cannot be, and what was skipped.

    `beside` are files of the root that are not read: they are there, which tells what is its own.
    """

    root: pathlib.Path
    files: list[File]
    unreadable: list[tuple[str, str]]
    skipped: list[tuple[str, str]]
    beside: tuple[File, ...] = ()


def discover(
    paths: Sequence[pathlib.Path],
    exclude: Sequence[str] = (),
    base: pathlib.Path | None = None,
    within: pathlib.Path | None = None,
) -> Listing:
    """List what these paths hold; a path that is not there is a usage error.

    `exclude` are gitignore patterns that start at the folder `base` (default: the root). `within`
    is a root given by hand: of what it holds, only these paths are read.
    """
    for path in paths:
        _require(path)
    if within is not None:
        _require(within)
        return _part(discover([within], exclude, base), paths)
    root = _root(paths)
    listing = Listing(root, [], [], [])
    spec = GitIgnoreSpec.from_lines(exclude)
    seen: set[str] = set()
    for path in paths:
        walked = os.path.isdir(path)
        for found in _walk(path.absolute(), listing) if walked else [path.absolute()]:
            name = name_of(found, root)
            if name in seen:
                continue
            seen.add(name)
            named = found == path.absolute()
            if exclude and spec.match_file(name_of(found, base or root)) and not named:
                listing.skipped.append((name, "excluded by the configuration"))
            else:
                _sort(found, name, listing, named)
    listing.files.sort(key=lambda f: f.name)
    return listing


def _part(whole: Listing, paths: Sequence[pathlib.Path]) -> Listing:
    """Of a whole folder's listing what the paths hold; what the folder leaves out is skipped."""
    names = [name_of(path.absolute(), whole.root) for path in paths]
    outside = [str(p) for p, n in zip(paths, names, strict=True) if n.split("/")[0] == ".."]
    if outside:
        raise UsageError(f"{outside[0]}: is not below {whole.root}, which --root names")
    chosen, folders = set(names), tuple("" if n == "." else f"{n}/" for n in names)

    def kept(name: str) -> bool:
        return name.rstrip("/") in chosen or name.startswith(folders)

    files = [file for file in whole.files if kept(file.name)]
    unread, skipped = ([i for i in items if kept(i[0])] for items in whole[2:4])
    known = {file.name for file in files} | {name.rstrip("/") for name, _ in (*unread, *skipped)}
    asked = [name for name, folder in zip(names, paths, strict=True) if not os.path.isdir(folder)]
    skipped += [(name, "left out of the folder's files") for name in asked if name not in known]
    beside = tuple(file for file in whole.files if not kept(file.name))
    return Listing(whole.root, files, unread, skipped, beside)


def _require(path: pathlib.Path) -> None:
    try:
        path.stat()
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        why = "there is no such file or folder" if missing else f"cannot be read: {error.strerror}"
        raise UsageError(f"{path}: {why}") from error


def _root(paths: Sequence[pathlib.Path]) -> pathlib.Path:
    folders = [p.absolute() if os.path.isdir(p) else p.absolute().parent for p in paths]
    return pathlib.Path(os.path.commonpath(folders)) if folders else pathlib.Path.cwd()


def name_of(path: pathlib.Path, root: pathlib.Path) -> str:
    """A path from the root, POSIX; bytes that are not UTF-8 show as `\\xff`."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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


def _sort(path: pathlib.Path, name: str, listing: Listing, named: bool) -> None:
    """A file that was `named` on the command line is never passed over in silence."""
    kind = kind_of(name)
    if kind is None and not named:
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        listing.unreadable.append((name, f"cannot be read: {error.strerror}"))
        return
    if not stat.S_ISREG(mode):
        listing.unreadable.append((name, "is not a regular file"))
    elif kind is not None or _python_script(path):
        listing.files.append(File(path, name, kind or "python"))
    else:
        listing.unreadable.append((name, "is no kind of file that portlint reads"))


def _python_script(path: pathlib.Path) -> bool:
    """Whether a file without a telling name starts like a Python program."""
    try:
        with path.open("rb") as file:
            return re.match(rb"#!.*python", file.readline(200)) is not None
    except OSError:
        return False


def _walk(folder: pathlib.Path, listing: Listing) -> Iterator[pathlib.Path]:
    """Files below a folder that git or .gitignore does not leave out; links are not followed."""
    tracked = git_files(folder)
    ignore = Ignored(folder) if tracked is None else None

    def closed(error: OSError) -> None:
        name = name_of(pathlib.Path(error.filename), listing.root)
        listing.unreadable.append((f"{name}/", f"cannot be read: {error.strerror}"))

    for top, folders, files in os.walk(folder, onerror=closed):
        here = pathlib.Path(top)
        kept = []
        for name in sorted(folders):
            reason = skip(here / name, name, ignore)
            if reason is None:
                kept.append(name)
            elif reason:
                listing.skipped.append((name_of(here / name, listing.root) + "/", reason))
        folders[:] = kept
        for name in sorted(files):
            path = here / name
            if os.path.islink(path) and _inside(path, folder):
                continue
            if tracked is not None and os.fspath(path) not in tracked and _regular(path):
                continue
            if ignore is not None and ignore.covers(path):
                continue
            yield path


def _regular(path: pathlib.Path) -> bool:
    """git lists no FIFOs or sockets; those are kept, to be reported as not analysed."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) or os.path.islink(path)
    except OSError:
        return False


def _inside(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether a link leads to a file that is listed under its own name anyway, or to nothing."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def skip(path: pathlib.Path, name: str, ignore: Ignored | None) -> str | None:
    """Why a folder is not entered: a reason to show, "" for a silent one, None to enter it."""
    if name == ".git":
        return ""
    if name in SKIPPED_FOLDERS or name.endswith((".egg-info", ".dist-info")):
        return "environment, build output or vendored code"
    if any(os.path.exists(path / mark) for mark in VENDORED):
        return "a copy of a kernel library"
    if os.path.exists(path / "pyvenv.cfg"):
        return "a virtual environment"
    if os.path.islink(path):
        return "a link to a folder"
    if ignore is None and os.path.exists(path / ".git"):
        return "a git repository of its own"
    if ignore is not None and ignore.covers(path, folder=True):
        return "ignored by .gitignore"
    return None
