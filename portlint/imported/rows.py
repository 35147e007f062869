"""The lines of tables -> rows of an overlay, and a word on each line that could not be read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from portlint.imported.tables import Line
from portlint.imported.words import dtypes, operators, status
from portlint.model import Frozen
from portlint.row import STACKS, Row


class Asked(Frozen, frozen=True, kw_only=True):
    """What the person who imports says of the whole table."""

    table: str
    evidence: str
    checked: date
    stack: tuple[str, ...] = ()
    chip: tuple[str, ...] = ()
    workload: tuple[str, ...] = ()
    sdk: str = ""


class Read(NamedTuple):
    """What came of a file: the rows, and line number and fault of what did not become one."""

    rows: list[Row]
    faults: list[tuple[int, str]]


def rows(lines: Iterable[Line], asked: Asked) -> Read:
    """Every line that names an operator and says something of it, as rows."""
    found: dict[tuple[object, ...], Row] = {}
    faults: list[tuple[int, str]] = []
    for line in lines:
        if "name" not in line.cells or not line.cells.keys() & {"status", "fallback", *STACKS}:
            continue
        for item in _line(line, asked):
            if isinstance(item, Row):
                found[item.name, item.stack, item.restriction] = item
            else:
                faults.append((line.number, item))
    return Read(list(found.values()), faults)


def _line(line: Line, asked: Asked) -> Iterator[Row | str]:
    cells = line.cells
    names, remark = operators(cells["name"])
    if not names:
        yield f"{cells['name']!r} is no name of an operator"
        return
    kinds, strange = dtypes(cells.get("dtypes", ""))
    if strange:
        yield f"{', '.join(strange)}: no dtype of that name"
    for stack, said in _said(cells, asked):
        meaning = status(said, cells.get("fallback", ""))
        if meaning is None:
            yield f"status {said!r} is not known: write supported, partial, fallback or unsupported"
            continue
        if remark and meaning in ("supported", "falls-back", "unsupported"):
            remark, meaning = f"{remark}: {meaning}", "restricted"
        limit = f"dtypes: {', '.join(kinds)}" if kinds else ""
        limits = "; ".join(filter(None, (limit, remark, cells.get("note"))))
        for name in names:
            yield _row(name, meaning, limits, stack, cells.get("sdk", ""), asked)


def _said(cells: dict[str, str], asked: Asked) -> Iterator[tuple[Sequence[str], str]]:
    """Stacks and what is said of them: a column for each, or one for all that were asked for."""
    columns = [stack for stack in sorted(STACKS) if stack in cells]
    for stack in columns:
        if cells[stack]:
            yield (stack,), cells[stack]
    if not columns:
        yield asked.stack, cells.get("status", "")


def _row(
    name: str, meaning: str, restriction: str, stack: Sequence[str], since: str, asked: Asked
) -> Row:
    own = re.search(r"(?<!\d)\d+\.\d+", since)
    return Row(
        name=name,
        kind="op" if not name.startswith("torch.") else "api",
        status=meaning,
        restriction=" ".join(restriction.split()),
        stack=tuple(stack),
        chip=asked.chip,
        workload=asked.workload,
        sdk=f">={own[0]}" if own and meaning != "unsupported" else asked.sdk,
        evidence=asked.evidence,
        confidence="documented",
        checked=asked.checked,
        table=asked.table,
    )
