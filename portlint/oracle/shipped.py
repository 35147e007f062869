"""An op of a trace -> what the shipped tables say lazy tensors do with it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from portlint.graph.arguments import dtypes
from portlint.graph.conditions import CONDITIONS, condition
from portlint.graph.floats import UNHELD
from portlint.graph.tables import Known, known
from portlint.graph.view import View
from portlint.oracle.protocol import Answer
from portlint.record import Op

Does = Literal["lowered", "fallback", "error", "unknown"]
"""lowered: stays on the device; fallback: the host runs some of it; error: it raises; unknown: the
tables have no word, or the oracle has none."""
NO_KERNEL = "NotImplementedError"
"""What torch raises where neither the device nor the host has a kernel."""


class Shipped(NamedTuple):
    """What the tables say, and the few words that say why."""

    does: Does
    why: str


def shipped(op: Op, view: View) -> Shipped:
    """The tables' word on this very call, its arguments included."""
    row = view.known(op)
    if unheld := [kind for kind in dtypes(op) if kind in UNHELD]:
        return Shipped("error", f"torch-xla has no {unheld[0]}")
    if row.xla == "error":
        return Shipped("error", "no kernel for XLA and none for the host")
    sent = condition(op, view) or _within(op, row)
    if sent:
        return Shipped("fallback", sent)
    if row.xla == "fallback":
        return Shipped("fallback", "no XLA lowering")
    if row.family in ("data-dependent", "host-read"):
        return Shipped("fallback", "the host has to see values")
    if row.xla == "lowered":
        return Shipped("lowered", "has an XLA lowering")
    if row.xla == "composite" and row.leaf:
        return Shipped("lowered", f"ends in {row.leaf}")
    if row.xla == "composite":
        return Shipped("unknown", "made of other ops, which were not measured")
    return Shipped("unknown", "not in torch 2.9, or its dispatch was not measured")


def _within(op: Op, row: Known) -> str:
    """Why a composite's call goes to the host: by the condition of an op that it ends in."""
    for leaf in row.leaf.split() if row.xla == "composite" else ():
        name = known(leaf if "." in leaf else f"{leaf}.default").condition
        if name and (why := CONDITIONS[name](op)):
            return why
    return ""


def live(answer: Answer) -> Does:
    """The oracle's word in the same terms.

    A call that failed after the host had run some of it failed on the zeros it was given.
    """
    if answer.status in ("lowered", "fallback"):
        return "fallback" if answer.status == "fallback" else "lowered"
    if answer.status == "error":
        ran = bool(answer.fallback) and not answer.error.startswith(NO_KERNEL)
        return "fallback" if ran else "error"
    return "error" if answer.status == "crash" else "unknown"
