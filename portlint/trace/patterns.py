"""A graph -> what its masks and biases hold: the part that no activation enters is computed."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, fx

from portlint.record import Pattern
from portlint.trace.computed import LARGEST, Run
from portlint.trace.flexible import flex
from portlint.trace.static import Given, Known, Seeds, base, static
from portlint.trace.visible import bias, decays, visible
from portlint.trace.wide import forms, wider

MEETS = {
    *("add", "add_", "sub", "sub_", "mul", "mul_", "div", "where", "masked_fill", "masked_fill_"),
    *("baddbmm", "scaled_dot_product_attention", "logical_and", "__iadd__", "rsub", "minimum"),
    *("index_put", "index_put_", "addmm", "__and__", "logical_or", "__or__", "einsum"),
}
"""Operators in which scores meet what is known before."""


def patterns(
    module: fx.GraphModule, seeds: Seeds, given: Given, ids: Mapping[fx.Node, int]
) -> list[Pattern]:
    """The patterns at the border: known tensors that an activation meets.

    `given` are real tensors by placeholder; parameters are made up, for the form counts and not the
    values, and so are inputs without data.
    """
    nodes = list(module.graph.nodes)
    known = dict(static(nodes, seeds, given))
    border = [n for n in nodes if n in known and _meets(n, known) and _square(n)]
    border = [n for n in border if n in ids or n.op in ("placeholder", "get_attr")]
    flexed = [n for n in nodes if n.op == "call_function" and base(n) == "flex_attention"]
    if not border and not flexed:
        return []
    run = Run(module, nodes, known, seeds, given)
    found = [_pattern(node, run, known, ids) for node in border]
    found += [flex(module, node, run.value, ids[node]) for node in flexed if node in ids]
    return [pattern for pattern in found if pattern is not None]


def _meets(node: fx.Node, known: Known) -> bool:
    return any(user not in known and base(user) in MEETS for user in node.users)


def _square(node: fx.Node) -> bool:
    """Whether a tensor has rows for queries and columns for keys."""
    value = node.meta.get("val")
    if not isinstance(value, Tensor) or value.dim() < 2 or value.numel() > LARGEST:
        return False
    return isinstance(value.shape[-1], int) and value.shape[-1] > 1


def _pattern(node: fx.Node, run: Run, known: Known, ids: Mapping[fx.Node, int]) -> Pattern | None:
    value = run.value(node)
    if value is None or value.is_complex() or value.dim() < 2:
        return None
    value = _queries_second_last(value)
    if value.is_floating_point() and any(_subtracts(user, node) for user in node.users):
        value = -value
    sources = tuple(sorted(known[node]))
    shown, hidden = wider(run, node, value.shape[-1], forms(value))
    form, nonzero = None, None
    if value.dtype.is_floating_point:
        nonzero = visible(value != 0) if bool((value == 0).any()) else None
        form = "decay" if decays(value) else bias(value.float(), "parameter" in sources)
    return Pattern(
        of=ids.get(node, run.name(node)),
        sources=sources,
        shown=shown,
        hidden=hidden,
        nonzero=nonzero,
        bias=form,
    )


def _queries_second_last(value: Tensor) -> Tensor:
    """A mask [1, queries, 1, keys], for scores with heads in between, as [1, 1, queries, keys]."""
    for axis in range(1, value.dim() - 2):
        if value.shape[-2] == 1 and value.shape[axis] == value.shape[-1] > 1:
            return value.transpose(axis, -2)
    return value


def _subtracts(user: fx.Node, node: fx.Node) -> bool:
    return base(user) in ("sub", "sub_") and len(user.args) > 1 and user.args[1] is node
