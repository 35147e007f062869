"""The nodes of an fx graph -> op records."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import fx
from torch.utils import _pytree as pytree

from portlint.record import Level, Op, Origin, Pattern, Tensor
from portlint.trace import values
from portlint.trace.patterns import patterns
from portlint.trace.places import Homes

Seed = Mapping[str, Tensor]
"""The records of a graph's inputs by the names of their placeholders."""
NOISE = ("aten._assert", "aten.sym_", "sym_constrain", "aten.detach_")
"""What export adds to check its own assumptions; the program never said it."""
FUNCTIONALISED = ("auto_functionalized", "auto_functionalized_v2")


class Records:
    """Turns graphs into records; ids go on from graph to graph."""

    def __init__(self, homes: Homes, ids: Iterator[int] | None = None) -> None:
        self.homes = homes
        self.ids = ids or itertools.count()
        self.patterns: list[Pattern] = []

    def graph(
        self,
        module: fx.GraphModule,
        level: Level,
        seed: Seed,
        forward: set[str] | None = None,
        given: Mapping[str, torch.Tensor] | None = None,
    ) -> list[Op]:
        """The ops of a graph and the graphs in it; `forward` names a joint graph's first half.

        With `given`, the real tensors among the inputs by placeholder, its masks are measured too.
        """
        walk = Walk(self, module, level, forward)
        for node in module.graph.nodes:
            if node.op == "placeholder":
                walk.known[node] = [seed[node.name]] if node.name in seed else _input(node)
        ops = walk.run()
        if given is not None:
            self.patterns += patterns(module, seed, given, walk.numbers)
        return ops


def _input(node: fx.Node) -> list[Tensor]:
    value = node.meta.get("val", node.meta.get("example_value"))
    return [values.tensor(value, "input", node.name)] if isinstance(value, torch.Tensor) else []


class Walk:
    """One graph: `known` holds the records of what each node gives."""

    def __init__(
        self,
        records: Records,
        module: fx.GraphModule,
        level: Level,
        forward: set[str] | None,
        inside: int | None = None,
    ) -> None:
        self.records, self.module, self.level, self.forward = records, module, level, forward
        self.inside = inside
        self.known: dict[fx.Node, list[Tensor]] = {}
        self.numbers: dict[fx.Node, int] = {}
        self.returned = {
            arg for node in module.graph.find_nodes(op="output") for arg in node.all_input_nodes
        }
        self.ops: list[Op] = []

    def run(self) -> list[Op]:
        """Every call in order."""
        for node in self.module.graph.nodes:
            if node.op == "get_attr":
                self.known[node] = self._attribute(node)
            elif node.op in ("call_function", "call_method"):
                self._call(node)
        return self.ops

    def _attribute(self, node: fx.Node) -> list[Tensor]:
        value: Any = self.module
        for part in str(node.target).split("."):
            value = getattr(value, part, None)
        if not isinstance(value, torch.Tensor):
            return []
        weight = isinstance(value, torch.nn.Parameter)
        kind: Origin = "parameter" if weight else "constant"
        return [values.tensor(value, kind, str(node.target))]

    def _call(self, node: fx.Node) -> None:
        if node.target is operator.getitem and isinstance(node.args[0], fx.Node):
            self.known[node] = self._item(node)
            return
        func, args, kwargs = _plain(node)
        name = values.op_name(func)
        if name.startswith(NOISE) or func in _SIZES or getattr(func, "__module__", "") in _PYTHON:
            if name.startswith("aten.detach_") and isinstance(node.args[0], fx.Node):
                self.known[node] = self.known.get(node.args[0], [])  # it gives what it is given
            return
        number = self.numbers[node] = next(self.records.ids)
        given = values.arguments(func, args, kwargs, self._given)
        made = _outputs(node)
        origin, of = values.derived(given.tensors)
        outputs = [values.tensor(v, origin, of, number, part) for part, v in enumerate(made)]
        self.known[node] = outputs
        self.ops.append(self._op(node, number, name, given, outputs))
        if isinstance(func, torch._ops.HigherOrderOperator):
            self._children(node, number)

    def _given(self, value: Any) -> list[Tensor] | None:
        return self.known.get(value) if isinstance(value, fx.Node) else None

    def _item(self, node: fx.Node) -> list[Tensor]:
        found = self.known.get(node.args[0], [])  # type: ignore[arg-type]
        of = _outputs(node)
        index = node.args[1]
        if not of:
            return []
        if isinstance(index, int) and index < len(found) and len(of) == 1:
            return [found[index]]
        return found[:1]

    def _op(
        self,
        node: fx.Node,
        number: int,
        name: str,
        given: values.Arguments,
        outputs: list[Tensor],
    ) -> Op:
        stack = self.records.homes.stack(node.meta.get("stack_trace") or "")
        module, kind = _module(node)
        return Op(
            id=number,
            name=name,
            level=self.level,
            inputs=tuple(given.tensors),
            arguments=tuple(given.names),
            outputs=tuple(outputs),
            literals=given.literals,
            semantic=_semantic(node, name) if self.level != "aten" else "",
            place=self.records.homes.innermost(stack),
            stack=stack[-8:],
            module=module,
            module_class=kind,
            symbols=tuple(sorted(str(s) for s in node.meta.get("unbacked_bindings") or ())),
            stub=str(given.literals.get("name", "")) if name.startswith("portlint.") else "",
            backward=self.forward is not None and node.name not in self.forward,
            inside=self.inside,
            returned=node in self.returned and self.inside is None,
        )

    def _children(self, node: fx.Node, number: int) -> None:
        """The graphs a higher-order op calls; its last operands are their inputs."""
        leaves = pytree.tree_leaves((node.args, node.kwargs))
        operands = [leaf for leaf in leaves if isinstance(leaf, fx.Node) and leaf in self.known]
        for leaf in leaves:
            child = getattr(self.module, str(getattr(leaf, "target", "")), None)
            if not isinstance(child, fx.GraphModule) or leaf.op != "get_attr":
                continue
            walk = Walk(self.records, child, self.level, None, number)
            inputs = [n for n in child.graph.nodes if n.op == "placeholder"]
            tensors = [o for o in operands if self.known[o]]
            for inner, outer in zip(reversed(inputs), reversed(tensors), strict=False):
                walk.known[inner] = self.known[outer]
            for inner in inputs:
                walk.known.setdefault(inner, _input(inner))
            self.ops += walk.run()


