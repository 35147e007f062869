"""Which nodes of a graph no activation enters: what positions, weights and token masks make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensor

from portlint.record import Tensor as Record
from portlint.trace.visible import HIDDEN

LOOKUPS = {"embedding", "index", "gather", "index_select", "take"}
RANDOM = {"rand", "randn", "randint", "bernoulli", "dropout", "native_dropout", "multinomial"}
LIKE = frozenset(
    "ones_like zeros_like full_like empty_like new_ones new_zeros new_full new_empty".split()
)
"""Take no more than shape and type from their operand."""
Seeds = Mapping[str, Record]
Given = Mapping[str, Tensor]
"""By placeholder: the records of all inputs, and the real tensors among them."""
Sources = frozenset[str]
Known = Mapping[fx.Node, Sources]
"""The nodes that no activation enters, and what each is made of."""


def static(
    nodes: Iterable[fx.Node], seeds: Seeds, given: Given
) -> Iterator[tuple[fx.Node, Sources]]:
    """The nodes that can be computed before anything is known of the activations."""
    known: dict[fx.Node, Sources] = {}
    for node in nodes:
        found = (
            _leaf(node, seeds, given)
            if node.op in ("placeholder", "get_attr")
            else _made(node, known)
        )
        if found is not None:
            known[node] = found
            yield node, found


def _leaf(node: fx.Node, seeds: Seeds, given: Given) -> Sources | None:
    value = node.meta.get("val")
    seed = seeds.get(node.name)
    if node.op == "get_attr":
        return frozenset()
    if is_size(node):
        return frozenset()
    if seed is None or not isinstance(value, Tensor):
        return None
    if seed.origin == "input":
        if value.dtype.is_complex or (value.dtype.is_floating_point and not _hides(given, node)):
            return None
        return frozenset({_given_as(given.get(node.name), value)})
    if seed.origin == "activation":
        hides = value.dtype == torch.bool or (value.dtype.is_floating_point and _hides(given, node))
        return frozenset({"earlier"}) if hides and value.dim() > 2 else None
    return frozenset({seed.origin} - {"constant"})


def _given_as(real: Tensor | None, value: Tensor) -> str:
    """What an input that makes a mask is: of tokens, and alike for all of them, or of pairs."""
    if value.dim() > 2:
        return "input"
    if real is None or isinstance(real, FakeTensor) or real.is_meta or not real.numel():
        return "padding"
    return "packing" if bool((real != real.flatten()[0]).any()) else "padding"


def _hides(given: Given, node: fx.Node) -> bool:
    """Whether a floating input is a mask: nothing else holds such values, or only zeros."""
    value = given.get(node.name)
    if value is None or isinstance(value, FakeTensor) or value.is_meta or value.dim() < 2:
        return False
    blank = value.dim() == 4 and value.shape[0] * value.shape[1] <= value.shape[-1]
    return bool((value <= HIDDEN).any()) or (blank and not bool(value.any()))


def _made(node: fx.Node, known: Known) -> Sources | None:
    if node.op == "output" or base(node) in RANDOM:
        return None
    if base(node) in LIKE:
        return frozenset()
    if is_size(node):
        return frozenset()
    inputs = [known.get(n) for n in node.all_input_nodes]
    if any(found is None for found in inputs):
        return None
    sources = frozenset[str]().union(*(found for found in inputs if found))
    if (
        base(node) in LOOKUPS
        and "parameter" in sources
        and sources & {"padding", "packing", "input"}
    ):
        return None  # the embedding of tokens: activations begin here
    return sources


def is_size(node: fx.Node) -> bool:
    """Whether a node is a size of a tensor."""
    return isinstance(node.meta.get("val"), int | torch.SymInt)


def base(node: fx.Node) -> str:
    """The name of an operator without library and overload."""
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        return target._schema.name.rpartition("::")[2]
    return str(getattr(target, "__name__", target))
