"""The numbers in nodes that no activation enters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensor

from portlint.trace.static import LIKE, Given, Known, Seeds, base, is_size

LARGEST = 1 << 22
"""Elements of a tensor that is computed; a mask of 2048 by 2048 fits."""
COMPARED = {"add", "sub", "rsub", "gt", "ge", "lt", "le", "floor_divide", "div", "tril", "triu"}
"""Operators whose numbers are positions and distances between them."""
VIEWED = {"slice", "select", "view", "unsqueeze", "diagonal", "narrow", "transpose"}
NONE: Mapping[int, int] = {}


class Run:
    """Computes nodes that no activation enters, in the order of the graph."""

    def __init__(
        self,
        module: fx.GraphModule,
        nodes: list[fx.Node],
        static: Known,
        seeds: Seeds,
        given: Given,
    ) -> None:
        self.module, self.seeds, self.given = module, seeds, given
        self.order = {node: n for n, node in enumerate(nodes)}
        self.static = static
        self.values: dict[fx.Node, Any] = {}
        self.generator = torch.Generator().manual_seed(0)

    def value(self, node: fx.Node) -> Tensor | None:
        """The numbers of a node; None where they cannot be had."""
        if node not in self.values:
            for needed in self.needed(node):
                if needed not in self.values:
                    self.values[needed] = self._compute(needed, self.values)
        found = self.values[node]
        return found if isinstance(found, Tensor) else None

    def name(self, node: fx.Node) -> str:
        """What an input or a constant is called."""
        seed = self.seeds.get(node.name)
        return seed.name if seed else str(node.target)

    def needed(self, node: fx.Node) -> list[fx.Node]:
        """A node's ancestors, and what writes into one of them, in the order of the graph."""
        found: set[fx.Node] = set()
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.add(current)
            waiting += [] if base(current) in LIKE else current.all_input_nodes
            waiting += [u for u in current.users if u in self.static and self._writes(u, current)]
        return sorted(found, key=self.order.__getitem__)

    def _writes(self, user: fx.Node, into: fx.Node) -> bool:
        """Whether a user changes the memory of its operand: itself, or through a view of it."""
        if not user.args or user.args[0] is not into:
            return False
        name = base(user)
        if name.endswith("_") and not name.endswith("__"):
            return True
        return name in VIEWED and any(
            u in self.static and self._writes(u, user) for u in user.users
        )

    def _compute(self, node: fx.Node, values: Mapping[fx.Node, Any]) -> Any:
        if node.op == "placeholder":
            return self._placeholder(node)
        if is_size(node):
            size = node.meta["val"]
            return size if isinstance(size, int) else size.node.hint
        if node.op == "get_attr":
            found: Any = self.module
            for part in str(node.target).split("."):
                found = getattr(found, part, None)
            return None if isinstance(found, FakeTensor) else found
        return _called(node, values, NONE)

    def _placeholder(self, node: fx.Node) -> Any:
        seed, value = self.seeds.get(node.name), self.given.get(node.name)
        example = node.meta.get("val")
        if not isinstance(example, Tensor):
            return None
        shape = [size for size in example.shape if isinstance(size, int)]
        if len(shape) != example.dim() or example.numel() > LARGEST:
            return None
        if seed is not None and seed.origin == "parameter" and example.is_floating_point():
            return torch.randn(shape, generator=self.generator).to(example.dtype)
        if value is not None and not isinstance(value, FakeTensor) and not value.is_meta:
            return value.detach().clone()
        given = seed is not None and seed.origin == "input"
        return torch.ones(shape, dtype=example.dtype) if given else None

    def again(self, node: fx.Node, numbers: Mapping[int, int]) -> Tensor | None:
        """A node computed once more with other numbers in the comparisons before it."""
        values: dict[fx.Node, Any] = {}
        for needed in self.needed(node):
            if needed.op in ("placeholder", "get_attr") or is_size(needed):
                values[needed] = self._compute(needed, values)
            else:
                values[needed] = _called(needed, values, numbers)
        found = values[node]
        return found if isinstance(found, Tensor) else None


def _called(node: fx.Node, values: Mapping[fx.Node, Any], numbers: Mapping[int, int]) -> Any:
    """What an operator gives on the values so far; None where one is missing or it fails."""
    like = base(node) in LIKE
    if not like and any(values.get(n) is None for n in node.all_input_nodes):
        return None

    def plain(argument: Any) -> Any:
        if not isinstance(argument, fx.Node):
            return argument
        return _empty(argument) if like else values[argument]

    args, kwargs = fx.node.map_aggregate((node.args, node.kwargs), plain)
    if numbers and base(node).rstrip("_") in COMPARED:
        args, kwargs = _replaced(args, numbers), dict(kwargs)
        kwargs = {key: _number(value, numbers) for key, value in kwargs.items()}
    try:
        with torch.no_grad():
            return node.target(*args, **kwargs)  # type: ignore[operator]
    except Exception:
        return None


def _empty(node: fx.Node) -> Any:
    """A tensor of a node's shape and type, with nothing in it."""
    example = node.meta.get("val")
    if not isinstance(example, Tensor):
        return example
    return torch.empty([int(size) for size in example.shape], dtype=example.dtype)


def _replaced(args: tuple[Any, ...], numbers: Mapping[int, int]) -> tuple[Any, ...]:
    return tuple(_number(value, numbers) for value in args)


def _number(value: Any, numbers: Mapping[int, int]) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and value in numbers:
        return numbers[value]  # type: ignore[index]
    return value
