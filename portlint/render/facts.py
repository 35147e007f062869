"""Rows of knowledge -> a list of them: for a terminal, for a spreadsheet, as Markdown."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from portlint.render.words import plural, visible
from portlint.row import COLUMNS, KINDS, Row

WIDE = 48
"""Cells a name takes at most before the columns behind it move."""


def text(rows: Sequence[Row]) -> str:
    """One line for each fact: name, status, how sure, and within what limits."""
    wide = min(WIDE, max((len(row.name) for row in rows), default=0))
    return "".join(f"{_line(row, wide)}\n" for row in rows)


def _line(row: Row, wide: int) -> str:
    said = "; ".join(filter(None, (scope(row), row.restriction, row.instead)))
    return visible(f"{row.name:{wide}}  {row.status:12}  {row.confidence:10}  {said}").rstrip()


def scope(row: Row) -> str:
    """Where a fact holds: `xla, in inference, SDK >=2.23`; "" for everywhere."""
    parts = [", ".join(filter(None, (*row.stack, *row.chip)))]
    parts += [f"in {' and '.join(row.workload)}"] if row.workload else []
    parts += [f"SDK {row.sdk}"] if row.sdk else []
    parts += [f"via {row.via}"] if row.via else []
    return ", ".join(filter(None, parts))


def table(rows: Iterable[Row]) -> str:
    """The columns of rules/tables/ as CSV; several values of a cell are parted by `;`."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(COLUMNS)
    for row in rows:
        cells = (getattr(row, column) for column in COLUMNS)
        lines.writerow(";".join(c) if isinstance(c, tuple) else str(c) for c in cells)
    return file.getvalue()


def markdown(rows: Sequence[Row], kind: str) -> str:
    """A table with a line for each name of which something is known; then the other names.

    The sources are numbered, and listed below. Overloads that write into a given tensor are left
    out: what holds for the operator holds for them.
    """
    kept = [row for row in rows if not _writes(row)]
    head = (f"<!-- `portlint query --kind {kind} --matrix --format markdown` -->", f"# {kind}", "")
    names = plural(len({row.name for row in kept}), "name")
    about = f"{kind}: {KINDS[kind]}. {names}, each with what public material says of it."
    return "".join(f"{line}\n" for line in (*head, about, "", *_markdown(kept)))


def _writes(row: Row) -> bool:
    return row.kind == "op" and row.name.rpartition(".")[2].endswith("out")


def _markdown(rows: Sequence[Row]) -> Iterator[str]:
    sources: dict[tuple[str, str], int] = {}
    unknown = []
    yield from ("| name | what is known |", "|---|---|")
    for name, group in groupby(rows, key=lambda row: row.name):
        facts = list(group)
        if all(row.status == "unknown" for row in facts):
            unknown.append(f"`{name}`")
        else:
            said = (_said(same, sources) for same in _together(facts))
            yield f"| `{_cell(name)}` | {'<br>'.join(said)} |"
    if unknown:
        yield from (
            "",
            f"Of these {len(unknown)} public material says nothing: {', '.join(unknown)}.",
        )
    yield ""
    for (url, day), number in sources.items():
        yield f"{number}. <{url}> ({day})"


def _together(facts: Iterable[Row]) -> Iterable[list[Row]]:
    """Facts that say the same of several places, together."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in facts:
        limits = () if row.status == "unknown" else (row.restriction, row.instead, row.rule)
        groups.setdefault((row.status, row.confidence, row.evidence, *limits), []).append(row)
    return groups.values()


def _said(rows: Sequence[Row], sources: dict[tuple[str, str], int]) -> str:
    first = rows[0]
    where = "; ".join(filter(None, dict.fromkeys(map(scope, rows))))
    words = f"**{first.status}**" + (f" ({_cell(where)})" if where else "")
    if first.status == "unknown":
        return words
    limits = (first.restriction, first.instead and f"instead: {first.instead}")
    said = "; ".join(filter(None, limits))
    words += f": {_cell(said)}" if said else ""
    words += f", {first.confidence}" + (f", {first.rule}" if first.rule else "")
    if first.evidence.startswith("https://"):
        key = (first.evidence, first.checked.isoformat())
        words += f" [{sources.setdefault(key, len(sources) + 1)}]"
    return words


def _cell(words: str) -> str:
    """Text within a cell of a table: no bar ends it, and nothing is taken for markup."""
    return visible(words).replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")
