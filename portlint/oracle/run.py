"""`portlint oracle run`: models -> what torch-xla makes of each operator, line by line."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from portlint import catalog, config
from portlint.capture import capture
from portlint.command import click_color, write
from portlint.errors import UsageError
from portlint.graph.match import shown
from portlint.graph.view import View
from portlint.graph.words import words
from portlint.models import request, root_of
from portlint.oracle import interpreter
from portlint.oracle.compare import Compared, compare, own
from portlint.oracle.compiler import Compiled
from portlint.oracle.protocol import Answer, Node
from portlint.oracle.session import Session
from portlint.oracle.told import told
from portlint.oracle.whole import Whole, lines, whole
from portlint.overlay import over
from portlint.render import lowerings
from portlint.render.words import visible
from portlint.report import Oracle

NAMES = ("chip", "stack", "sdk", "workload", "knowledge", "inputs", "dtype", "batch", "seq_len")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An operator on a line, as often as the model runs it there with one answer.

    `reason` says why torch-xla could not be asked; `answer` is then null. `tables` is what the
    shipped tables say, `agreement` how that goes with the answer, `remark` why it does not, and
    `compiler` what they say of the HLO.
    """

    op: str
    path: str | None
    line: int | None
    backward: bool
    count: int
    answer: Answer | None
    reason: str | None
    tables: str
    agreement: str
    remark: str
    compiler: Compiled | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One model: how it was captured (null: not at all, and why), and its operators.

    `program` are the nodes of the exported program, handed over as a whole: null where that was not
    asked for, or where the model is no such program.
    """

    model: str
    captured_by: str | None
    reason: str | None
    summary: Oracle | None
    rows: tuple[Row, ...]
    program: tuple[Whole, ...] | None = None


def main(flags: Mapping[str, Any]) -> int:
    """Print a table or JSON; 2 where a model could not be traced, else 0."""
    models: Sequence[str] = flags["models"]
    for model in models:
        file = Path(model.partition(":")[0])
        if file.suffix == ".py" and not file.is_file():
            raise UsageError(f"{file}: there is no such file")
    root = root_of(models)
    wanted = {name: flags[name] for name in (*NAMES, "timeout", "memory")}
    settings, remark = config.read(
        (root,), wanted | {"models": models}, flags["config"], catalog.shipped().rules
    )
    if remark and not flags["quiet"]:
        click.echo(f"note: {remark}", err=True)
    with Session(interpreter.find(flags["oracle_python"])) as session:
        found = [_asked(spec, settings, session, root, flags["graph"]) for spec in models]
    if flags["format_"] == "json":
        value = {
            "schema": "portlint.oracle/1",
            "interpreter": session.interpreter,
            "models": found,
        }
        write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
    else:
        text = "".join(f"{line}\n" for one in found for line in _lines(one))
        write(text if click_color(None) else click.unstyle(text))
    return 2 if any(one.captured_by is None for one in found) else 0


def _asked(spec: str, settings: config.Config, session: Session, root: Path, graph: bool) -> Asked:
    rules = over(catalog.shipped(), settings.overlay)
    wanted = request(spec, settings, rules, root)
    with tempfile.TemporaryDirectory(prefix="portlint-") as folder:
        saved = Path(folder) / "model.pt2"
        if graph:
            wanted = msgspec.structs.replace(wanted, program=str(saved))
        trace = capture(wanted)
        nodes = _walked(session, saved) if graph else None
    view = View(trace, words(rules.newer, settings.target))
    if trace.captured_by is None:
        failures = [event for event in trace.events if event.kind == "failure"]
        reason = failures[-1].detail or failures[-1].what if failures else "gave no graph"
        return Asked(model=spec, captured_by=None, reason=reason, summary=None, rows=())
    found = compare(view, settings.target, session.ask)
    versions = session.interpreter.versions
    return Asked(
        model=spec,
        captured_by=trace.captured_by,
        reason=None,
        summary=told(found, view, versions, lambda at: f"{shown(at, root)}:{at.line}"),
        rows=tuple(_rows([one for one in found if own(one.op, view)], root)),
        program=None if nodes is None else tuple(whole(nodes, found, lambda at: shown(at, root))),
    )


def _walked(session: Session, program: Path) -> list[Node] | None:
    """The nodes of a saved program; None, and a note, where there is none that can be read."""
    if not program.is_file():
        click.echo("note: the model is no exported program: it is asked op by op only", err=True)
        return None
    try:
        return session.walk(program)
    except UsageError as error:  # another torch saved it than the one that reads it
        click.echo(f"note: {visible(str(error))}", err=True)
        return None


def _rows(found: Sequence[Compared], root: Path) -> Iterator[Row]:
    """Equal operators on one line with equal answers make one row."""
    rows: dict[bytes, Row] = {}
    for one in found:
        place = one.op.place
        row = Row(
            op=one.op.name,
            path=shown(place, root) if place else None,
            line=place.line if place else None,
            backward=one.op.backward,
            count=0,
            answer=one.answer,
            reason=one.remark if one.answer is None else None,
            tables=one.shipped.does,
            agreement=one.agreement,
            remark=one.remark,
            compiler=one.compiler,
        )
        key = msgspec.json.encode(row)
        known = rows.get(key, row)
        rows[key] = msgspec.structs.replace(known, count=known.count + 1)
    yield from rows.values()


def _lines(one: Asked) -> Iterator[str]:
    if one.summary is None:
        yield f"{visible(one.model)}: not traced: {visible(one.reason or '')}"
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    yield click.style(f"Model {visible(one.model)}", bold=True)
    yield f"  captured by {one.captured_by}"
    yield from lowerings.lines(one.summary, True, width)
    if one.program is not None:
        yield from lines(one.program)
