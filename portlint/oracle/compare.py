"""A trace and the oracle's answers -> what each op does, and where the shipped tables say else."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from portlint.catalog import rules_folder
from portlint.graph.dispatch import kernels, runs, said
from portlint.graph.tables import PREFIX
from portlint.graph.view import View
from portlint.model import Target
from portlint.oracle.compiler import Compiled, compiled
from portlint.oracle.protocol import Answer, Query
from portlint.oracle.shipped import Does, Shipped, live, shipped
from portlint.oracle.signature import Asked, asked
from portlint.record import Op

Agreement = Literal["agrees", "explained", "new", "disagrees", "not asked"]
"""explained: they differ, and rules/oracle/explained.csv says why; new: the tables have no word;
not asked: there is no answer to compare with."""
Ask = Callable[[Sequence[Query]], Sequence[Answer]]


class Compared(NamedTuple):
    """One op: what the tables say, what the oracle says, and how they go together.

    `remark` explains a difference, or says why there is no answer; `compiler` is the word on what
    was lowered, None for what was not.
    """

    op: Op
    shipped: Shipped
    does: Does
    answer: Answer | None
    agreement: Agreement
    remark: str
    compiler: Compiled | None


class Difference(NamedTuple):
    """What an explanation speaks of: the op, the tables' word and the oracle's."""

    op: str
    shipped: str
    live: str


def compare(view: View, target: Target, ask: Ask) -> list[Compared]:
    """Every op that runs, each distinct call asked once, in the order of the trace."""
    ops = list(compared(view))
    words = {op.id: shipped(op, view) for op in ops}
    found = asked(ops)
    answers = ask(_wary(found, words))
    return [_one(op, words[op.id], found, answers, view, target) for op in ops]


def compared(view: View) -> Iterator[Op]:
    """The program's own ops, its backward ones, and those that its composites end in."""
    ends = {op.id for op in kernels(view)}
    for op in view.trace.ops:
        if runs(op) and (op.id in ends or own(op, view)):
            yield op


def own(op: Op, view: View) -> bool:
    """Whether the program itself calls it, or its gradient does."""
    return op.backward or (op.level != "joint" and said(op, view))


def _wary(found: Asked, words: Mapping[int, Shipped]) -> list[Query]:
    """What the tables do not keep on the device must not run on tensors of any size."""
    hosted = {n for number, n in found.of.items() if words[number].does != "lowered"}
    return [msgspec.structs.replace(q, wary=n in hosted) for n, q in enumerate(found.calls)]


def _one(
    op: Op,
    word: Shipped,
    found: Asked,
    answers: Sequence[Answer],
    view: View,
    target: Target,
) -> Compared:
    if op.id not in found.of:
        return Compared(op, word, "unknown", None, "not asked", found.reasons[op.id], None)
    answer = answers[found.of[op.id]]
    does = live(answer)
    agreement, remark = agree(op, word, answer)
    judged = compiled(op, answer, view, target) if does == "lowered" else None
    return Compared(op, word, does, answer, agreement, remark, judged)


def agree(op: Op, word: Shipped, answer: Answer) -> tuple[Agreement, str]:
    """How the tables' word and the oracle's go together, and what there is to say on it."""
    does = live(answer)
    if does == word.does:
        return "agrees", ""
    if does == "unknown" and answer.status != "unknown-op":
        return "not asked", answer.error or answer.status
    if does == "error" and _made_up(op):
        return "not asked", f"it fails on the sizes made up for it: {answer.error}"
    why = explanations().get(Difference(op.name.removeprefix(PREFIX), word.does, does))
    if why is not None:
        return "explained", why
    if word.does == "unknown":
        return "new", word.why
    return "disagrees", answer.error or ", ".join(answer.fallback)


def _made_up(op: Op) -> bool:
    """Whether a size of the call is a symbol, for which a number was put."""
    return any(isinstance(n, str) for t in (*op.inputs, *op.outputs) for n in t.shape)


@functools.cache
def explanations(folder: Path | None = None) -> Mapping[Difference, str]:
    """Why the tables rightly say something else than torch-xla on a CPU."""
    path = (folder or rules_folder()) / "oracle" / "explained.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {Difference(r["op"], r["shipped"], r["live"]): r["why"] for r in rows}
