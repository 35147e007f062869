"""The audited repository as modules: paths -> dotted names, and which of them a text imports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import msgspec
import networkx

from portlint.model import Export, FileResult, Sighting

IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<source>\.*[\w.]*)[ \t]+import\b|import[ \t]+(?P<plain>[\w., \t]+))",
    re.MULTILINE,
)


def module_name(path: str) -> tuple[str, bool]:
    """`src/pkg/__init__.py` -> ("src.pkg", True); the flag says that it is a package."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
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
        if folder.parent not in folders and folder.name not in ("", "torch"):
            found.setdefault(folder.name, set()).add(str(folder.parent))
    return found


def not_its_own(result: FileResult, audited: Mapping[str, set[str]]) -> FileResult:
    """The result without what it says of the very library it is part of."""
    here = {str(parent) for parent in PurePosixPath(result.path).parents}

    def own(sighting: Sighting) -> bool:
        name = (sighting.symbol or "").split(".")[0]
        return sighting.layer == "source" and not here.isdisjoint(audited.get(name, ()))

    kept = tuple(s for s in result.sightings if not own(s))
    same = len(kept) == len(result.sightings)
    return result if same else msgspec.structs.replace(result, sightings=kept)


def imported_modules(text: str, module: str, package: bool, roots: Iterable[str]) -> Iterator[str]:
    """Every dotted name, from the root, that an import statement of this text can mean."""
    parent = module if package else module.rpartition(".")[0]
    starts = list(dict.fromkeys([parent, *roots]))
    for match in IMPORT.finditer(text):
        source = match["source"]
        if source is None:
            plain = [part.split(" as ")[0].strip() for part in match["plain"].split(",")]
        elif source.startswith("."):
            yield _relative(source, parent)
            continue
        else:
            plain = [source]
        for name in plain:
            yield from (f"{start}.{name}" if start else name for start in starts)


def _relative(source: str, parent: str) -> str:
    name = source.lstrip(".")
    up = len(source) - len(name) - 1
    parts = parent.split(".") if parent else []
    return ".".join([*parts[: len(parts) - up], *([name] if name else [])])


def import_graph(results: Iterable[FileResult]) -> networkx.DiGraph[str]:
    """The audited modules; an edge leads from a module to each one its imports can mean."""
    imports = {module_name(r.path)[0]: r.imports for r in results if is_python(r.path)}
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(imports)
    below: dict[str, list[str]] = {}
    for module in imports:
        for name in _prefixes(module):
            below.setdefault(name, []).append(module)
    for module, names in imports.items():
        for name in names:
            graph.add_edges_from((module, found) for found in below.get(name, ()))
            graph.add_edges_from((module, found) for found in _prefixes(name) if found in imports)
    return graph


def is_python(path: str) -> bool:
    """Whether a file takes part in imports."""
    return path.endswith((".py", ".pyi"))


def _prefixes(name: str) -> Iterator[str]:
    """`a.b.c` -> `a`, `a.b`, `a.b.c`."""
    parts = name.split(".")
    return (".".join(parts[:size]) for size in range(1, len(parts) + 1))


def relevant(
    table: Mapping[str, Mapping[str, Export]], imported: Iterable[str]
) -> dict[str, Mapping[str, Export]]:
    """The part of the export table that these imports can reach."""
    reachable: dict[str, Mapping[str, Export]] = {}
    for name in set(imported):
        for module in table:
            if module == name or module.startswith(f"{name}.") or name.startswith(f"{module}."):
                reachable[module] = table[module]
    return reachable
