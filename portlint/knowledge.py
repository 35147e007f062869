"""rules/tables/ -> every fact as one kind of row, whatever shape its table has."""

from collections.abc import Iterator
from pathlib import Path

from portlint.adapt import ADAPTERS
from portlint.catalog import columns, rules_folder
from portlint.row import Row, is_uniform, read

__all__ = ["Row", "rows"]


def rows(folder: Path | None = None) -> Iterator[Row]:
    """All rows of a folder of rules (default: the shipped one), table by table.

    A table in the columns of a row is read as it is; of the others each has an adapter. RuleError
    names file, row and column of a row that lacks what makes it a fact.
    """
    tables = (folder or rules_folder()) / "tables"
    for path in sorted(tables.glob("*.csv")):
        if is_uniform(columns(path)):
            yield from read(path)
        elif path.stem in ADAPTERS:
            yield from ADAPTERS[path.stem](tables.parent)
