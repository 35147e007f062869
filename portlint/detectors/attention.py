"""Attention that no kernel serves as it is: places found by following the values of a file."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.detectors.hot import _at
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.place import Place

Shown = cst.Call | cst.BinaryOperation
"""The expressions that show an attention: a call, a product, a sum."""


def softcap(node: cst.Call, at: Place) -> Iterator[Found]:
    """`cap * torch.tanh(scores / cap)` before the softmax."""
    for found in _in_class(node, at, "attention:softcap"):
        yield found._replace(value=f"at {found.value}" if found.value else "the cap is given")


def alibi(node: Shown, at: Place) -> Iterator[Found]:
    """A slope for each head times the distance, added to the scores."""
    yield from _in_class(node, at, "attention:alibi")


def symmetric_window(node: Shown, at: Place) -> Iterator[Found]:
    """A mask that shows what is near on both sides."""
    yield from _in_class(node, at, "attention:symmetric-window")


def packed(node: Shown, at: Place) -> Iterator[Found]:
    """A mask between the sequences of a packed batch."""
    yield from _in_class(node, at, "attention:varlen")


def deformable(node: Shown, at: Place) -> Iterator[Found]:
    """Values sampled by grid_sample at learned offsets."""
    yield from _in_class(node, at, "attention:deformable")


def chosen(node: Shown, at: Place) -> Iterator[Found]:
    """Keys that a topk over scores chose."""
    yield from _in_class(node, at, "attention:topk-sparse")


def latent(node: Shown, at: Place) -> Iterator[Found]:
    """Keys and values from one low-rank latent."""
    yield from _in_class(node, at, "attention:mla")


def ring(node: Shown, at: Place) -> Iterator[Found]:
    """Keys and values that travel between devices."""
    yield from _in_class(node, at, "attention:ring")


def dropout(node: Shown, at: Place) -> Iterator[Found]:
    """Attention weights dropped at a rate that the file says."""
    yield from _in_class(node, at, "attention:dropout")


def loop(node: Shown, at: Place) -> Iterator[Found]:
    """A state that a Python loop carries along the sequence."""
    yield from _in_function(node, at, "attention:loop")


def dual(node: Shown, at: Place) -> Iterator[Found]:
    """A state space in chunks of matrix products."""
    yield from _in_function(node, at, "attention:ssd")


def delta(node: Shown, at: Place) -> Iterator[Found]:
    """The delta rule in chunks."""
    yield from _in_function(node, at, "attention:gated-delta")


def _in_class(node: Shown, at: Place, kind: str) -> Iterator[Found]:
    """An attention is as large as the class that computes it, or the function where none does."""
    for found in _at(node, at, kind):
        owner = at.within(cst.ClassDef) or at.within(cst.FunctionDef)
        yield found._replace(whole=(owner,) if owner else ())


def _in_function(node: Shown, at: Place, kind: str) -> Iterator[Found]:
    """A scan is as large as the function it stands in."""
    for found in _at(node, at, kind):
        owner = at.within(cst.FunctionDef)
        yield found._replace(whole=(owner,) if owner else ())
