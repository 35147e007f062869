"""Where a file uses what it imports from a library: places for the finding at the import."""

from __future__ import annotations

from collections import Counter

from portlint.source import cst
from portlint.source.found import Hit
from portlint.source.idle import unused
from portlint.source.index import Entry
from portlint.source.nodes import dotted_text

MOST = 20
"""Uses of one import that are placed; positions of nodes cost time."""


class Uses:
    """Imports that were hits, by the names they bind, and the nodes that use those names."""

    def __init__(self) -> None:
        self.places: dict[int, list[cst.CSTNode]] = {}
        self._all: Counter[int] = Counter()
        self._bound: dict[tuple[str, str], int] = {}
        self._idle: dict[int, cst.Name | cst.Attribute] = {}
        self._busy: set[int] = set()

    def bind(self, entry: Entry, name: str, at: int) -> None:
        """The hit number `at` is an import that binds this name; a later one takes it over."""
        self._bound[entry.rule.code, name] = at

    def use(self, entry: Entry, node: cst.Name | cst.Attribute, idle: bool) -> None:
        """A name of a library is used here; what no import in this file brought is left out.

        An idle use asks for the version only, or whether the library is there.
        """
        name = (dotted_text(node) or "").split(".")[0]
        at = self._bound.get((entry.rule.code, name))
        if at is None:
            return
        if idle:
            self._idle.setdefault(at, node)
        else:
            self._busy.add(at)
        self._all[at] += 1
        if len(found := self.places.setdefault(at, [])) < MOST:
            found.append(node)

    def imports(self, hits: list[Hit]) -> dict[str, cst.CSTNode]:
        """The names that imports with a finding bind, with the node of the finding."""
        return {name: hits[at].found.node for (_, name), at in self._bound.items()}

    def idle(self, at: int, hit: Hit) -> Hit:
        """The hit number `at` behind a guard, where nothing of the import is used for its sake.

        A library that is compiled for CUDA fails where it is imported, used or not.
        """
        asked = self._idle.get(at)
        row = hit.rule.rows.get(hit.found.row or "")
        if asked is None or at in self._busy or row is None or not row.runs_without_cuda:
            return hit
        return hit._replace(guards=(*hit.guards, unused(asked)))

    def named(self, at: int, hit: Hit) -> Hit:
        """The hit number `at` with the places that use its import."""
        places = self.places.get(at)
        if not places:
            return hit
        more = tuple((node, f"uses `{dotted_text(node)}`") for node in places)
        related = (*hit.found.related, *more)
        return hit._replace(found=hit.found._replace(related=related, places=self._all[at]))
