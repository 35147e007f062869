"""`portlint oracle verify`: the shipped tables against the dispatcher and the probes of today."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import click
import msgspec

from portlint import catalog
from portlint.command import click_color, write
from portlint.graph.view import View
from portlint.model import Frozen
from portlint.oracle import dispatcher, interpreter
from portlint.oracle.compare import Difference, agree, explanations
from portlint.oracle.probes import Probe, op, probes
from portlint.oracle.protocol import Answer
from portlint.oracle.session import Session
from portlint.oracle.shipped import live, shipped
from portlint.record import Trace
from portlint.render.verified import text

Kind = Literal["dispatcher", "table", "drift", "explained"]


class Found(Frozen, frozen=True, kw_only=True):
    """A difference.

    dispatcher: a row that neither the dispatcher nor a probe shows; table: a probe of which the
    tables say something else; drift: a probe that was answered otherwise when it was recorded;
    explained: one of these of which rules/oracle/explained.csv says why.
    """

    kind: Kind
    op: str
    probe: str
    table: str
    live: str
    why: str = ""


class Verified(Frozen, frozen=True, kw_only=True):
    """What was compared, and what came out."""

    shipped: dict[str, str]
    live: dict[str, str]
    overloads: dict[str, int]
    probes: int
    differences: tuple[Found, ...]

    @property
    def unexplained(self) -> list[Found]:
        """The differences nobody has a reason for."""
        return [found for found in self.differences if found.kind != "explained"]


def main(flags: Mapping[str, Any]) -> int:
    """Print what differs; 1 where something does without a reason, else 0."""
    with Session(interpreter.find(flags["oracle_python"])) as session:
        kernels = session.kernels()
        recorded = probes()
        answers = session.ask([probe.call for probe in recorded])
    found = verified(recorded, answers, kernels, session.interpreter.versions)
    if flags["format_"] == "json":
        write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        shown = text(found)
        write(shown if click_color(None) else click.unstyle(shown))
    return int(bool(found.unexplained))


def source() -> dict[str, str]:
    """The versions that the shipped tables were read from, and the day."""
    path = catalog.rules_folder() / "oracle" / "source.toml"
    return {k: str(v) for k, v in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def verified(
    recorded: Sequence[Probe],
    answers: Sequence[Answer],
    kernels: dispatcher.Kernels,
    versions: Mapping[str, str],
) -> Verified:
    """Compare tables, probes and dispatcher; answers are those to the probes, in their order."""
    shown = {(p.call.op, live(a)) for p, a in zip(recorded, answers, strict=True)}
    differences = [*_probed(recorded, answers), *_registered(kernels, shown)]
    return Verified(
        shipped=source(),
        live=dict(versions),
        overloads=dispatcher.counts(kernels),
        probes=len(recorded),
        differences=tuple(sorted(differences, key=lambda f: (f.kind, f.op, f.probe))),
    )


def _probed(recorded: Sequence[Probe], answers: Sequence[Answer]) -> Iterator[Found]:
    view = View(Trace(model="the recorded probes"))
    for probe, answer in zip(recorded, answers, strict=True):
        one = op(probe)
        word = shipped(one, view)
        agreement, why = agree(one, word, answer)
        if agreement in ("disagrees", "explained"):
            kind: Kind = "table" if agreement == "disagrees" else "explained"
            yield _found(kind, probe, word.does, live(answer), why)
        if _core(answer) != _core(probe.answer):
            yield _found("drift", probe, _said(probe.answer), _said(answer), answer.error)


def _found(kind: Kind, probe: Probe, table: str, now: str, why: str) -> Found:
    return Found(kind=kind, op=probe.call.op, probe=probe.name, table=table, live=now, why=why)


def _core(answer: Answer) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What must not change: how it fares, what the host runs, and the HLO it becomes."""
    return answer.status, answer.fallback, tuple(dict.fromkeys(row[0] for row in answer.hlo))


def _said(answer: Answer) -> str:
    _, fallback, hlo = _core(answer)
    return " ".join((answer.status, *(fallback or hlo)))


def _registered(kernels: dispatcher.Kernels, shown: set[tuple[str, Any]]) -> Iterator[Found]:
    """Rows that the dispatcher classes otherwise and that no probe shows to be right."""
    for row in dispatcher.rows(kernels):
        name = dispatcher.full(row.op)
        if (name, row.table) in shown or (row.table == "composite" and (name, "lowered") in shown):
            continue
        why = explanations().get(Difference(row.op, row.table, row.dispatcher))
        kind: Kind = "dispatcher" if why is None else "explained"
        yield Found(
            kind=kind,
            op=name,
            probe="",
            table=row.table,
            live=row.dispatcher or "no such operator",
            why=why or "",
        )
