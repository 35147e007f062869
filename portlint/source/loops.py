"""Loops over the GPUs of a host -> the guard of what they do, and the lists only they fill.

`for i in range(torch.cuda.device_count()):` has no round where there is no CUDA.
"""

from __future__ import annotations

from collections.abc import Callable

from portlint.source import cst
from portlint.source.guards import Guard
from portlint.source.names import Resolver
from portlint.source.nodes import descend
from portlint.source.scope import Scope, lookup

COUNT = "torch.cuda.device_count"
SAME = frozenset("enumerate list tuple reversed sorted set iter tqdm trange".split())
"""What gives as many things as it is given."""
DEPTH = 3
FILLS = frozenset("append add extend update insert".split())
Holds = Callable[[Resolver, cst.CSTNode, Scope, int], bool]


def over_gpus(names: Resolver, node: cst.CSTNode, scope: Scope) -> Guard | None:
    """The guard of the rounds of a loop or comprehension, if it goes over the GPUs."""
    clause = node if isinstance(node, cst.For) else getattr(node, "for_in", None)
    if isinstance(clause, cst.For | cst.CompFor) and _is_empty(names, clause.iter, scope, DEPTH):
        return Guard("other", clause.iter, clause.iter)
    return None


def _is_empty(names: Resolver, node: cst.CSTNode, scope: Scope, depth: int) -> bool:
    """Whether a collection has nothing in it without CUDA."""
    if depth <= 0:
        return False
    match node:
        case cst.Call(func=cst.Name("range"), args=[*_, stop]) if len(node.args) <= 2:
            return _is_zero(names, stop.value, scope, depth)
        case cst.Call(func=cst.Name(word), args=[first, *_]) if word in SAME:
            return _is_empty(names, first.value, scope, depth)
        case (
            cst.ListComp(for_in=clause)
            | cst.SetComp(for_in=clause)
            | cst.DictComp(for_in=clause)
            | cst.GeneratorExp(for_in=clause)
        ):
            return _is_empty(names, clause.iter, scope, depth)
        case cst.Name():
            return _always(names, node, scope, depth, _is_empty)
    return False


def _is_zero(names: Resolver, node: cst.CSTNode, scope: Scope, depth: int) -> bool:
    """Whether a number is that of the GPUs."""
    if depth <= 0:
        return False
    match node:
        case cst.Call(func=cst.Name("min")):
            return any(_is_zero(names, arg.value, scope, depth) for arg in node.args)
        case cst.Call(func=cst.Name("int"), args=[only]):
            return _is_zero(names, only.value, scope, depth)
        case cst.Call():
            return any(ref.path == COUNT for ref in names.refs(node.func, scope))
        case cst.Name():
            return _always(names, node, scope, depth, _is_zero)
    return False


def _always(names: Resolver, node: cst.Name, scope: Scope, depth: int, holds: Holds) -> bool:
    """Whether a name was never set to anything else."""
    bindings, where = lookup(scope, node.value)
    return where is not None and all(
        b.node is not None and holds(names, b.node, where, depth - 1) for b in bindings
    )


def filled(names: Resolver, node: cst.For, scope: Scope) -> frozenset[str]:
    """The lists that a loop over the GPUs fills: empty after it where they were before."""
    if over_gpus(names, node, scope) is None:
        return frozenset()
    found = (n.func for n in descend(node.body) if isinstance(n, cst.Call))
    lists = (f.value for f in found if isinstance(f, cst.Attribute) and f.attr.value in FILLS)
    named = {n.value for n in lists if isinstance(n, cst.Name)}
    return frozenset(name for name in named if _begins_empty(name, scope))


def _begins_empty(name: str, scope: Scope) -> bool:
    table = scope.names.get(name, ())
    return any(isinstance(b.node, cst.List | cst.Dict) and not b.node.elements for b in table)
