"""The audited repository as modules: paths -> dotted names, packages and roots of imports."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from portlint.reading import Export, FileResult, Sighting

FRAMEWORK = "torch"
"""What is audited are users of it; its sources may lie beside them."""
MARKS = tuple(
    f"/{FRAMEWORK}/{name}.py"
    for name in ("_dynamo/eval_frame", "_inductor/ir", "_ops", "_tensor", "nn/functional")
)
"""Files by which its sources, or a part of them, are told from a folder of that name."""


@functools.lru_cache(maxsize=1 << 13)
def module_name(path: str) -> tuple[str, bool]:
    """`src/pkg/__init__.py` -> ("src.pkg", True); the flag says that it is a package.

    Nobody imports a notebook: its name is none that an import could spell.
    """
    parts = list(PurePosixPath(path.replace(".ipynb", "-ipynb")).with_suffix("").parts)
    package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if package else parts), package


def source_roots(paths: Iterable[str]) -> list[str]:
    """Folders (dotted) that imports can start from: each parent of a package that is not in one."""
    packages = {str(PurePosixPath(p).parent) for p in paths if p.endswith("__init__.py")}
    roots = {""}
    for package in packages:
        parent = str(PurePosixPath(package).parent)
        if parent not in packages and package != ".":
            roots.add("" if parent == "." else parent.replace("/", "."))
    return sorted(roots, key=lambda root: (root.count("."), root))


def packages(paths: Iterable[str]) -> dict[str, set[str]]:
    """The audited packages that are in no other: name -> the folders they stand in."""
    folders = {PurePosixPath(p).parent for p in paths if p.endswith("__init__.py")}
    found: dict[str, set[str]] = {}
    for folder in folders:
        if folder.parent not in folders and folder.name not in ("", FRAMEWORK):
            found.setdefault(folder.name, set()).add(str(folder.parent))
    return found


def framework(paths: Iterable[str]) -> dict[str, set[str]]:
    """The folders of the framework's own sources, by its name."""
    found = {
        f"/{path}".removesuffix(mark)[1:]
        for path in paths
        for mark in MARKS
        if f"/{path}".endswith(mark)
    }
    return {FRAMEWORK: {f"{folder}/{FRAMEWORK}".lstrip("/") for folder in found}} if found else {}


def around(audited: Mapping[str, set[str]], paths: Sequence[str]) -> Iterator[str]:
    """The audited packages whose folder holds every file: nobody here is a user of theirs."""
    for name, parents in audited.items():
        for parent in parents:
            if parent == "." or all(path.startswith(f"{parent}/") for path in paths):
                yield name


def not_its_own(result: FileResult, audited: Mapping[str, set[str]]) -> FileResult:
    """The result without what it says of the very library it is part of."""
    here = _above(result.path)

    def own(sighting: Sighting) -> bool:
        name = sighting.symbol or ""
        name = name.split(".")[0] if sighting.layer == "source" else name.replace("-", "_")
        return not here.isdisjoint(audited.get(name, ()))

    kept = tuple(s for s in result.sightings if not own(s))
    same = len(kept) == len(result.sightings)
    return result if same else msgspec.structs.replace(result, sightings=kept)


def passed_on(result: FileResult, audited: Mapping[str, set[str]]) -> dict[str, Export]:
    """What a file exports, but for names of the very library it is part of.

    Who has one from here is part of it, too, or knows it by the name that it has here.
    """
    here = _above(result.path)
    return {
        name: export
        for name, export in result.exports.items()
        if here.isdisjoint(audited.get(export.path.split(".")[0], ()))
    }


def _above(path: str) -> set[str]:
    return {str(parent) for parent in PurePosixPath(path).parents}


def is_python(path: str) -> bool:
    """Whether a file takes part in imports."""
    return path.endswith((".py", ".pyi", ".ipynb"))
