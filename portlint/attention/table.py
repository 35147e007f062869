"""rules/tables/attention_paths.csv -> its rows; refuses one that is no fact, with file and column.

A row without a condition is what serves a kind on a target: there is one for each. A row with
conditions is a limit: it makes the verdict worse for every kind it names. So what one limit costs
is written once, and no limit hides another.
"""

from __future__ import annotations

import csv
import functools
from datetime import date
from pathlib import Path

from portlint.attention.check import COLUMNS, conditions_of, fact_cells, faults, kinds_of
from portlint.attention.condition import Condition
from portlint.catalog import rules_folder
from portlint.errors import RuleError
from portlint.model import Frozen
from portlint.report import AttentionKernels, AttentionVerdict
from portlint.row import Row, split

NAME = "attention_paths"


class PathRow(Frozen, frozen=True, kw_only=True):
    """One row: the kinds and conditions it is for, and what it says; `fact` has range and source.

    A kernel is "" where the row names none, and "-" where a limit takes it away.
    """

    kinds: frozenset[str]
    when: tuple[Condition, ...]
    verdict: AttentionVerdict
    kernels: AttentionKernels
    port: str
    fact: Row


@functools.cache
def table(folder: Path | None = None) -> tuple[PathRow, ...]:
    """The rows of a folder of rules (default: the shipped one), in file order."""
    path = (folder or rules_folder()) / "tables" / f"{NAME}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if list(lines.fieldnames or ()) != list(COLUMNS):
            raise RuleError(f"{path}: the columns have to be {','.join(COLUMNS)}")
        return tuple(_checked(path, lines.line_num, cells) for cells in lines)


def _checked(path: Path, line: int, cells: dict[str, str]) -> PathRow:
    for column, fault in faults(cells):
        raise RuleError(f"{path}: line {line} ({cells['kind']}): column '{column}': {fault}")
    return _row(cells)


def _row(cells: dict[str, str]) -> PathRow:
    fact = fact_cells(cells)
    ranges = {
        column: () if fact[column] == "*" else split(fact[column])
        for column in ("stack", "chip", "workload")
    }
    read = fact | ranges | {"aliases": (), "checked": date.fromisoformat(fact["checked"])}
    return PathRow(
        kinds=kinds_of(cells["kind"]),
        when=conditions_of(cells["when"]),
        verdict=cells["verdict"],  # type: ignore[arg-type]
        kernels=AttentionKernels(**{k: cells[k] for k in ("prefill", "decode", "backward")}),
        port=cells["port"],
        fact=Row(
            **read | {"sdk": "" if fact["sdk"] == "*" else fact["sdk"]},  # type: ignore[arg-type]
            table=NAME,
        ),
    )
