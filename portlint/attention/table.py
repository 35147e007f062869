"""rules/tables/attention_paths.csv -> its rows; refuses one that is no fact, with file and column.

A row without a condition is what serves a kind on a target: there is one for each. A row with
conditions is a limit: it makes the verdict worse for every kind it names. So what one limit costs
is written once, and no limit hides another.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from portlint.attention.condition import Condition, condition
from portlint.attention.kinds import kinds
from portlint.catalog import rules_folder
from portlint.errors import RuleError
from portlint.model import AttentionKernels, AttentionVerdict, Frozen
from portlint.row import Row, faults, split

NAME = "attention_paths"
COLUMNS = (
    *("kind", "when", "stack", "chip", "workload", "sdk", "verdict", "prefill", "decode"),
    *("backward", "words", "instead", "port", "confidence", "evidence", "checked", "rule"),
)
STATUS: dict[AttentionVerdict, str] = {
    "supported": "supported",
    "limited": "restricted",
    "compiler-path": "slow",
    "unknown": "unknown",
    "unsupported": "unsupported",
}
"""The verdicts, from best to worst, and what they are called as a fact.

`limited` comes before `compiler-path`: a kernel serves it after a small change.
"""
AS_FACT = {"name": "kind", "status": "verdict", "restriction": "words"}
"""Columns of a fact that have another name here."""


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
    for column, fault in _faults(cells):
        raise RuleError(f"{path}: line {line} ({cells['kind']}): column '{column}': {fault}")
    return _row(cells)


def _faults(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    if None in cells or None in cells.values():
        yield "rule", "the row has more or fewer cells than there are columns"
        return
    if cells["verdict"] not in STATUS:
        yield "verdict", f"{cells['verdict']!r} is none of {', '.join(STATUS)}"
        return
    for column, fault in faults(_fact_cells(cells)):
        yield AS_FACT.get(column, column), fault
    for column in ("words", "kind"):
        if not cells[column]:
            yield column, "is empty"
    try:
        _kinds(cells["kind"])
    except ValueError as error:
        yield "kind", str(error)
    try:
        _conditions(cells["when"])
    except ValueError as error:
        yield "when", str(error)
    if cells["port"] and not cells["port"].startswith("https://"):
        yield "port", "give an https address, or nothing"


def _fact_cells(cells: dict[str, str]) -> dict[str, str]:
    """The same as a row of a table of facts is written."""
    same = ("instead", "stack", "chip", "workload", "sdk", "confidence", "evidence", "checked")
    return {
        "name": cells["kind"],
        "aliases": "",
        "kind": "attention",
        "status": STATUS[cells["verdict"]],  # type: ignore[index]
        "restriction": cells["words"],
        "via": "",
        "rule": cells["rule"],
    } | {column: cells[column] for column in same}


def _row(cells: dict[str, str]) -> PathRow:
    fact = _fact_cells(cells)
    ranges = {
        column: () if fact[column] == "*" else split(fact[column])
        for column in ("stack", "chip", "workload")
    }
    read = fact | ranges | {"aliases": (), "checked": date.fromisoformat(fact["checked"])}
    return PathRow(
        kinds=_kinds(cells["kind"]),
        when=_conditions(cells["when"]),
        verdict=cells["verdict"],  # type: ignore[arg-type]
        kernels=AttentionKernels(**{k: cells[k] for k in ("prefill", "decode", "backward")}),
        port=cells["port"],
        fact=Row(
            **read | {"sdk": "" if fact["sdk"] == "*" else fact["sdk"]},  # type: ignore[arg-type]
            table=NAME,
        ),
    )


def _kinds(cell: str) -> frozenset[str]:
    """ "softmax;paged;-mla" -> the kinds of that family, one more, and one less."""
    known = kinds()
    found: set[str] = set()
    for part in split(cell):
        word = part.removeprefix("-")
        named = {k.name for k in known.values() if word in (k.name, k.family)}
        if not named:
            raise ValueError(f"{word!r} is neither a kind of attention nor a family of them")
        found = found - named if part.startswith("-") else found | named
    return frozenset(found)


def _conditions(cell: str) -> tuple[Condition, ...]:
    return tuple(condition(part) for part in split(cell))