_PYTHON = ("_operator", "operator", "builtins", "math", "torch.fx.experimental.symbolic_shapes")
_SIZES = {
    torch.sym_max,
    torch.sym_min,
    torch.sym_not,
    torch.sym_ite,
    torch.sym_float,
    torch.sym_int,
}


def _plain(node: fx.Node) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The call of a node; of one that export made functional, the op that was called."""
    func: Any = node.target
    kwargs = dict(node.kwargs)
    if isinstance(func, torch._ops.HigherOrderOperator) and values.op_name(func).endswith(
        FUNCTIONALISED
    ):
        return node.args[0], tuple(node.args[1:]), {**kwargs, **_bases(kwargs)}
    return func, tuple(node.args), kwargs


def _bases(kwargs: dict[str, Any]) -> dict[str, Any]:
    bases = kwargs.get("_all_bases")
    return {"inputs": bases} if bases else {}


def _outputs(node: fx.Node) -> list[torch.Tensor]:
    value = node.meta.get("val", node.meta.get("example_value"))
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def _module(node: fx.Node) -> tuple[str, str]:
    stack = node.meta.get("nn_module_stack") or node.meta.get("fwd_nn_module_stack") or {}
    if not stack:
        return "", ""
    path, kind = list(stack.values())[-1]
    text = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    path = path.removeprefix("L['self']").removeprefix("L__self__").lstrip(".")
    return path.partition("@")[0], text


def _semantic(node: fx.Node, name: str) -> str:
    """The op of the undecomposed graph that this node came from."""
    original = node.meta.get("original_aten")
    if original is not None and (text := str(original)) != name and "backward" in text:
        return text
    for source in node.meta.get("from_node") or ():
        current, found = source, ""
        while current is not None:
            if current.target.startswith(("aten.", "higher_order", "portlint.")):
                found = current.target
            below = current.from_node
            current = below[0] if below else None
        return "" if found == name else found
    return ""
