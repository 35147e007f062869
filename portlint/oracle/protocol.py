"""What the parent and the worker say to each other, one line of JSON each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from portlint.model import Frozen

Status = Literal[
    "lowered", "fallback", "error", "unknown-op", "too-large", "crash", "timeout", "memory"
]
"""lowered: an HLO module came out; fallback: the host ran some of it; error: the operator refused;
unknown-op: that torch has no such operator; too-large: not run, because its kernel may hand this
much to the host; crash, timeout, memory: twice the end of a worker."""


class Query(Frozen, frozen=True, kw_only=True):
    """One call: "aten.cumsum.default" with arguments as `worker/values.py` reads them.

    `wary` is set where the tables say that the host runs it: an operator whose kernel may do so is
    then not run on large tensors, and the answer is too-large.
    """

    op: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = msgspec.field(default_factory=dict)
    wary: bool = False


class Answer(Frozen, frozen=True, kw_only=True):
    """What torch-xla made of a call.

    `fallback` are the operators that run on the host ("aten::median.dim_values"); `hlo` the
    different operations with the dtypes of result and operands (("compare", "pred", "f32"));
    `outputs` shape and dtype of each result; `executed` is false where what would run on the host
    was not run, because of its size.
    """

    status: Status
    fallback: tuple[str, ...] = ()
    hlo: tuple[tuple[str, ...], ...] = ()
    custom_calls: tuple[str, ...] = ()
    outputs: tuple[tuple[tuple[int, ...], str], ...] = ()
    error: str = ""
    executed: bool = True


class Node(Frozen, frozen=True, kw_only=True):
    """One node of a program: its name in the graph, the user's line, and what became of it."""

    node: str
    op: str
    place: tuple[str, int] | None
    answer: Answer


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Any line of the worker: the fields that are not of its kind are empty."""

    id: int | None = None
    versions: dict[str, str] = {}
    kernels: dict[str, tuple[str, ...]] = {}
    failed: str = ""
    at: str = ""
    node: str = ""
    op: str = ""
    place: tuple[str, int] | None = None
    status: Status | None = None
    fallback: tuple[str, ...] = ()
    hlo: Any = ()
    custom_calls: tuple[str, ...] = ()
    outputs: tuple[tuple[tuple[int, ...], str], ...] = ()
    error: str = ""
    executed: bool = True


def query(number: int, asked: Query, careful: Iterable[str]) -> bytes:
    """The line that asks about one call; `careful` names what a wary one must not run."""
    plain = {"id": number, "op": asked.op, "args": asked.args, "kwargs": asked.kwargs}
    return _line({**plain, "careful": sorted(careful)} if asked.wary else plain)


def registered() -> bytes:
    """The line that asks which kernels the dispatcher has."""
    return _line({"kernels": True})


def program(path: str, skip: Iterable[str]) -> bytes:
    """The line that asks about a saved program; `skip` are nodes that ended a worker."""
    return _line({"graph": path, "skip": sorted(skip)})


def _line(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def said(line: bytes) -> Said:
    """One line of the worker; msgspec.MsgspecError where it is none."""
    return msgspec.json.decode(line, type=Said)


def answer(found: Said) -> Answer:
    """The answer in a line that has a status."""
    names = ("status", "fallback", "hlo", "custom_calls", "outputs", "error", "executed")
    return msgspec.convert({name: getattr(found, name) for name in names}, Answer)
