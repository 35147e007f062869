"""Operators that leave the device, raise, or have a gradient that does, in a traced model."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.graph.arguments import base, quoted, short, weights
from portlint.graph.conditions import condition
from portlint.graph.dispatch import dispatched
from portlint.graph.view import GraphFound, View
from portlint.record import Op

OWN_RULES = frozenset({"fft", "linalg", "complex", "data-dependent"})
"""Families with rules of their own: a fallback is not reported a second time."""


def falls_back(op: Op, view: View) -> Iterator[GraphFound]:
    """An op without a lowering, on activations."""
    if _no_lowering(op, view) and not any(weights(op, view)):
        yield GraphFound(op.place, symbol=short(op), value=quoted(op, view))


def falls_back_on_weight(op: Op, view: View) -> Iterator[GraphFound]:
    """An op without a lowering, on a parameter or a view of one."""
    if _no_lowering(op, view) or _sent_away(op, view):
        for tensor in weights(op, view):
            value = f"{quoted(op, view)} on the parameter {tensor.name or 'of this module'}"
            yield GraphFound(op.place, symbol=short(op), value=value)
            return


def falls_back_by_arguments(op: Op, view: View) -> Iterator[GraphFound]:
    """A lowered op whose arguments send it to the host."""
    reason = _sent_away(op, view)
    if reason and not any(weights(op, view)):
        yield GraphFound(op.place, symbol=short(op), value=f"{quoted(op, view)}: {reason}")


def raises(op: Op, view: View) -> Iterator[GraphFound]:
    """An op that has neither a lowering nor a kernel for the host."""
    if dispatched(op, view) and view.known(op).xla == "error":
        yield GraphFound(op.place, symbol=short(op), value=op.name)


def gradient_falls_back(op: Op, view: View) -> Iterator[GraphFound]:
    """A lowered op on a gradient's way whose backward op is not lowered."""
    row = view.known(op)
    if not row.backward or op.backward or not dispatched_or_said(op, view):
        return
    flows = any(
        t.origin in {"activation", "parameter"} and "float" in t.dtype for t in op.inputs[:2]
    )
    if flows:
        yield GraphFound(op.place, symbol=short(op), value=f"{short(op)} ({row.backward})")


def dispatched_or_said(op: Op, view: View) -> bool:
    """The op as the program says it, or the one its composite ends in, but not both."""
    if op.level == "aten":
        return True
    return op.level == "core" and not view.known(op, op.semantic).backward


def on_the_host(op: Op, view: View) -> Iterator[GraphFound]:
    """An op of which newer knowledge says that the host runs it."""
    yield from _told(op, view, "falls-back")


def refused(op: Op, view: View) -> Iterator[GraphFound]:
    """An op of which newer knowledge says that it is not supported."""
    yield from _told(op, view, "unsupported")


def _told(op: Op, view: View, status: str) -> Iterator[GraphFound]:
    said = view.word(op)
    if said is not None and said.status == status and dispatched(op, view):
        more = f": {said.restriction}" if said.restriction else ""
        value = f"{quoted(op, view)}{more}"
        yield GraphFound(op.place, symbol=short(op), value=value, evidence=said.evidence)


def fft(op: Op, view: View) -> Iterator[GraphFound]:
    """A Fourier transform."""
    yield from _family(op, view, "fft")


def linear_algebra(op: Op, view: View) -> Iterator[GraphFound]:
    """Solves, inverses and factorisations."""
    yield from _family(op, view, "linalg")


def flex_attention(op: Op, view: View) -> Iterator[GraphFound]:
    """Attention with a score function of its own."""
    if "flex_attention" in op.name and "backward" not in op.name:
        yield GraphFound(op.place, symbol="flex_attention", value="flex_attention")


def _no_lowering(op: Op, view: View) -> bool:
    row = view.known(op)
    return row.xla == "fallback" and row.family not in OWN_RULES and dispatched(op, view)


def _sent_away(op: Op, view: View) -> str:
    """Why the arguments send an op to the host; holes in pools, and masks, have their own rules."""
    own = base(op).startswith("max_pool") or view.known(op).condition == "mask"
    return "" if own or not dispatched(op, view) else condition(op, view)


def _family(op: Op, view: View, family: str) -> Iterator[GraphFound]:
    row = view.known(op)
    if row.family == family and (op.level == "aten" or dispatched(op, view)):
        within = bool(op.semantic) and view.known(op, op.semantic).family == family
        if not (op.level == "core" and within):
            yield GraphFound(op.place, symbol=short(op), value=short(op))
