"""Catalogue and tables -> everything that questions are answered from, arranged once."""

from __future__ import annotations

from typing import NamedTuple

from portlint import knowledge, passes
from portlint.catalog import Catalog
from portlint.query.facts import Facts, arrange
from portlint.query.operators import Public, public
from portlint.source.index import Index


class Known(NamedTuple):
    """Everything a question is answered from; made once for all questions."""

    catalog: Catalog
    source: Index
    newer: Facts
    facts: Facts
    public: Public
    homes: dict[str, str]


def prepare(catalog: Catalog) -> Known:
    """Arrange the catalogue, the rows of all tables and the public names."""
    index = passes.start(catalog)
    names = public()
    rows = arrange(knowledge.rows(catalog.folder))
    return Known(catalog, index, arrange(catalog.newer), rows, names, _homes(index, names))


def _homes(index: Index, names: Public) -> dict[str, str]:
    """What a word alone stands for: a package, a class, a function, or (`.item`) a method."""
    paths = [*index.exact, *index.below, *names.runs]
    homes = {path.partition(".")[0]: path.partition(".")[0] for path in paths}
    for path in sorted(paths, key=_homely):
        owner, _, last = path.rpartition(".")
        homes.setdefault(f".{last}" if owner == "torch.Tensor" else last, path)
    return homes


def _homely(path: str) -> tuple[bool, int, str]:
    """Names of torch before those of other packages, short paths before long ones."""
    return not path.startswith("torch."), path.count("."), path
