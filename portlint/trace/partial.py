"""The graphs that torch.compile would make of a model, and every break between them."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import torch
from torch import fx
from torch._dynamo.backends.debugging import ExplainWithBackend
from torch._guards import detect_fake_mode
from torch.fx.experimental.proxy_tensor import make_fx

from portlint.record import Op, Origin, Place, Tensor
from portlint.trace import values
from portlint.trace.load import Loaded
from portlint.trace.log import Log
from portlint.trace.places import foreign
from portlint.trace.records import Records
from portlint.trace.redirect import direct

WEIGHT = re.compile(r"L_self_(?P<path>(modules_.*?_)?)(?P<kind>parameters|buffers)_(?P<name>.*?)_?")
ORIGINS: dict[str, Origin] = {"parameters": "parameter", "buffers": "buffer"}


def compiled(loaded: Loaded, log: Log, records: Records) -> list[Op]:
    """`graphs`, while the compiler's front end sees none of our function mode."""
    with unseen(log):
        return graphs(loaded, log, records)


@contextlib.contextmanager
def unseen(log: Log) -> Iterator[None]:
    """Plain functions that redirect in place of the mode, which the compiler would trace too."""
    with torch._C.DisableTorchFunction(), direct(log):
        yield


def graphs(loaded: Loaded, log: Log, records: Records) -> list[Op]:
    """Run the model under the compiler's front end; the ops of all graphs, on both levels.

    The model runs for real between its graphs. The breaks become events.
    """
    torch._dynamo.reset()
    runs: list[Ran] = []
    explain = ExplainWithBackend(lambda graph, _: ran(graph, runs))
    try:
        torch.compile(loaded.module, backend=explain)(*loaded.args, **loaded.kwargs)
    finally:
        torch._dynamo.reset()
    breaks(explain, log)
    return [op for n, run in enumerate(runs) for op in lowered(run, records, n == 0)]


@dataclasses.dataclass
class Ran:
    """A graph, how often it ran, and what it was given the first time."""

    graph: fx.GraphModule
    times: int = 0
    given: tuple[Any, ...] = ()


def ran(graph: fx.GraphModule, runs: list[Ran]) -> Callable[..., Any]:
    """A function that runs a graph and remembers it."""
    own = Ran(graph)
    runs.append(own)

    def run(*args: Any) -> Any:
        own.given = own.given or args
        own.times += 1
        return graph(*args)

    return run


def breaks(explained: Any, log: Log) -> None:
    """One event for each place where a graph ends."""
    for reason in explained.break_reasons:
        places = [
            Place(path=frame.filename, line=frame.lineno or 1, function=frame.name)
            for frame in reason.user_stack
            if not foreign(frame.filename)
        ]
        text = [line.strip() for line in str(reason.reason).splitlines() if line.strip()]
        what = text[0][:120] if text else "graph break"
        log.note("break", what, " ".join(text[:4])[:500], log.homes.innermost(places))


def lowered(run: Ran, records: Records, first: bool) -> list[Op]:
    """A graph of torch functions as ATen ops, each with the line of the function it came from."""
    module = run.graph
    inputs = _placeholders(module)
    examples = [node.meta.get("example_value") for node in inputs]
    origins = [_origin(node, first) for node in inputs]
    if mode := detect_fake_mode(examples):
        mode.allow_non_fake_inputs = True  # a graph may hold constants that have data
    with fx.traceback.preserve_node_meta(), torch.no_grad():
        semantic = make_fx(fx.Interpreter(module).run, pre_dispatch=True)(*examples)
        core = make_fx(
            fx.Interpreter(semantic).run, decomposition_table=table(), pre_dispatch=True
        )(*examples)
    names = [node.name for node in _placeholders(semantic)]
    given = {n: t for n, t in zip(names, run.given, strict=False) if isinstance(t, torch.Tensor)}
    ops = [
        *records.graph(semantic, "aten", _seed(semantic, origins), given=given),
        *records.graph(core, "core", _seed(core, origins)),
    ]
    return [msgspec.structs.replace(op, times=max(1, run.times)) for op in ops]


def _seed(graph: fx.GraphModule, origins: list[tuple[Origin, str]]) -> dict[str, Tensor]:
    found = {}
    for node, (origin, name) in zip(_placeholders(graph), origins, strict=False):
        value = node.meta.get("val")
        if isinstance(value, torch.Tensor):
            found[node.name] = values.tensor(value, origin, name)
    return found


def table() -> Any:
    """What decomposition takes apart: everything of core ATen but attention."""
    found = torch.export.default_decompositions()
    for op in [op for op in found if "scaled_dot_product" in str(op)]:
        del found[op]
    return found


def _placeholders(module: fx.GraphModule) -> list[fx.Node]:
    return [node for node in module.graph.nodes if node.op == "placeholder"]


def _origin(node: fx.Node, first: bool) -> tuple[Origin, str]:
    """What the compiler's name of an input says; after a break, inputs are what was made before."""
    name = str(node.target)
    if found := WEIGHT.fullmatch(name):
        path = [part for part in f"_{found['path']}".split("_modules_") if part]
        path = [part.rstrip("_") for part in path]
        return ORIGINS[found["kind"]], ".".join([*path, found["name"]])
    return ("input" if first else "activation"), name.removeprefix("L_").strip("_")
