"""Whether a statement reaches a name the catalogue knows, by Python's own syntax tree."""

from __future__ import annotations

import ast
import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from portlint.source.lines import children, lines_of, on, spelling, standing

Aliases = Mapping[str, frozenset[str]]
"""Local name -> every dotted path it is imported as anywhere in the file; "" holds star imports."""
Test = Callable[[str], bool]
MANY = 1 << 15
"""Paths of which a process remembers whether they are known."""
FEW = 100
"""Names that a text is searched for, one after the other."""


class Known(NamedTuple):
    """Dotted names: `symbols` stand for everything below them, `ancestors` only for themselves."""

    symbols: frozenset[str]
    ancestors: frozenset[str]

    def means(self, path: str) -> bool:
        """Whether this path, or something it is an attribute of, is known."""
        if path in self.ancestors or path in self.symbols:
            return True
        while "." in path:
            path = path.rpartition(".")[0]
            if path in self.symbols:
                return True
        return False


class _Lookup(NamedTuple):
    """What is known, asked often: whether a path is, and whether it is or leads to what is."""

    means: Test
    opens: Test


@functools.lru_cache(maxsize=4)
def _lookup(known: Known) -> _Lookup:
    stems = {
        path[: dot.start()]
        for path in known.symbols | known.ancestors
        for dot in re.finditer(r"\.", path)
    }
    means = functools.lru_cache(maxsize=MANY)(known.means)
    return _Lookup(means, functools.lru_cache(MANY)(lambda path: path in stems or means(path)))


def aliases(module: ast.Module, text: str) -> Aliases:
    """What the imports of a file, wherever they stand, can make of its names."""
    found: dict[str, set[str]] = {}
    for node in standing(module.body, spelling(text, "import")):
        for name, path in imported(node):
            found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names an import statement binds and the paths they stand for; "" for a star."""
    if isinstance(node, ast.Import):
        for item in node.names:
            root = item.name.split(".")[0]
            yield (item.asname, item.name) if item.asname else (root, root)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        for item in node.names:
            if item.name == "*":
                yield "", node.module
            else:
                yield item.asname or item.name, f"{node.module}.{item.name}"


def reaching(module: ast.Module, names: Aliases, known: Known, text: str) -> frozenset[ast.stmt]:
    """The statements of a module, and of classes in it, that `reaches` says yes to."""
    means, opens = _lookup(known)
    lines = _candidates(names, text, means, opens)
    found: set[ast.stmt] = set()
    stack: list[tuple[ast.stmt, tuple[ast.ClassDef, ...]]] = [(n, ()) for n in module.body]
    while stack:
        node, around = stack.pop()
        if lines is not None and not on(lines, node):
            continue
        parts: Iterable[ast.AST] = [node]
        if isinstance(node, ast.ClassDef):
            stack.extend((part, (*around, node)) for part in node.body)
            parts = (part for part in children(node) if not isinstance(part, ast.stmt))
        if _holds(parts, names, means, lines):
            found.update(around)
            found.add(node)
    return frozenset(found)


def reaches(statement: ast.stmt, names: Aliases, known: Known) -> bool:
    """Whether some name or attribute in the statement can stand for a known one."""
    return _holds([statement], names, _lookup(known).means, None)


def _holds(parts: Iterable[ast.AST], names: Aliases, means: Test, lines: list[int] | None) -> bool:
    """Whether a known name is in one of these; `lines` are those where there can be one."""
    stack = list(parts)
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Attribute or kind is ast.Name:
            tail = ""
            while isinstance(node, ast.Attribute):
                tail = f".{node.attr}{tail}"
                node = node.value
            if not isinstance(node, ast.Name):
                stack.append(node)
            elif any(means(path + tail) for path in _paths(node.id, names)):
                return True
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if any(map(means, _modules(node))):
                return True
        elif lines is None or not isinstance(node, ast.stmt) or on(lines, node):
            stack.extend(children(node))
    return False


def _paths(name: str, names: Aliases) -> Iterator[str]:
    """Everything that a name can stand for."""
    yield from names.get(name, ())
    yield from (f"{star}.{name}" for star in names.get("", ()))


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Every dotted path an import statement names."""
    if isinstance(node, ast.Import):
        yield from (item.name for item in node.names)
    else:
        yield node.module or ""
        yield from (path for _, path in imported(node))


def _candidates(names: Aliases, text: str, means: Test, opens: Test) -> list[int] | None:
    """The lines of imports, and those where the text spells a known name or may go on to one.

    None where that cannot be told: a star may stand for any name, and many names are not searched.
    """
    live = {name: paths for name, paths in names.items() if any(map(opens, paths))}
    if "" in live or len(live) > FEW:
        return None
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)  # as Python does with names
    found = set(spelling(text, "import"))
    for name, paths in live.items():
        found.update(lines_of(text, _spelled(name, paths, text, means, opens)))
    return sorted(found)


def _spelled(name: str, paths: Iterable[str], text: str, means: Test, opens: Test) -> Iterator[int]:
    """Where a text has a name with attributes that make it known.

    What goes on behind a bracket, a comment or the end of a line is not read: it may be anything.
    """
    told: dict[tuple[str, ...], bool] = {}
    for use in _use(name).finditer(text):
        tail, more = use.groups()
        known = told.get((tail, more))
        if known is None:
            test = opens if more else means
            known = told[tail, more] = any(test(path + tail) for path in paths)
        if known:
            yield use.start()


MORE = r"(?:[.\\#)]|\n(?=\s*[.\\#)]))?"
"""What an attribute may be read behind; the next line only where it goes on with one of these."""


@functools.lru_cache(maxsize=1024)
def _use(name: str) -> re.Pattern[str]:
    """A name that is no attribute, with what follows; what an import begins with is left out.

    The name comes first in the pattern, which makes the search fast. Behind `as` it is not used.
    """
    name = re.escape(name)
    before = rf"(?<![\w.]{name})(?<!\bimport {name})(?<!\bas {name})"
    return re.compile(rf"{name}{before}(?!\w)((?:\.\w+)*+)[ \t\f]*+(?!import\b)({MORE})")
