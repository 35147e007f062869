"""A graph -> what its masks and biases hold: the part that no activation enters is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensor

from portlint.record import Pattern, Visible
from portlint.record import Tensor as Known
from portlint.trace.flexible import flex
from portlint.trace.visible import HIDDEN, bias, decays, visible

MEETS = {
    *("add", "add_", "sub", "sub_", "mul", "mul_", "div", "where", "masked_fill", "masked_fill_"),
    *("baddbmm", "scaled_dot_product_attention", "logical_and", "__iadd__", "rsub", "minimum"),
    *("index_put", "index_put_", "addmm", "__and__", "logical_or", "__or__", "einsum"),
}
"""Operators in which scores meet what is known before."""
LOOKUPS = {"embedding", "index", "gather", "index_select", "take"}
RANDOM = {"rand", "randn", "randint", "bernoulli", "dropout", "native_dropout", "multinomial"}
LIKE = frozenset(
    "ones_like zeros_like full_like empty_like new_ones new_zeros new_full new_empty".split()
)
"""Take no more than shape and type from their operand."""
LARGEST = 1 << 22
"""Elements of a tensor that is computed; a mask of 2048 by 2048 fits."""


class Static(NamedTuple):
    """A node that no activation enters, and what it is made of."""

    sources: frozenset[str]


def patterns(
    module: fx.GraphModule,
    seeds: Mapping[str, Known],
    given: Mapping[str, Tensor],
    ids: Mapping[fx.Node, int],
) -> list[Pattern]:
    """The patterns at the border: known tensors that an activation meets.

    `given` are real tensors by placeholder; parameters are made up, for the form counts and not the
    values, and so are inputs without data.
    """
    nodes = list(module.graph.nodes)
    static = dict(_static(nodes, seeds, given))
    border = [n for n in nodes if n in static and _meets(n, static) and _square(n)]
    border = [n for n in border if n in ids or n.op in ("placeholder", "get_attr")]
    flexed = [n for n in nodes if n.op == "call_function" and _base(n) == "flex_attention"]
    if not border and not flexed:
        return []
    run = Run(module, nodes, static, seeds, given)
    found = [_pattern(node, run, static, seeds, ids) for node in border]
    found += [flex(module, node, run.value, ids[node]) for node in flexed if node in ids]
    return [pattern for pattern in found if pattern is not None]


def _static(
    nodes: Iterable[fx.Node], seeds: Mapping[str, Known], given: Mapping[str, Tensor]
) -> Iterator[tuple[fx.Node, Static]]:
    known: dict[fx.Node, Static] = {}
    for node in nodes:
        found = (
            _leaf(node, seeds, given)
            if node.op in ("placeholder", "get_attr")
            else _made(node, known)
        )
        if found is not None:
            known[node] = found
            yield node, found


def _leaf(node: fx.Node, seeds: Mapping[str, Known], given: Mapping[str, Tensor]) -> Static | None:
    value = node.meta.get("val")
    seed = seeds.get(node.name)
    if node.op == "get_attr":
        return Static(frozenset())
    if _is_size(node):
        return Static(frozenset())
    if seed is None or not isinstance(value, Tensor):
        return None
    if seed.origin == "input":
        if value.dtype.is_complex or (value.dtype.is_floating_point and not _hides(given, node)):
            return None
        return Static(frozenset({"padding" if value.dim() <= 2 else "input"}))
    return Static(frozenset({seed.origin} - {"constant"}))


def _hides(given: Mapping[str, Tensor], node: fx.Node) -> bool:
    """Whether a floating input is a mask: nothing else holds such values."""
    value = given.get(node.name)
    if value is None or isinstance(value, FakeTensor) or value.is_meta or value.dim() < 2:
        return False
    return bool((value <= HIDDEN).any())


def _made(node: fx.Node, known: Mapping[fx.Node, Static]) -> Static | None:
    if node.op == "output" or _base(node) in RANDOM:
        return None
    if _base(node) in LIKE:
        return Static(frozenset())
    if _is_size(node):
        return Static(frozenset())
    inputs = [known.get(n) for n in node.all_input_nodes]
    if any(found is None for found in inputs):
        return None
    sources = frozenset[str]().union(*(found.sources for found in inputs if found))
    if _base(node) in LOOKUPS and "parameter" in sources and sources & {"padding", "input"}:
        return None  # the embedding of tokens: activations begin here
    return Static(sources)


def _is_size(node: fx.Node) -> bool:
    return isinstance(node.meta.get("val"), int | torch.SymInt)


def _base(node: fx.Node) -> str:
    """The name of an operator without library and overload."""
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        return target._schema.name.rpartition("::")[2]
    return str(getattr(target, "__name__", target))


def _meets(node: fx.Node, static: Mapping[fx.Node, Static]) -> bool:
    return any(user not in static and _base(user) in MEETS for user in node.users)


def _square(node: fx.Node) -> bool:
    """Whether a tensor has rows for queries and columns for keys, and is no bare parameter."""
    value = node.meta.get("val")
    if not isinstance(value, Tensor) or value.dim() < 2 or value.numel() > LARGEST:
        return False
    return isinstance(value.shape[-1], int) and value.shape[-1] > 1


def _pattern(
    node: fx.Node,
    run: Run,
    static: Mapping[fx.Node, Static],
    seeds: Mapping[str, Known],
    ids: Mapping[fx.Node, int],
) -> Pattern | None:
    value = run.value(node)
    if value is None or value.is_complex() or value.dim() < 2:
        return None
    value = _queries_second_last(value)
    if value.is_floating_point() and any(_subtracts(user, node) for user in node.users):
        value = -value
    seed = seeds.get(node.name)
    of: int | str = ids[node] if node in ids else (seed.name if seed else str(node.target))
    sources = tuple(sorted(static[node].sources))
    shown, hidden = _forms(value)
    if shown.form != "full" or value.dtype.is_floating_point:
        shown, hidden = run.wider(node, value, shown, hidden)
    form, nonzero = None, None
    if value.dtype.is_floating_point:
        nonzero = visible(value != 0) if bool((value == 0).any()) else None
        form = "decay" if decays(value) else bias(value.float(), "parameter" in sources)
    return Pattern(of=of, sources=sources, shown=shown, hidden=hidden, nonzero=nonzero, bias=form)


def _queries_second_last(value: Tensor) -> Tensor:
    """A mask [1, queries, 1, keys], for scores with heads in between, as [1, 1, queries, keys]."""
    for axis in range(1, value.dim() - 2):
        if value.shape[-2] == 1 and value.shape[axis] == value.shape[-1] > 1:
            return value.transpose(axis, -2)
    return value


def _subtracts(user: fx.Node, node: fx.Node) -> bool:
    return _base(user) in ("sub", "sub_") and len(user.args) > 1 and user.args[1] is node


def _forms(value: Tensor) -> tuple[Visible, Visible | None]:
    if value.dtype == torch.bool:
        return visible(value), visible(~value)
    if value.dtype.is_floating_point:
        return visible(value > HIDDEN), None
    return visible(value != 0), visible(value == 0)


class Run:
    """Computes nodes that no activation enters, in the order of the graph."""

    def __init__(
        self,
        module: fx.GraphModule,
        nodes: list[fx.Node],
        static: Mapping[fx.Node, Static],
        seeds: Mapping[str, Known],
        given: Mapping[str, Tensor],
    ) -> None:
        self.module, self.seeds, self.given = module, seeds, given
        self.order = {node: n for n, node in enumerate(nodes)}
        self.static = static
        self.values: dict[fx.Node, Any] = {}
        self.generator = torch.Generator().manual_seed(0)

    def value(self, node: fx.Node) -> Tensor | None:
        """The numbers of a node; None where they cannot be had."""
        if node not in self.values:
            for needed in self._needed(node):
                if needed not in self.values:
                    self.values[needed] = self._compute(needed, self.values)
        found = self.values[node]
        return found if isinstance(found, Tensor) else None

    def _needed(self, node: fx.Node) -> list[fx.Node]:
        """A node's ancestors, and what writes into one of them, in the order of the graph."""
        found: set[fx.Node] = set()
        waiting = [node]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.add(current)
            waiting += [] if _base(current) in LIKE else current.all_input_nodes
            waiting += [u for u in current.users if u in self.static and self._writes(u, current)]
        return sorted(found, key=self.order.__getitem__)

    def _writes(self, user: fx.Node, into: fx.Node) -> bool:
        """Whether a user changes the memory of its operand: itself, or through a view of it."""
        if not user.args or user.args[0] is not into:
            return False
        name = _base(user)
        if name.endswith("_") and not name.endswith("__"):
            return True
        viewed = name in {"slice", "select", "view", "unsqueeze", "diagonal", "narrow", "transpose"}
        return viewed and any(u in self.static and self._writes(u, user) for u in user.users)

    def _compute(self, node: fx.Node, values: Mapping[fx.Node, Any]) -> Any:
        if node.op == "placeholder":
            return self._placeholder(node)
        if _is_size(node):
            size = node.meta["val"]
            return size if isinstance(size, int) else size.node.hint
        if node.op == "get_attr":
            found: Any = self.module
            for part in str(node.target).split("."):
                found = getattr(found, part, None)
            return None if isinstance(found, FakeTensor) else found
        return _called(node, values, {})

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
        return torch.ones(shape, dtype=example.dtype) if self._mask(seed) else None

    def _mask(self, seed: Known | None) -> bool:
        return seed is not None and seed.origin == "input"

    def wider(
        self, node: fx.Node, value: Tensor, shown: Visible, hidden: Visible | None
    ) -> tuple[Visible, Visible | None]:
        """The forms again, where a number in the mask is too large to show at this length.

        A window of 4096 does not show among 128 tokens: with the number made small it does, and
        what it was made smaller by is added again.
        """
        length = value.shape[-1]
        small = max(2, length // 3)
        seen: set[int] = set()
        for source in self._needed(node):
            for large in _large(source, length):
                if large in seen:
                    continue
                seen.add(large)
                again = self._again(node, {large: small, -large: -small})
                if again is None or again.shape != value.shape:
                    continue
                forms = _forms(again)
                if forms != (shown, hidden):
                    shown, hidden = forms
                    by = large - small
                    return _grown(shown, by), _grown(hidden, by) if hidden else None
        return shown, hidden

    def _again(self, node: fx.Node, numbers: Mapping[int, int]) -> Tensor | None:
        values: dict[fx.Node, Any] = {}
        for needed in self._needed(node):
            if needed.op in ("placeholder", "get_attr") or _is_size(needed):
                values[needed] = self._compute(needed, values)
            else:
                values[needed] = _called(needed, values, numbers)
        found = values[node]
        return found if isinstance(found, Tensor) else None


def _grown(form: Visible, by: int) -> Visible:
    if form.size is None:
        return form
    return Visible(form=form.form, size=form.size + by, causal=form.causal)


COMPARED = {"add", "sub", "rsub", "gt", "ge", "lt", "le", "floor_divide", "div", "tril", "triu"}


def _large(node: fx.Node, length: int) -> Iterator[int]:
    """Numbers in comparisons of positions that are larger than the sequence."""
    if _base(node).rstrip("_") not in COMPARED:
        return
    for value in (*node.args, *node.kwargs.values()):
        if isinstance(value, int | float) and math.isfinite(value) and value == int(value):
            number = abs(int(value))
            yield from [number] if length <= number < 1 << 24 else []


def _called(node: fx.Node, values: Mapping[fx.Node, Any], numbers: Mapping[int, int]) -> Any:
    """What an operator gives on the values so far; None where one is missing or it fails."""
    like = _base(node) in LIKE
    if not like and any(values.get(n) is None for n in node.all_input_nodes):
        return None

    def plain(argument: Any) -> Any:
        if not isinstance(argument, fx.Node):
            return argument
        return _empty(argument) if like else values[argument]

    args, kwargs = fx.node.map_aggregate((node.args, node.kwargs), plain)
    if numbers and _base(node).rstrip("_") in COMPARED:
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
