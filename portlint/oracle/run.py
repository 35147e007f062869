"""`portlint oracle run`: models -> what torch-xla makes of each operator, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from portlint import catalog, config
from portlint.capture import capture
from portlint.command import write
from portlint.errors import UsageError
from portlint.graph.dispatch import HOST_ONLY, runs, said
from portlint.graph.match import shown
from portlint.graph.view import View
from portlint.graph.words import words
from portlint.models import request, root_of
from portlint.oracle import interpreter
from portlint.oracle.protocol import Answer
from portlint.oracle.session import Session
from portlint.oracle.shipped import shipped
from portlint.oracle.signature import asked
from portlint.overlay import over
from portlint.record import Op
from portlint.render.words import plural, visible

HOST_KERNEL = "a kernel of the host's own: a device runs other operators in its place"
NAMES = ("chip", "stack", "sdk", "workload", "knowledge", "inputs", "dtype", "batch", "seq_len")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An operator on a line, as often as the model runs it there with one answer.

    `reason` says why torch-xla could not be asked; `answer` is then null.
    """

    op: str
    path: str | None
    line: int | None
    backward: bool
    count: int
    answer: Answer | None
    reason: str | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One model: how it was captured (null: not at all, and why), and its operators."""

    model: str
    captured_by: str | None
    reason: str | None
    rows: tuple[Row, ...]


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
    with Session(interpreter.find(settings.oracle_python)) as session:
        found = [_asked(spec, settings, session, root) for spec in models]
    if flags["format_"] == "json":
        value = {
            "schema": "portlint.oracle/1",
            "interpreter": session.interpreter,
            "models": found,
        }
        write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
    else:
        write("".join(f"{line}\n" for one in found for line in _lines(one)))
    return 2 if any(one.captured_by is None for one in found) else 0


def _asked(spec: str, settings: config.Config, session: Session, root: Path) -> Asked:
    rules = over(catalog.shipped(), settings.overlay)
    trace = capture(request(spec, settings, rules, root))
    view = View(trace, words(rules.newer, settings.target))
    if trace.captured_by is None:
        failures = [event for event in trace.events if event.kind == "failure"]
        reason = failures[-1].detail or failures[-1].what if failures else "gave no graph"
        return Asked(model=spec, captured_by=None, reason=reason, rows=())
    ops = [op for op in trace.ops if runs(op) and (said(op, view) or op.backward)]
    found = asked(op for op in ops if not HOST_ONLY.search(op.name))
    hosted = {found.of[op.id] for op in ops if op.id in found.of and _hosted(op, view)}
    calls = [msgspec.structs.replace(call, wary=n in hosted) for n, call in enumerate(found.calls)]
    answers = session.ask(calls)
    known = {op.id: answers[found.of[op.id]] for op in ops if op.id in found.of}
    return Asked(
        model=spec,
        captured_by=trace.captured_by,
        reason=None,
        rows=tuple(_rows(ops, known, found.reasons, root)),
    )


def _hosted(op: Op, view: View) -> bool:
    """Whether the tables do not say that it stays lazy: then its size may matter."""
    return shipped(op, view).does != "lowered"


def _rows(
    ops: Sequence[Op], known: Mapping[int, Answer], reasons: Mapping[int, str], root: Path
) -> Iterator[Row]:
    """Equal operators on one line with equal answers make one row."""
    rows: dict[Row, int] = {}
    for op in ops:
        row = Row(
            op=op.name,
            path=shown(op.place, root) if op.place else None,
            line=op.place.line if op.place else None,
            backward=op.backward,
            count=0,
            answer=known.get(op.id),
            reason=None if op.id in known else reasons.get(op.id, HOST_KERNEL),
        )
        rows[row] = rows.get(row, 0) + 1
    return (msgspec.structs.replace(row, count=count) for row, count in rows.items())


def _lines(one: Asked) -> Iterator[str]:
    if one.captured_by is None:
        yield f"{visible(one.model)}: not traced: {visible(one.reason or '')}"
        return
    yield f"{visible(one.model)}: captured by {one.captured_by}"
    for row in one.rows:
        answer = row.answer
        status = answer.status if answer else "not asked"
        words = _words(answer) if answer else row.reason or ""
        place = f"{row.path}:{row.line}" if row.path else "-"
        op = f"{row.op}{' (backward)' if row.backward else ''}"
        times = f" x{row.count}" if row.count > 1 else ""
        yield f"  {status:10} {op:44} {visible(f'{place}{times}'):28} {visible(words)}".rstrip()
    yield f"  {_sums(one.rows)}"


def _words(answer: Answer) -> str:
    """What is worth a word: the host's operators, the error, or the HLO."""
    if answer.fallback:
        return f"on the host: {', '.join(answer.fallback)}"
    return answer.error or " ".join(" ".join(op) for op in dict.fromkeys(o[:2] for o in answer.hlo))


def _sums(rows: Sequence[Row]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        status = row.answer.status if row.answer else "not asked"
        counts[status] = counts.get(status, 0) + row.count
    said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{plural(sum(counts.values()), 'operator')}: {said or 'none'}"
