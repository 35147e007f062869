"""A CSV of what is known -> rows; refuses one without status, range, evidence or date."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from portlint.errors import RuleError
from portlint.model import Frozen

KINDS = {
    "op": "an overload of the operator library of PyTorch",
    "hlo": "an operator of XLA as the compiler takes it",
    "api": "a name of a Python API",
    "library": "a package by its import name",
    "dtype": "an element type",
    "compiler-error": "a code of the compiler, and what triggers it",
    "feature": "a feature of the framework, by the name people give it",
    "attention": "a variant of attention",
    "model": "an architecture, as config.json names it",
    "kernel": "a kernel of the NKI library",
    "port": "a model that somebody brought to Neuron",
    "hardware": "an instance or a chip",
    "release": "a release of the SDK or of a package",
    "environment": "an environment variable or a compiler flag",
}
STATUS = {
    "supported": "the vendor's page, a recipe or a measurement says that it works",
    "likely": "it ends in operators the compiler is known to take",
    "restricted": "works within the limits the row names",
    "differs": "runs, and numbers or meaning are not those of CUDA",
    "slow": "runs, and waits, recompiles or loses fusion",
    "recompiles": "a new shape or length is compiled anew",
    "falls-back": "the host runs it",
    "ignored": "is accepted and changes nothing",
    "experimental": "exists in a beta, or in community code that nobody promises to keep",
    "maintenance": "frozen: fixes only",
    "ended": "was there and is not shipped or supported any more",
    "announced": "said to come, or to change, with a later release",
    "unsupported": "does not import, compile or run",
    "unknown": "public material does not say",
}
COLUMNS = (
    *("name", "aliases", "kind", "status", "restriction", "instead", "stack", "chip"),
    *("workload", "sdk", "via", "confidence", "evidence", "checked", "rule"),
)
FREE = {"aliases", "restriction", "instead", "via", "rule"}
"""Cells that may be empty; an unlimited range is written as `*`."""
CHIPS = frozenset({"inf2", "trn1", "trn2", "trn3"})
STACKS = frozenset({"xla", "native-eager", "native-compile", "vllm"})
WORKLOADS = frozenset({"inference", "training"})


class Row(Frozen, frozen=True, kw_only=True):
    """One fact: what is known of a name on a range of targets; an empty range fits all.

    `name` is written as people ask for it, `sdk` is a specifier of releases ("" all of them),
    `via` names the library, tool or switch through which the fact holds, `rule` the rule that
    speaks of it, and `table` the file it stands in.
    """

    name: str
    aliases: tuple[str, ...] = ()
    kind: str
    status: str
    restriction: str = ""
    instead: str = ""
    stack: tuple[str, ...] = ()
    chip: tuple[str, ...] = ()
    workload: tuple[str, ...] = ()
    sdk: str = ""
    via: str = ""
    evidence: str
    confidence: Literal["documented", "derived", "inferred", "unknown"]
    checked: date
    rule: str = ""
    table: str


def is_uniform(columns: list[str]) -> bool:
    """Whether a table is written in the columns of a row, and so is read without an adapter."""
    return {"name", "kind", "status"} <= set(columns)


def read(path: Path) -> Iterator[Row]:
    """The rows of one CSV in file order; RuleError names file, row and column of a fault."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        columns = list(lines.fieldnames or ())
        if columns != list(COLUMNS):
            raise RuleError(f"{path}: the columns have to be {','.join(COLUMNS)}")
        for cells in lines:
            for column, fault in faults(cells):
                where = f"{path}: line {lines.line_num} ({cells['name']})"
                raise RuleError(f"{where}: column '{column}': {fault}")
            yield _row(cells, path.stem)


def _row(cells: dict[str, str], table: str) -> Row:
    ranges = {c: () if cells[c] == "*" else split(cells[c]) for c in ("stack", "chip", "workload")}
    return Row(
        **cells
        | ranges  # type: ignore[arg-type]
        | {"sdk": "" if cells["sdk"] == "*" else cells["sdk"]}
        | {"aliases": split(cells["aliases"]), "checked": date.fromisoformat(cells["checked"])},
        table=table,
    )


def split(cell: str) -> tuple[str, ...]:
    """ "a; b" -> ("a", "b")."""
    return tuple(part for part in (part.strip() for part in cell.split(";")) if part)


def faults(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Column and fault of everything that is wrong with a row as it is written."""
    if None in cells or None in cells.values():
        yield "rule", "the row has more or fewer cells than there are columns"
        return
    for column in COLUMNS:
        if not cells[column] and column not in FREE:
            yield column, "is empty (write * for a range without a limit)"
    for column, known in (("kind", KINDS), ("status", STATUS)):
        if cells[column] and cells[column] not in known:
            yield column, f"{cells[column]!r} is none of {', '.join(known)}"
    for column, values in (("stack", STACKS), ("chip", CHIPS), ("workload", WORKLOADS)):
        strange = set(split(cells[column])) - values - {"*"}
        if strange:
            yield column, f"{', '.join(sorted(strange))} is none of {', '.join(sorted(values))}"
    yield from _sdk_faults(cells["sdk"])
    yield from _source_faults(cells)


def _sdk_faults(sdk: str) -> Iterator[tuple[str, str]]:
    if sdk not in {"", "*"} and not _specifies(sdk):
        yield "sdk", f"{sdk!r} is no range of releases such as >=2.23,<2.33"


@cache
def _specifies(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a tenth of a warm run

    try:
        return bool(len(SpecifierSet(text)))
    except InvalidSpecifier:
        return False


def _source_faults(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    evidence, confidence = cells["evidence"], cells["confidence"]
    if confidence and confidence not in {"documented", "derived", "inferred", "unknown"}:
        yield "confidence", f"{confidence!r} is not documented, derived, inferred or unknown"
    if (confidence == "unknown") != (cells["status"] == "unknown"):
        yield "confidence", "'unknown' goes with the status 'unknown', and with no other"
    words = {"unknown": "none", "inferred": "judgement"}
    if not evidence.startswith("https://") and evidence != words.get(confidence):
        yield "evidence", "give an https address ('judgement' if inferred, 'none' if unknown)"
    if not _is_day(cells["checked"]):
        yield "checked", f"{cells['checked']!r} is no day such as 2026-11-26"
    if cells["rule"] and not re.fullmatch(r"NEU\d{3}(;NEU\d{3})*", cells["rule"]):
        yield "rule", f"{cells['rule']!r} is no code such as NEU501"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def as_cells(row: Row) -> dict[str, str]:
    """A row as it is written in a table."""
    data = msgspec.structs.asdict(row)
    lists = {name: ";".join(data[name]) for name in ("aliases", "stack", "chip", "workload")}
    cells = data | lists | {"checked": row.checked.isoformat()}
    return {
        c: cells[c] or ("*" if c in {"stack", "chip", "workload", "sdk"} else "") for c in COLUMNS
    }
