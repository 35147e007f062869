"""`portlint knowledge import`: a file with tables of operators -> a CSV in the overlay's folder."""

import collections
import csv
import io
import pathlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from portlint.errors import UsageError
from portlint.imported.rows import Asked, Read, rows
from portlint.imported.tables import Line, lines
from portlint.judge import STACK_GROUPS
from portlint.overlay import FOLDER
from portlint.render.words import plural, visible
from portlint.replace import replace
from portlint.row import CHIPS, COLUMNS, STACKS, STATUS, Row, as_cells


def run(flags: Mapping[str, Any]) -> int:
    """Read, write, and say what was understood and, on stderr, what was not."""
    file: pathlib.Path = flags["file"]
    asked = _asked(file, flags)
    try:
        found = list(lines(file.read_text(encoding="utf-8"), str(file)))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not text: {error}") from error
    _refuse(found, asked, file)
    read = rows(found, asked)
    for number, fault in read.faults:
        click.echo(f"{file}:{number}: {visible(fault)}", err=True)
    if not read.rows:
        raise UsageError(f"{file}: no line of it could be read")
    folder = flags["into"] or pathlib.Path(FOLDER)
    written = folder / f"{asked.table}.csv"
    _write(written, read.rows)
    click.echo(f"{written}: {_summary(read)}")
    click.echo(f"use it with `--knowledge {folder}`")
    return 0


def _asked(file: pathlib.Path, flags: Mapping[str, Any]) -> Asked:
    if not (flags["evidence"] or "").startswith("https://"):
        raise UsageError("say where the table was published: --evidence https://…")
    try:
        checked = date.fromisoformat(flags["checked"]) if flags["checked"] else date.today()
    except ValueError as error:
        raise UsageError(f"--checked {flags['checked']} is no day such as 2026-11-26") from error
    return Asked(
        table=re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "imported",
        evidence=flags["evidence"],
        checked=checked,
        stack=_chosen("stack", flags["stack"], STACKS),
        chip=_chosen("chip", flags["chip"], CHIPS),
        sdk=_range(flags["sdk"]),
    )


def _chosen(flag: str, words: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    groups = STACK_GROUPS if flag == "stack" else {}
    every = [name for word in words for name in groups.get(word, (word,))]
    for word in every:
        if word not in known:
            raise UsageError(f"--{flag} {word} is not known: choose of {', '.join(sorted(known))}")
    return tuple(dict.fromkeys(every))


def _range(sdk: str | None) -> str:
    """`2.34` -> `>=2.34`: a table speaks of its release and, until a newer one, of those after."""
    text = f">={sdk}" if sdk and sdk[0].isdigit() else sdk or ""
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise UsageError(f"--sdk {sdk} is no release such as 2.34, nor a range of them") from error
    return text


def _refuse(found: Sequence[Line], asked: Asked, file: pathlib.Path) -> None:
    """A file without a table of operators, and one of which nobody says the stack."""
    named = [line for line in found if "name" in line.cells]
    if not any(line.cells.keys() & {"status", "fallback", *STACKS} for line in named):
        raise UsageError(
            f"{file}: holds no table of operators: it needs a column such as 'operator' and one "
            "such as 'status', or one for each stack"
        )
    if not asked.stack and not any(line.cells.keys() & STACKS for line in named):
        raise UsageError(
            f"{file}: say which stack the table speaks of: --stack {', '.join(sorted(STACKS))}"
        )


def _write(file: pathlib.Path, rows: Sequence[Row]) -> None:
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(as_cells, rows))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace(file, table.getvalue().encode())
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error


def _summary(read: Read) -> str:
    counts = collections.Counter(row.status for row in read.rows)
    said = ", ".join(f"{counts[status]} {status}" for status in STATUS if counts[status])
    missed = len({number for number, _ in read.faults})
    left = f"; {plural(missed, 'line')} not understood in full" if missed else ""
    return f"{plural(len(read.rows), 'row')} ({said}){left}"
