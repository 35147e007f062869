"""A saved program -> what becomes of each of its nodes, one answer after the other."""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch_xla.debug.metrics as metrics
from torch import fx
from torch.utils import _pytree as pytree

from .hlo import described
from .op import fallbacks, sentence, unrun
from .values import BACKEND, DEVICE, lazy, mark, size, zeros
from .watch import Unrun, Watch

FRAME = re.compile(r'File "([^"]+)", line (\d+)')
CHECKS = ("_assert", "sym_constrain", "sym_size", "sym_stride")
UNKNOWN = 8
"""A size that depends on data."""
Send = Callable[[dict[str, Any]], None]


def walk(path: str, skip: frozenset[str], limit: int, careful: frozenset[str], send: Send) -> None:
    """Send a row for every node that runs, and last the HLO of all by node.

    A node is announced before it runs, so that one that ends the process is known; `skip` names
    those that did. Each runs on zeros of the shapes it was exported with, not on what others made:
    an operator that falls back would otherwise have all before it computed.
    """
    program = torch.export.load(path)
    given: dict[fx.Node, Any] = {}
    outputs: list[torch.Tensor] = []
    for node in program.graph.nodes:
        given[node] = _stand_in(_exported(node, program.graph_module))
        if not isinstance(node.target, torch._ops.OpOverload) or _checks(node):
            continue
        send({"at": node.name})
        row: dict[str, Any] = {"status": "crash"}
        if node.name not in skip:
            row, made = _run(node, given, limit, careful)
            outputs += _marked(made, node.name)
        send({"node": node.name, "op": str(node.target), "place": _place(node), **row})
    text = BACKEND._get_xla_tensors_hlo(outputs) if outputs else ""
    send({"hlo": {name: found for name, found in described(text).items() if name}})


def _run(
    node: fx.Node, given: dict[fx.Node, Any], limit: int, careful: frozenset[str]
) -> tuple[dict[str, Any], Any]:
    args, kwargs = fx.map_arg((node.args, node.kwargs), lambda other: given[other])
    if "device" in kwargs:
        kwargs = {**kwargs, "device": DEVICE}
    metrics.clear_all()
    try:
        large = size((args, kwargs)) > limit
        with torch.no_grad(), Watch(limit, careful) if large else contextlib.nullcontext():
            made = node.target(*args, **kwargs)  # type: ignore[operator]
    except Unrun as stop:
        return unrun(stop), None
    except Exception as error:
        return {"status": "error", "fallback": fallbacks(), "error": sentence(error)}, None
    fallen = fallbacks()
    return {"status": "fallback" if fallen else "lowered", "fallback": fallen}, made


def _checks(node: fx.Node) -> bool:
    return any(word in str(node.target) for word in CHECKS)


def _exported(node: fx.Node, module: torch.nn.Module) -> Any:
    """What export knew of the result of a node."""
    if node.op == "get_attr" and "val" not in node.meta:
        return getattr(module, str(node.target), None)
    return node.meta.get("val")


def _stand_in(value: Any) -> Any:
    """Lazy zeros of the shapes of what a node gives, and numbers as they were."""

    def one(leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor):
            return zeros([_size(n) for n in leaf.shape], leaf.dtype)
        return _size(leaf) if isinstance(leaf, torch.SymInt) else leaf

    return pytree.tree_map(one, value)


def _size(number: Any) -> int:
    if isinstance(number, int):
        return number
    return int(number.node.hint) if number.node.has_hint() else UNKNOWN


def _marked(value: Any, name: str) -> Iterator[torch.Tensor]:
    for tensor in lazy(value):
        mark(tensor, name)
        yield tensor


def _place(node: fx.Node) -> list[Any] | None:
    """The innermost line of the stack that is no library's."""
    frames = FRAME.findall(node.meta.get("stack_trace") or "")
    own = [frame for frame in frames if "-packages/" not in frame[0]] or frames
    return [own[-1][0], int(own[-1][1])] if own else None
