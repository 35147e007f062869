"""The audited repository as modules: paths -> dotted names, and which of them a text imports."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from portlint.model import Export

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
