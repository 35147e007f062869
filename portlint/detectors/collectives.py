"""Collectives: reductions of whole numbers, uneven parts, one tensor after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint.detectors.bodies import on_host
from portlint.detectors.integers import stays_small
from portlint.detectors.words import is_none, last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, dotted_text
from portlint.source.place import Place

DIST = ("torch.distributed.", "torch.distributed.distributed_c10d.")
WIDE = frozenset("torch.int32 torch.int64 torch.int torch.long".split())
"""The dtypes that the compiler's pages name: 32 and 64 bits."""
CASTS = frozenset(["long", "int"])
KEPT = frozenset("clone detach contiguous view reshape flatten squeeze unsqueeze cuda".split())
"""Methods that give the same dtype."""
MOVES = frozenset(["to", "cuda"])
MADE = frozenset(f"torch.{name}" for name in "tensor as_tensor zeros ones full empty".split())
"""Functions that make a tensor on the host, unless a device is named."""
HOST_GROUP = re.compile(r"(^|[^a-z])(cpu|gloo)([^a-z]|$)", re.IGNORECASE)
COUNTS = frozenset("torch.bincount torch.argmax torch.argmin torch.nonzero".split())
TENSORS = frozenset("parameters named_parameters buffers named_buffers state_dict".split())
"""Methods of a module that go through its tensors, each of its own shape."""


def int_all_reduce(node: cst.Call, at: Place) -> Iterator[Found]:
    """`dist.all_reduce(count)` where the count is int64."""
    names = ("all_reduce", "reduce")
    if at.calls(node, *(f"{m}{n}" for m in DIST for n in names)):
        yield from _found(node, argument(node, "tensor", 0), at)
    elif at.calls(node, "torch_xla.core.xla_model.all_reduce"):
        yield from _found(node, argument(node, "inputs", 1), at)


def int_reduce_scatter(node: cst.Call, at: Place) -> Iterator[Found]:
    """`dist.reduce_scatter_tensor(part, histogram)` of int32."""
    names = ("reduce_scatter", "reduce_scatter_tensor")
    if at.calls(node, *(f"{m}{n}" for m in DIST for n in names)):
        source = argument(node, "input", 1) or argument(node, "input_list", 1)
        yield from _found(node, source, at) or _found(node, argument(node, "output", 0), at)


def _found(node: cst.Call, tensor: cst.BaseExpression | None, at: Place) -> list[Found]:
    values = at.values(tensor) if tensor is not None else []
    if tensor is None or stays_small(tensor, at):
        return []
    if values and not _by_host(node, at) and all(_is_whole(value, at) for value in values):
        return [Found(node, value=last(node.func))]
    return []


def _by_host(node: cst.Call, at: Place) -> bool:
    """Whether the group says that the host does it: `self.cpu_group`, a group of gloo."""
    named = [a.value for a in node.args if a.keyword and "group" in a.keyword.value]
    given = named + [a.value for a in node.args[2:] if a.keyword is None]
    values = [part for value in given for part in (value, *at.values(value))]
    return any(HOST_GROUP.search(at.code(value, 400)) for value in values)


def _is_whole(
    node: cst.BaseExpression, at: Place, seen: frozenset[int] = frozenset(), moved: bool = False
) -> bool:
    """Whether an expression is a tensor of 32 or 64 bit integers on a device, for sure.

    `x = x.contiguous()` leads back to itself: what was `seen` says nothing new. `moved` tells that
    what is made here goes to a device afterwards.
    """
    if not isinstance(node, cst.Call) or id(node) in seen:
        return False
    made = at.calls(node, *MADE) and argument(node, "device") is None
    if on_host(node, at) or (made and not moved):
        return False
    dtype = argument(node, "dtype")
    if dtype is not None:
        return bool(WIDE.intersection(at.paths(dtype)))
    match node.func:
        case cst.Attribute(attr=cst.Name(name)) if name in CASTS and not node.args:
            return True
        case cst.Attribute(attr=cst.Name("to")) if _cast(node, at):
            return True
        case cst.Attribute(value=value, attr=cst.Name(name)) if name in KEPT | {"to"}:
            before, goes = seen | {id(node)}, moved or name in MOVES
            inner = at.values(value)
            return not _casts(node) and all(_is_whole(v, at, before, goes) for v in inner)
    if at.calls(node, "torch.tensor") and node.args:
        return _counts(node.args[0].value)
    return at.calls(node, *COUNTS)


def _cast(node: cst.Call, at: Place) -> bool:
    return any(WIDE.intersection(at.paths(arg.value)) for arg in node.args)


def _casts(node: cst.Call) -> bool:
    """Whether `.to(…)` may change the dtype: it has an argument named like one."""
    return any((dotted_text(arg.value) or "").startswith("torch.") for arg in node.args)


def _counts(node: cst.BaseExpression) -> bool:
    """`3`, `len(x)`, `[1, len(x)]`: what torch makes int64 of."""
    match node:
        case cst.Integer() | cst.Call(func=cst.Name("len")):
            return True
        case cst.List() | cst.Tuple():
            return bool(node.elements) and all(_counts(e.value) for e in node.elements)
    return False


def uneven_all_to_all(node: cst.Call, at: Place) -> Iterator[Found]:
    """`dist.all_to_all_single(out, x, counts, own)`: parts of different lengths."""
    if not at.calls(node, *(f"{m}all_to_all_single" for m in DIST)):
        return
    for name, position in (("output_split_sizes", 2), ("input_split_sizes", 3)):
        value = argument(node, name, position)
        if value is not None and not is_none(value) and at.code(value) != "[]":
            yield Found(node, value=at.code(value))
            return


def broadcast_each(node: cst.Call, at: Place) -> Iterator[Found]:
    """`for p in net.parameters(): dist.broadcast(p.data, 0)` on the default group."""
    if not at.calls(node, *(f"{m}broadcast" for m in DIST)) or argument(node, "group", 2):
        return
    tensor = argument(node, "tensor", 0)
    names = {n.value for n in descend(tensor) if isinstance(n, cst.Name)} if tensor else set()
    loop = at.within(cst.For, cst.FunctionDef)
    if isinstance(loop, cst.For) and names & set(_bound(loop.target)) and _goes_through(loop.iter):
        yield Found(node, value=at.code(loop.iter))


def _bound(target: cst.CSTNode) -> Iterator[str]:
    return (n.value for n in descend(target) if isinstance(n, cst.Name))


def _goes_through(node: cst.BaseExpression) -> bool:
    """Whether a loop is over the parameters or buffers of a module."""
    return any(isinstance(n, cst.Call) and last(n.func) in TENSORS for n in descend(node))
