"""Text -> what it imports, before anything else of it is read."""

from __future__ import annotations

from typing import NamedTuple

from portlint.source.doors import Pair, inner_of
from portlint.source.imports import placed


class Glance(NamedTuple):
    """The imports of a text, each once; `inner` are those of which every line is indented."""

    imports: tuple[Pair, ...] = ()
    inner: tuple[Pair, ...] = ()

    @property
    def outer(self) -> list[Pair]:
        """The imports that run with the module."""
        inner = frozenset(self.inner)
        return [pair for pair in self.imports if pair not in inner]


def glance(text: str, module: str, package: bool) -> Glance:
    """What a text imports; names in it are as Python reads them."""
    found = list(placed(text, module, package))
    return Glance(tuple(dict.fromkeys(pair for pair, _ in found)), inner_of(found))
