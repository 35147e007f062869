"""A row of attention_paths.csv as it is written -> what is wrong with it, and the fact in it."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.attention.condition import Condition, condition
from portlint.attention.kinds import kinds
from portlint.report import AttentionVerdict
from portlint.row import faults as fact_faults
from portlint.row import split

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


def faults(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Column and fault of everything that is wrong with a row."""
    if None in cells or None in cells.values():
        yield "rule", "the row has more or fewer cells than there are columns"
        return
    if cells["verdict"] not in STATUS:
        yield "verdict", f"{cells['verdict']!r} is none of {', '.join(STATUS)}"
        return
    for column, fault in fact_faults(fact_cells(cells)):
        yield AS_FACT.get(column, column), fault
    for column in ("words", "kind"):
        if not cells[column]:
            yield column, "is empty"
    try:
        kinds_of(cells["kind"])
    except ValueError as error:
        yield "kind", str(error)
    try:
        conditions_of(cells["when"])
    except ValueError as error:
        yield "when", str(error)
    if cells["port"] and not cells["port"].startswith("https://"):
        yield "port", "give an https address, or nothing"


def fact_cells(cells: dict[str, str]) -> dict[str, str]:
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


def kinds_of(cell: str) -> frozenset[str]:
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


def conditions_of(cell: str) -> tuple[Condition, ...]:
    """ "window;!causal" -> the two conditions."""
    return tuple(condition(part) for part in split(cell))
