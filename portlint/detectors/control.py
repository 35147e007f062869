"""Where Python waits for a tensor's value in a forward: branches, lengths, reads, graph breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portlint.detectors.records import WHOLE, base, is_fixed, is_said, line, texts
from portlint.detectors.shapes import READS
from portlint.graph.view import GraphFound, View
from portlint.record import Event, Op, Place, Trace

ORDER = ("branch", "length", "value", "weight", "break", "constant")
"""What a line is called where several hold: a branch is also a read, and also a graph break."""
FAILURES = {
    "data-dependent-branch": "branch",
    "data-dependent-loop": "branch",
    "data-dependent-size": "length",
    "data-dependent-value": "value",
}
"""Failures to capture that say what the program does; others say what could not be done."""
TRUTHS = frozenset(["bool", "is_nonzero", "equal", "allclose"])
"""Reads whose answer Python decides by."""
UNSEEN = frozenset(["numpy", "equal", "allclose", "in"])
"""Reads that leave no operator in a graph; of the others, those of constants leave none."""
CALLS = {
    "numpy": ".numpy()",
    "tolist": ".tolist()",
    "item": ".item()",
    "cpu": ".cpu()",
    "in": "`in` a tensor",
}
LENGTHS = {
    "slice": "the length of this slice",
    "narrow": "the length of this slice",
    "arange": "the length of this range",
    "split_with_sizes": "the size of each piece",
    "expand": "the size that this is expanded to",
    "view": "the shape given here",
    "reshape": "the shape given here",
    "pad": "the padding added here",
    "constant_pad_nd": "the padding added here",
    "repeat": "the number of repeats",
    "topk": "the number of values taken here",
}
"""What an op makes of a number that came from data, in words."""
SIZE = re.compile(r"\bu\d+\b")
"""A whole number that came from data; those of floating point make no sizes."""
NEW = "the size of the tensor made here"
DEPENDS = " depends on tensor data"
OP_SAYS = "the shape that "
"""How a failure begins that is about one operator: where it is recorded, it has a rule."""
CAPTURE = "the capture stops at it"


class Wait(NamedTuple):
    """A line where Python takes a tensor's value, and what for (one of ORDER)."""

    kind: str
    place: Place | None
    value: str = ""
    related: tuple[tuple[Place, str], ...] = ()


def waits(trace: Trace, view: View) -> Iterable[Wait]:
    """One per line, the most telling first; whatever rung of the capture saw it."""
    found: dict[tuple[str, int], Wait] = {}
    reads = {line(wait.place): wait for wait in _reads(view)}
    for wait in [*_events(trace, reads), *reads.values()]:
        known = found.get(line(wait.place))
        if known is None or ORDER.index(wait.kind) < ORDER.index(known.kind):
            found[line(wait.place)] = wait
    return [wait for wait in found.values() if wait.kind != "constant"]


def _events(trace: Trace, reads: dict[tuple[str, int], Wait]) -> Iterator[Wait]:
    """What events tell; where a graph has the read, it knows better what is read."""
    whole = trace.captured_by in WHOLE
    for event in trace.events:
        known = reads.get(line(event.place))
        fixed = known is not None and known.kind in ("weight", "constant")
        match event.kind:
            case "failure" if event.what in FAILURES:
                if not fixed and not (trace.ops and event.detail.startswith(OP_SAYS)):
                    yield _failed(event)
            case "read":
                if not fixed and (not whole or event.what in UNSEEN):
                    kind = "branch" if event.what in TRUTHS else "value"
                    yield Wait(kind, event.place, CALLS.get(event.what, f"{event.what}(…)"))
            case "break":
                kind = "break" if fixed else _why(event)
                yield Wait(kind, event.place, event.what if kind == "break" else ".item()")


def _failed(event: Event) -> Wait:
    """A failure names what it is about in its own words: "the length of this slice depends …"."""
    kind, about = FAILURES[event.what], event.detail.removesuffix(DEPENDS)
    if kind == "length" and "loop" in about:
        return Wait("branch", event.place)
    known = about if kind == "length" and about != event.detail else NEW
    return Wait(kind, event.place, known if kind == "length" else CAPTURE)


