"""Functions and classes as units that are used as a whole, and which of them a place stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from portlint.model import Span
from portlint.source.enclosing import around
from portlint.source.lineage import OPERATORS
from portlint.source.mentions import Mention


class Unit(NamedTuple):
    """A function that is in no other, or a class, by its qualified name in a file."""

    path: str
    qualified: str

    @property
    def name(self) -> str:
        """Its own name."""
        return self.qualified.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """The class that a method is of; empty for what a module holds."""
        return self.qualified.rpartition(".")[0].rpartition(".")[2]


class Use(NamedTuple):
    """A mention in a file of what may be a unit."""

    path: str
    mention: Mention

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """Mentions with the same one stand in the same definitions and are spelled the same."""
        return (self.path, self.mention.inside, self.mention.text)

    @property
    def units(self) -> list[Unit]:
        """The units around it."""
        return [Unit(self.path, qualified) for qualified in self.mention.inside]

    @property
    def is_string(self) -> bool:
        """Whether it only spells the name."""
        return self.mention.text.startswith("'")

    @property
    def is_operator(self) -> bool:
        """Whether it names an operator of torch."""
        return self.mention.text.startswith(OPERATORS)

    def is_operator_of(self, library: str) -> bool:
        """Whether it names an operator of a library, if the operator's is known."""
        return self.is_operator and library in ("", self.mention.text.split(".")[2])


def units_at(module: ast.Module, span: Span, path: str) -> list[Unit]:
    """The classes and the outermost function in which a place stands."""
    return units_of(path, around(module, span))


def units_of(path: str, names: Iterable[str]) -> list[Unit]:
    """Definitions of a file, by name, as units."""
    return [Unit(path, qualified) for qualified in names]
