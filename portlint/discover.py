"""Paths -> the files to read and what each of them is; the only place that lists folders.

Folders may be closed to us: `os.path` answers no where `pathlib` before Python 3.14 raises.
"""

import errno
import fnmatch
import functools
import os
import pathlib
import re
import stat
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple, Self

from portlint.errors import UsageError
from portlint.ignored import Ignored, compiled, git_files

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


class _File(NamedTuple):
    where: str
    name: str
    kind: str


class File(_File):
    """A file to look at: where it is, its name from the root (POSIX), and what it is."""

    __slots__ = ()

    def __new__(cls, path: str | pathlib.Path, name: str, kind: str) -> Self:
        """Most files of a run are only listed: their paths are made when they are asked for."""
        return super().__new__(cls, os.fspath(path), name, kind)

    @property
    def path(self) -> pathlib.Path:
        """Where it is."""
        return pathlib.Path(self.where)


class Found(NamedTuple):
    """A path on the way: its name from the root, of what kind, and whether it is surely a file."""

    path: str
    name: str
    kind: str | None
    regular: bool = False


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
    spec = compiled(exclude) if exclude else None
    seen: set[str] = set()
    for path in paths:
        walked = os.path.isdir(path)
        name = name_of(path.absolute(), root)
        alone = Found(os.fspath(path.absolute()), name, kind_of(name))
        for found in _walk(path.absolute(), listing, bool(exclude)) if walked else [alone]:
            if found.name in seen:
                continue
            seen.add(found.name)
            excluded = spec and spec.match_file(name_of(pathlib.Path(found.path), base or root))
            if excluded and walked:
                listing.skipped.append((found.name, "excluded by the configuration"))
            else:
                _sort(found, listing, named=not walked)
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


def name_of(path: str | pathlib.Path, root: pathlib.Path) -> str:
    """A path from the root, POSIX; bytes that are not UTF-8 show as `\\xff`."""
    return _shown(os.path.relpath(path, root).replace(os.sep, "/"))


def _shown(name: str) -> str:
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def kind_of(name: str) -> str | None:
    """What a file of this name is to portlint; None if it does not read such files."""
    if name.endswith((".py", ".pyi")):
        return KINDS[0][0]
    base, whole = _patterns()
    found = (base.fullmatch(name.rpartition("/")[2]), whole.fullmatch(name))
    kinds = [match.lastgroup for match in found if match]
    return next((kind for kind, _ in KINDS if kind in kinds), None)


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns of a file's own name, and those that speak of folders too, each as one."""
    return _fitting(folders=False), _fitting(folders=True)


def _fitting(folders: bool) -> re.Pattern[str]:
    """Fits a whole name; the group that does is the kind."""
    kinds = []
    for kind, patterns in KINDS:
        fitting = [f"*{p}" if folders else p for p in patterns if ("/" in p) == folders]
        if fitting:
            kinds.append(f"(?P<{kind}>{'|'.join(map(fnmatch.translate, fitting))})")
    return re.compile("|".join(kinds), re.IGNORECASE if os.name == "nt" else 0)


def _sort(found: Found, listing: Listing, named: bool) -> None:
    """A file that was `named` on the command line is never passed over in silence."""
    kind = found.kind
    if kind is None and not named:
        return
    try:
        regular = found.regular or stat.S_ISREG(pathlib.Path(found.path).stat().st_mode)
    except OSError as error:
        listing.unreadable.append((found.name, f"cannot be read: {error.strerror}"))
        return
    if not regular:
        listing.unreadable.append((found.name, "is not a regular file"))
    elif not (named or found.regular or _inside(pathlib.Path(found.path), listing.root)):
        listing.unreadable.append((found.name, "is a link out of the folder: it is not followed"))
    elif kind is not None or _python_script(pathlib.Path(found.path)):
        listing.files.append(File(found.path, found.name, kind or "python"))
    else:
        listing.unreadable.append((found.name, "is no kind of file that portlint reads"))


def _python_script(path: pathlib.Path) -> bool:
    """Whether a file without a telling name starts like a Python program."""
    try:
        with path.open("rb") as file:
            return re.match(rb"#!.*python", file.readline(200)) is not None
    except OSError:
        return False


def _walk(folder: pathlib.Path, listing: Listing, every: bool) -> Iterator[Found]:
    """Files below a folder that git or .gitignore does not leave out; links are not followed.

    With `every` also those of a kind that is not read.
    """
    tracked = git_files(folder)
    ignore = Ignored(folder) if tracked is None else None
    left = [(os.fspath(folder), name_of(folder, listing.root))]
    while left:
        here, name = left.pop()
        try:
            with os.scandir(here) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            listing.unreadable.append((f"{name}/", f"cannot be read: {error.strerror}"))
            continue
        before = "" if name == "." else f"{name}/"
        inner = []
        for entry in entries:
            shown = f"{before}{_shown(entry.name)}"
            if _is_folder(entry):
                reason = skip(entry.path, entry.name, ignore)
                if reason is None:
                    inner.append((entry.path, shown))
                elif reason:
                    listing.skipped.append((f"{shown}/", reason))
                continue
            kind = kind_of(shown)
            if (every or kind) and _is_own(entry, folder, tracked, ignore):
                yield Found(entry.path, shown, kind, entry.is_file(follow_symlinks=False))
        left += reversed(inner)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_own(
    entry: "os.DirEntry[str]",
    folder: pathlib.Path,
    tracked: Container[str] | None,
    ignore: Ignored | None,
) -> bool:
    """Whether a file belongs to a folder: to git there, and not by a link from elsewhere in it."""
    if entry.is_symlink() and _inside(pathlib.Path(entry.path), folder):
        return False
    if tracked is not None and entry.path not in tracked and _regular(entry):
        return False
    return ignore is None or not ignore.covers(entry.path)


def _regular(entry: "os.DirEntry[str]") -> bool:
    """git lists no FIFOs or sockets; those are kept, to be reported as not analysed."""
    return entry.is_file(follow_symlinks=False) or entry.is_symlink()


def _inside(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether a link leads to a file that is listed under its own name anyway, or to nothing."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def skip(path: str | pathlib.Path, name: str, ignore: Ignored | None) -> str | None:
    """Why a folder is not entered: a reason to show, "" for a silent one, None to enter it."""
    if name == ".git":
        return ""
    if name in SKIPPED_FOLDERS or name.endswith((".egg-info", ".dist-info")):
        return "environment, build output or vendored code"
    here = f"{os.fspath(path)}{os.sep}"
    if os.path.exists(f"{here}include") and any(os.path.exists(here + mark) for mark in VENDORED):
        return "a copy of a kernel library"
    if os.path.exists(f"{here}pyvenv.cfg"):
        return "a virtual environment"
    if os.path.islink(path):
        return "a link to a folder"
    if ignore is None and os.path.exists(f"{here}.git"):
        return "a git repository of its own"
    if ignore is not None and ignore.covers(path, folder=True):
        return "ignored by .gitignore"
    return None
