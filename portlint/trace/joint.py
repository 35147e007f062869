"""A model in training mode -> the records of its forward and backward graph."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import fx, nn
from torch._functorch.aot_autograd import aot_module_simplified
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.utils import _pytree as pytree

from portlint.record import Op, Origin, Tensor
from portlint.trace import partial, values
from portlint.trace.hollow import on_the_cpu
from portlint.trace.load import Loaded
from portlint.trace.records import Records


class Joined(Exception):
    """The joint graph is there: nothing has to be cut or compiled."""

    def __init__(self, graph: fx.GraphModule, outputs: int) -> None:
        super().__init__()
        self.graph, self.outputs = graph, outputs


class Flat(nn.Module):
    """A program that runs node by node, so that the joint graph knows the lines."""

    def __init__(self, program: ExportedProgram) -> None:
        super().__init__()
        self.program = program.module(check_guards=False)

    def forward(self, *args: Any) -> tuple[torch.Tensor, ...]:
        """Every tensor the program gives."""
        with fx.traceback.preserve_node_meta():
            found = fx.Interpreter(self.program).run(*args)
        return tuple(t for t in pytree.tree_leaves(found) if isinstance(t, torch.Tensor))


class NothingToLearn(Exception):
    """A model without anything to differentiate."""


def joint(loaded: Loaded, records: Records) -> list[Op]:
    """Forward and backward as one decomposed graph, all of it: nothing is cut for memory."""
    loaded.module.train()
    with on_the_cpu(loaded) as held:
        program = torch.export.export(held.module, held.args, held.kwargs, strict=False)
    flat = Flat(program)
    args = [
        node.meta["val"]
        for node, spec in zip(
            program.graph.nodes, program.graph_signature.input_specs, strict=False
        )
        if spec.kind is InputKind.USER_INPUT
    ]
    if held is not loaded:  # weights without data: inputs are of their mode, not of export's
        args = pytree.tree_leaves(program.example_inputs)
    try:
        with fx.traceback.preserve_node_meta():
            aot_module_simplified(
                cast("fx.GraphModule", flat),
                args,
                fw_compiler=_unused,
                bw_compiler=_unused,
                partition_fn=_joined,
                decompositions=partial.table(),
            )
    except Joined as found:
        seed = _seed(found.graph, flat, args)
        return records.graph(found.graph, "joint", seed, _forward(found.graph, found.outputs))
    raise NothingToLearn("no output depends on a parameter in a differentiable way")


def _unused(gm: fx.GraphModule, example_inputs: Any) -> Any:
    return gm


def _joined(graph: fx.GraphModule, inputs: Any, *, num_fwd_outputs: int, **_rest: Any) -> Any:
    raise Joined(graph, num_fwd_outputs)


def _seed(graph: fx.GraphModule, flat: Flat, args: list[Any]) -> dict[str, Tensor]:
    """The weights come first, tied ones each time; then the inputs and the outputs' gradients."""
    weights = flat.named_parameters(remove_duplicate=False)
    known: list[tuple[Origin, str]] = [("parameter", n) for n, _ in weights]
    known += [("buffer", n) for n, _ in flat.named_buffers(remove_duplicate=False)]
    known += [("input", f"args[{number}]") for number in range(len(args))]
    found = {}
    nodes = [node for node in graph.graph.nodes if node.op == "placeholder"]
    primals = [node for node in nodes if not node.name.startswith("tangents")]
    names = dict(zip(primals, known, strict=False))
    for node in nodes:
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor):
            origin, name = names.get(node, ("activation", node.name))
            found[node.name] = values.tensor(value, origin, name.removeprefix("program."))
    return found


def _forward(graph: fx.GraphModule, outputs: int) -> set[str]:
    """The nodes that the outputs of forward are made of; all others are backward."""
    last = next(node for node in graph.graph.nodes if node.op == "output")
    flat = pytree.tree_leaves(last.args)[:outputs]
    todo = [node for node in flat if isinstance(node, fx.Node)]
    found: set[str] = set()
    while todo:
        node = todo.pop()
        if node.name not in found:
            found.add(node.name)
            todo += node.all_input_nodes
    return found