def _why(event: Event) -> str:
    """What a graph break is about, by the words of its reason."""
    words = f"{event.what} {event.detail}".lower()
    if "branch" in words or "control flow" in words or "jump" in words:
        return "branch"
    return "value" if ".item" in words or "tolist" in words or "scalar" in words else "break"


def _reads(view: View) -> Iterator[Wait]:
    sizes = _sizes(view)
    for op in view.trace.ops:
        if base(op) not in READS or not is_said(op, view):
            continue
        tensor = op.inputs[0] if op.inputs else None
        made = [user for symbol in op.symbols for user in sizes.get(symbol, ())]
        if tensor is not None and is_fixed(tensor):
            kind = "constant" if tensor.origin == "constant" else "weight"
            yield Wait(kind, op.place, tensor.name)
        elif made:
            yield Wait("length", op.place, made[0][1], _elsewhere(op, made))
        else:
            yield Wait("value", op.place, ".item()")


def _sizes(view: View) -> dict[str, list[tuple[Op, str]]]:
    """Symbol -> the ops that make a size of it, with words for what it becomes."""
    found: dict[str, list[tuple[Op, str]]] = {}
    for op in view.trace.ops:
        if not is_said(op, view) or base(op) in READS:
            continue
        made = _symbols(part for tensor in op.outputs for part in tensor.shape)
        had = _symbols(part for tensor in op.inputs for part in tensor.shape)
        words = LENGTHS.get(base(op).rpartition(".")[2])
        told = _symbols(text for value in op.literals.values() for text in texts(value))
        for symbol in (told | made if words else made) - had:
            found.setdefault(symbol, []).append((op, words or NEW))
    return found


def _symbols(parts: Iterable[int | str]) -> set[str]:
    return {symbol for part in parts if isinstance(part, str) for symbol in SIZE.findall(part)}


def _elsewhere(op: Op, made: Iterable[tuple[Op, str]]) -> tuple[tuple[Place, str], ...]:
    """The lines, other than the read's own, where the number becomes a size."""
    places = {user.place: words for user, words in made if user.place and user.place != op.place}
    return tuple((place, f"{words} depends on it") for place, words in places.items())


def branch(trace: Trace, view: View) -> Iterator[GraphFound]:
    """`if tensor.sum() > 0`, `while not done.all()`."""
    yield from _of(trace, view, "branch")


def length(trace: Trace, view: View) -> Iterator[GraphFound]:
    """`x[: n.item()]`, `torch.arange(lengths.max())`."""
    yield from _of(trace, view, "length")


def value(trace: Trace, view: View) -> Iterator[GraphFound]:
    """`x.item()`, `x.tolist()`, `float(x)`, `x.numpy()`."""
    yield from _of(trace, view, "value")


def weight(trace: Trace, view: View) -> Iterator[GraphFound]:
    """The same of a parameter or a buffer, which no input changes."""
    yield from _of(trace, view, "weight")


def graph_break(trace: Trace, view: View) -> Iterator[GraphFound]:
    """A graph break that is about no value of a tensor."""
    yield from _of(trace, view, "break")


def host_wait(trace: Trace, view: View) -> Iterator[GraphFound]:
    """Any line where the host waits for the device to know a value."""
    yield from _of(trace, view, "branch", "value", "weight")


def _of(trace: Trace, view: View, *kinds: str) -> Iterator[GraphFound]:
    for wait in waits(trace, view):
        if wait.kind in kinds:
            yield GraphFound(wait.place, value=wait.value, related=wait.related)


REQUEST = frozenset("no-model missing-input bad-input missing-torch missing-library".split())
"""Failures before any capture: what was asked for is not there, which says nothing of the model."""


def uncaptured(event: Event, view: View) -> Iterator[GraphFound]:
    """A rung that failed for a reason that is not a tensor's value, nor a wrong request."""
    if event.kind != "failure" or event.what in (*FAILURES, *REQUEST):
        return
    if view.trace.captured_by in WHOLE:
        return
    told = {line(wait.place) for wait in waits(view.trace, view)}
    inside = event.place is None and view.trace.captured_by is not None
    if not inside and line(event.place) not in told:
        yield GraphFound(event.place, value=event.detail or event.what, key=event.what)
