"""The Python files of a run -> their pieces, numbered, and what names mean in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portlint.scope.bound import Bound, bound, without
from portlint.scope.pieces import MODULE, Piece, Pieces, pieces
from portlint.scope.words import Words, none, words
from portlint.source.doors import run_by
from portlint.source.imports import starts_of
from portlint.source.lineage import BASE, CLASS
from portlint.source.modules import module_name

EARLY = frozenset(["module", "variable", "class"])
"""Pieces that run when they are imported: what they name and do not call runs later, if at all."""
NAMED = frozenset(["function", "class", "variable"])
DEEP = 20
"""Modules through which a name is passed on at most."""


class File(NamedTuple):
    """A file: its module, its pieces from a number on, and what names mean at module level."""

    path: str
    module: str
    package: bool
    cut: Pieces
    first: int
    defined: dict[str, list[int]]
    bound: list[Bound]
    locals: dict[str, list[Bound]]


class Code:
    """All files; what their names and imports mean is worked out when it is asked for.

    `members` are the methods of a class and what a module defines, by name; `holders` the classes
    and modules that have a member of a name.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], roots: Sequence[str]) -> None:
        self.files: list[File] = []
        self.pieces: list[Piece] = []
        self.homes: list[int] = []
        self.roots = roots
        self.members: dict[int, dict[str, list[int]]] = {}
        self.holders: dict[str, set[int]] = {}
        for path, text in texts:
            self._add(path, text)
        self.paths = {file.path: at for at, file in enumerate(self.files)}
        self.modules = {file.module: at for at, file in enumerate(self.files)}
        self.names = frozenset(self.modules)
        self._meant: dict[tuple[int, str], frozenset[int]] = {}
        self._imports: dict[int, dict[int, set[int]]] = {}
        self._brought: dict[int, set[str]] = {}

    def _add(self, path: str, text: str) -> None:
        module, package = module_name(path)
        cut, first = pieces(text), len(self.pieces)
        defined: dict[str, list[int]] = {}
        for at, piece in enumerate(cut.pieces, first):
            if piece.kind in NAMED:
                defined.setdefault(piece.name, []).append(at)
            if piece.name:
                holder = first + max(piece.owner, MODULE)
                self.members.setdefault(holder, {}).setdefault(piece.name, []).append(at)
                self.holders.setdefault(piece.name, set()).add(holder)
        names = list(bound(cut.text, module, package))
        local: dict[str, list[Bound]] = {}
        for item in names:
            local.setdefault(item.local, []).append(item)
        self.homes += [len(self.files)] * len(cut.pieces)
        self.files.append(File(path, module, package, cut, first, defined, names, local))
        self.pieces += cut.pieces

    def file(self, at: int) -> File:
        """The file of a piece."""
        return self.files[self.homes[at]]

    def line(self, at: int) -> int:
        """The line of a piece in its file."""
        file = self.file(at)
        return file.cut.line(at - file.first)

    def piece(self, path: str, line: int) -> int:
        """The piece that a line of a file belongs to."""
        file = self.files[self.paths[path]]
        return file.first + file.cut.on(line)

    def kind(self, home: int, kind: str) -> Iterator[int]:
        """The pieces of a kind in the file with this number."""
        file = self.files[home]
        return (n for n, p in enumerate(file.cut.pieces, file.first) if p.kind == kind)

    def words(self, home: int) -> dict[int, Words]:
        """The names in the pieces of a file, but for its imports."""
        file = self.files[home]
        texts = file.cut.parts(without(file.cut.text, file.bound))
        calling = [n for n, piece in enumerate(file.cut.pieces) if piece.kind in EARLY]
        found = words(texts, calling)
        return {file.first + n: found.get(n) or none() for n in range(len(file.cut.pieces))}

    def imported_names(self, at: int) -> set[str]:
        """The names in the import statements of a piece."""
        file = self.file(at)
        mine = [item for item in file.bound if file.first + file.cut.at(item.at) == at]
        return {word for item in mine for word in (*item.source.split("."), item.name)}

    def parents(self, at: int) -> list[str]:
        """The last names of what a class is derived from."""
        text, end = self.file(at).cut.text, self.pieces[at].at
        match = CLASS.match(text, text.rfind("\n", 0, end) + 1)
        return BASE.findall(match[2] or "") if match else []

    def bases(self, at: int) -> set[int]:
        """The audited classes that a class is derived from."""
        found = self.targets(self.homes[at], set(self.parents(at)))
        return {base for base in found if self.pieces[base].kind == "class" and base != at}

    def targets(self, home: int, names: set[str]) -> set[int]:
        """What names mean in a file, as far as it is audited code."""
        file = self.files[home]
        known = names & (file.defined.keys() | file.locals.keys() | self._starred(file))
        return {target for name in known for target in self.meant(home, name)}

    def meant(self, home: int, name: str, deep: int = 0) -> frozenset[int]:
        """The functions, classes, variables and modules that a name can mean in a file."""
        key = (home, name)
        if key not in self._meant:
            self._meant[key] = frozenset()  # what comes around to itself means nothing
            self._meant[key] = frozenset(self._found(home, name, deep))
        return self._meant[key]

    def _found(self, home: int, name: str, deep: int) -> Iterator[int]:
        file = self.files[home]
        yield from file.defined.get(name, ())
        for item in file.locals.get(name, ()):
            for path in self._paths(file, item.source):
                whole = f"{path}.{item.name}" if item.name else path
                if whole in self.modules:
                    yield self.files[self.modules[whole]].first + MODULE
                if item.name and path in self.modules and deep < DEEP:
                    yield from self.meant(self.modules[path], item.name, deep + 1)
        if name not in file.defined and name not in file.locals and deep < DEEP:
            for other in self._stars(file):
                yield from self.meant(other, name, deep + 1)

    def _stars(self, file: File) -> Iterator[int]:
        """The files of which a file imports all names."""
        for item in file.locals.get("*", ()):
            for path in self._paths(file, item.source):
                if path in self.modules and path != file.module:
                    yield self.modules[path]

    def _starred(self, file: File) -> set[str]:
        """The names that `from … import *` brings into a file, as far as they are defined there."""
        if "*" not in file.locals:
            return set()
        if file.first not in self._brought:
            others = [self.files[home] for home in self._stars(file)]
            names = {name for other in others for name in (*other.defined, *other.locals)}
            self._brought[file.first] = names
        return self._brought[file.first]

    def _paths(self, file: File, source: str) -> list[str]:
        if source.startswith("."):
            return [source[1:]]
        starts = starts_of(file.module, file.package, self.roots)
        return [f"{start}.{source}" if start else source for start in starts]

    def imports(self, home: int) -> Mapping[int, set[int]]:
        """Piece of a file -> the module pieces that the import statements in it run."""
        if home not in self._imports:
            file = self.files[home]
            starts = starts_of(file.module, file.package, self.roots)
            found: dict[int, set[int]] = {}
            for item in file.bound:
                into = found.setdefault(file.first + file.cut.at(item.at), set())
                for module in run_by((item.source, item.name), starts, self.names):
                    into.add(self.files[self.modules[module]].first + MODULE)
            self._imports[home] = found
        return self._imports[home]

    def imported(self) -> frozenset[int]:
        """The files that some other file imports."""
        homes = range(len(self.files))
        pairs = ((h, self.homes[p]) for h in homes for ps in self.imports(h).values() for p in ps)
        return frozenset(other for home, other in pairs if other != home)
