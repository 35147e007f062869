"""Calls of PyTorch's functions whose operator XLA does not lower, in the methods of a module."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from portlint.catalog import read_table
from portlint.detectors.bodies import has_gradient, in_model, in_module, on_host
from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.nodes import argument
from portlint.source.place import Place

Detector = Callable[[cst.Call, Place], Iterator[Found]]
REMOVALS = ("remove_weight_norm", "remove_parametrizations")
UNDONE = "taken away again"


class Listed(NamedTuple):
    """A row of torch_functions.csv: a public name, the operator it runs and the rule for it.

    `method` is the name of the method of tensors that does the same.
    """

    function: str
    op: str
    rule: str
    method: str


@functools.cache
def listed() -> dict[str, Listed]:
    """All rows by public name."""
    return {row["function"]: Listed(**row) for row in read_table("torch_functions")}


@functools.cache
def _methods(rule: str) -> dict[str, Listed]:
    return {row.method: row for row in listed().values() if row.method and row.rule == rule}


def _calling(rule: str) -> Detector:
    """The detector of calls of the functions that the table gives to a rule."""

    def detect(node: cst.Call, at: Place) -> Iterator[Found]:
        row = _row(node, at, rule)
        if row is not None and not on_host(node, at):
            yield sighting(node, row.op, row.function)

    return detect


def sighting(node: cst.Call, op: str, function: str) -> Found:
    """A call by its public name; root causes are grouped by the operator, as in a graph."""
    return Found(node, symbol=f"aten.{op.split('.')[0]}", value=function)


def _row(node: cst.Call, at: Place, rule: str) -> Listed | None:
    """The row a call belongs to, where it is made by a module that computes with it."""
    for path in at.paths(node.func):
        row = listed().get(path)
        if row is not None and row.rule == rule:
            return row if (in_module if is_layer(path) else in_model)(at) else None
    row = _methods(rule).get(last(node.func))
    if row is None or not isinstance(node.func, cst.Attribute) or at.paths(node.func):
        return None
    return row if _is_tensor(node.func.value) and in_model(at) else None


def is_layer(path: str) -> bool:
    """`torch.nn.Unfold` is made where a module is set up, and called where it computes."""
    return path.startswith("torch.nn.") and path.split(".")[2][0].isupper()


def _is_tensor(node: cst.BaseExpression) -> bool:
    """Whether a method is called on what can only be a tensor: no attribute of the module."""
    match node:
        case cst.Attribute(value=cst.Name("self")) | cst.Name("self" | "super"):
            return False
        case cst.Call(func=cst.Name("super")):
            return False
    return True


falls_back = _calling("NEU501")
raises = _calling("NEU502")
_lowered_forward = _calling("NEU505")
complex_made = _calling("NEU510")
fft = _calling("NEU533")
linear_algebra = _calling("NEU534")
loss = _calling("NEU539")


def gradient_falls_back(node: cst.Call, at: Place) -> Iterator[Found]:
    """The gradient of these leaves the device; not where none is taken."""
    if has_gradient(at):
        yield from _lowered_forward(node, at)


def weight_norm(node: cst.Call, at: Place) -> Iterator[Found]:
    """A weight that every call makes anew of its norm and direction; and where that is undone."""
    if last(node.func).startswith(REMOVALS):
        yield Found(node, message=UNDONE)
        return
    rows = [listed()[path] for path in at.paths(node.func) if path in listed()]
    dim = argument(node, "dim", 2)
    along = dim is None or at.code(dim) in ("0", "-1")
    if along and any(row.rule == "NEU504" for row in rows):
        value = f"{rows[0].function}` on the parameter `weight"
        yield Found(node, symbol="aten._weight_norm_interface", value=value)


def weight_norm_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """A file that takes the parametrisation away again leaves a plain weight behind."""
    undone = any(hit.found.message == UNDONE for hit in hits)
    hits[:] = [
        hit
        for hit in hits
        if hit.found.message != UNDONE
        and not (undone and hit.rule.code == "NEU504" and hit.found.symbol)
    ]
    yield from ()
