"""A mention of a name -> whether it can mean a unit of some file, and whether it surely does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from portlint.reading import FileResult
from portlint.source.imports import starts_of
from portlint.source.lineage import DEFINED, Lineage
from portlint.source.modules import module_name
from portlint.units import Unit, Use

OWN = ("self", "cls", "__class__")


class Meant:
    """What the imports of the live files, and their classes, say about names."""

    def __init__(
        self,
        live: Mapping[str, FileResult],
        text: Callable[[str], str],
        lineage: Lineage,
        roots: Sequence[str],
    ) -> None:
        self.live = live
        self.text = text
        self.lineage = lineage
        self.roots = roots
        self.modules = {module_name(path)[0]: path for path in live}
        self.defined: dict[str, frozenset[str]] = {}
        self.words: dict[str, frozenset[str]] = {}

    def can(self, use: Use, unit: Unit) -> bool:
        """Whether a mention of the unit's name can mean it; its own mentions do not count."""
        if use.is_operator or unit in use.units:
            return False
        if use.is_string:
            return True
        first, _, rest = use.mention.text.partition(".")
        if unit.owner:
            return bool(rest) and self._can_own(use, unit, first)
        if not rest:
            return use.path == unit.path or self._imports(use.path, unit)
        parts = set(module_name(unit.path)[0].split("."))
        return first not in (*OWN, "?") and not parts.isdisjoint(self._words(use.path))

    def does(self, use: Use, unit: Unit) -> bool:
        """Whether a mention that can mean the unit surely does, as far as imports tell."""
        if use.is_string:
            return False
        if use.path == unit.path or use.is_operator:
            return True
        home = module_name(unit.path)[0].rpartition(".")[2]
        return not {home, unit.owner or unit.name}.isdisjoint(self._words(use.path))

    def _can_own(self, use: Use, unit: Unit, first: str) -> bool:
        """Whether `x.f` can be a method of the unit's class."""
        if use.mention.text.count(".") > 1:
            return True
        if first in OWN:
            inside = use.mention.inside
            owner = (inside[-2] if len(inside) > 1 else "").rpartition(".")[2]
            return not owner or self.lineage.related(owner, unit.owner)
        return first not in self.lineage.bases or self.lineage.related(first, unit.owner)

    def _words(self, path: str) -> frozenset[str]:
        """Every part of the names that a file imports."""
        if path not in self.words:
            imports = self.live[path].imports
            found = {sys.intern(w) for source, _ in imports for w in source.split(".")}
            self.words[path] = frozenset(found.union(name for _, name in imports))
        return self.words[path]

    def _imports(self, path: str, unit: Unit) -> bool:
        """Whether a file imports a module's name, from there or from who passes it on."""
        named = [s for s, name in self.live[path].imports if name in (unit.name, "*")]
        if not named:
            return False
        module, package = module_name(path)
        home = module_name(unit.path)[0]
        starts = starts_of(module, package, self.roots)
        for source in named:
            plain = source.removeprefix(".")
            paths = [f"{start}.{plain}" if start else plain for start in starts]
            known = [
                self.modules[p]
                for p in ([plain] if source.startswith(".") else paths)
                if p in self.modules
            ]
            if any(p == unit.path or unit.name not in self._defined(p) for p in known):
                return True
            if not known and plain.rpartition(".")[2] in home.split("."):
                return True
        return False

    def _defined(self, path: str) -> frozenset[str]:
        """The functions and classes of a module that someone imports from."""
        if path not in self.defined:
            self.defined[path] = frozenset(DEFINED.findall(self.text(path)))
        return self.defined[path]
