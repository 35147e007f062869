"""A module and its inputs -> op records, by the most faithful way that works."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.utils import _pytree as pytree

from portlint.record import Op, Origin, Place, Rung, Tensor
from portlint.trace import partial, values
from portlint.trace.failures import failure, wants_strict
from portlint.trace.hollow import on_the_cpu
from portlint.trace.load import Loaded
from portlint.trace.log import Log
from portlint.trace.recorder import Recorder
from portlint.trace.records import Records
from portlint.trace.stubs import Stubs

FIDELITY: dict[Rung, str] = {
    "export": "the whole graph",
    "export-strict": "the whole graph, as the compiler's front end sees it",
    "fx": "the whole graph of the module that was given as a graph",
    "explain": "graphs between breaks, and the operators in between as they ran",
    "recorder-fake": "the operators of one run without data; decomposed, no graph",
    "recorder-real": "the operators of one run on example data; other data may take other paths",
}
ORIGINS: dict[InputKind, Origin] = {
    InputKind.PARAMETER: "parameter",
    InputKind.BUFFER: "buffer",
    InputKind.CONSTANT_TENSOR: "constant",
}


class Captured(NamedTuple):
    """What a rung gave; `program` is there where export worked."""

    rung: Rung
    ops: list[Op]
    program: ExportedProgram | None = None


class Ladder:
    """The rungs over one model."""

    def __init__(self, loaded: Loaded, log: Log, stubs: Stubs, records: Records) -> None:
        self.loaded, self.log, self.stubs, self.records = loaded, log, stubs, records
        self.last: BaseException | None = None

    def climb(self) -> Captured | None:
        """The first rung that captures; None where no one does."""
        graph = isinstance(self.loaded.module, fx.GraphModule)
        rungs: list[tuple[Rung, Callable[[], list[Op] | ExportedProgram]]] = [
            ("fx" if graph else "export", lambda: self._export(strict=False))
        ]
        found = self._first(rungs)
        if found is None and self.last and wants_strict(self.last, self.log.homes):
            found = self._first([("export-strict", lambda: self._export(strict=True))])
        return found or self._first(
            [
                ("explain", self._explain),
                ("recorder-fake", self._fake),
                ("recorder-real", self._real),
            ]
        )

    def _first(
        self, rungs: list[tuple[Rung, Callable[[], list[Op] | ExportedProgram]]]
    ) -> Captured | None:
        for rung, capture in rungs:
            self.log.rung = rung
            result = self._tried(capture)
            if isinstance(result, ExportedProgram):
                return Captured(rung, self._program(result, rung), result)
            if result:
                return Captured(rung, result)
        return None

    def _tried(self, capture: Callable[[], Any]) -> Any:
        """What a rung gives; a library missed only now is stubbed, and the rung repeated."""
        while True:
            try:
                with self.log_reads(), torch.no_grad():
                    return capture()
            except BaseException as error:
                if self.stubs.enable(error):
                    continue
                self.last = error
                self.log.note("failure", *failure(error, self.log.homes))
                return None

    @contextlib.contextmanager
    def log_reads(self) -> Iterator[None]:
        """While forward runs, values that Python takes from tensors are events."""
        self.log.reading = True
        try:
            yield
        finally:
            self.log.reading = False

    def _export(self, strict: bool) -> ExportedProgram:
        module = self.loaded.module
        if isinstance(module, fx.GraphModule):
            with fx.traceback.preserve_node_meta():
                module = Interpreted(module)
                return torch.export.export(module, self.loaded.args, self.loaded.kwargs)
        with (
            partial.unseen(self.log) if strict else contextlib.nullcontext(),
            on_the_cpu(self.loaded) as held,
        ):
            return torch.export.export(module, held.args, held.kwargs, strict=strict)

    def _program(self, program: ExportedProgram, rung: Rung) -> list[Op]:
        """The semantic level, and the decomposed one where decomposition works."""
        given = real(program, self.loaded)
        ops = self.records.graph(program.graph_module, "aten", seeds(program), given=given)
        try:
            core = program.run_decompositions(partial.table())
        except Exception as error:
            self.log.note("failure", *failure(error, self.log.homes))
            return ops
        return ops + self.records.graph(core.graph_module, "core", seeds(core))

    def _explain(self) -> list[Op]:
        """Graphs between breaks; what ran outside of them is recorded as it ran."""
        ops = partial.compiled(self.loaded, self.log, self.records)
        if not ops:
            return ops
        broken = {_line(e.place) for e in self.log.events.values() if e.kind == "break"}
        known = {(_line(op.place), op.name) for op in ops}
        lines = {line for line, _ in known} - broken
        with contextlib.suppress(Exception):
            for op in self._real():
                if (line := _line(op.place)) not in lines and (line, op.name) not in known:
                    ops.append(op)
        return ops

    def _fake(self) -> list[Op]:
        with FakeTensorMode(allow_non_fake_inputs=True) as mode:

            def fake(tensor: torch.Tensor) -> torch.Tensor:
                return mode.from_tensor(tensor, static_shapes=True)

            module = self.loaded.module
            weights = {n: fake(t) for n, t in [*module.named_parameters(), *module.named_buffers()]}
            args, kwargs = pytree.tree_map_only(
                torch.Tensor, fake, (self.loaded.args, self.loaded.kwargs)
            )
            return self._recorded(
                lambda: torch.func.functional_call(module, weights, args, kwargs),
                (weights, args, kwargs),
            )

    def _real(self) -> list[Op]:
        loaded = self.loaded
        weights = dict([*loaded.module.named_parameters(), *loaded.module.named_buffers()])
        return self._recorded(
            lambda: loaded.module(*loaded.args, **loaded.kwargs),
            (weights, loaded.args, loaded.kwargs),
        )

    def _recorded(self, run: Callable[[], object], known: tuple[Any, Any, Any]) -> list[Op]:
        weights, args, kwargs = known
        recorder = Recorder(self.records, self.loaded.module)
        buffers = {name for name, _ in self.loaded.module.named_buffers()}
        recorder.know(((n, t) for n, t in weights.items() if n not in buffers), "parameter")
        recorder.know(((n, t) for n, t in weights.items() if n in buffers), "buffer")
        inputs = pytree.tree_leaves_with_path((args, kwargs))
        named = ((argument(k), t) for k, t in inputs if isinstance(t, torch.Tensor))
        recorder.know(named, "input")
        with recorder.recording():
            run()
        return recorder.ops


class Interpreted(nn.Module):
    """A graph module that runs node by node: what its nodes know of the source is kept."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__()
        self.graph_module = module

    def forward(self, *args: Any) -> Any:
        """Run the graph."""
        return fx.Interpreter(self.graph_module).run(*args)


def _line(place: Place | None) -> tuple[str, int] | None:
    return (place.path, place.line) if place else None


def argument(path: Any) -> str:
    """The name of an input: as a keyword, or by its number."""
    return f"{'kwargs' if path[0].idx else 'args'}{pytree.keystr(path[1:])}"


def real(program: ExportedProgram, loaded: Loaded) -> dict[str, torch.Tensor]:
    """The inputs and buffers of a program that have data, by their placeholders."""
    signature = program.graph_signature
    values: dict[str, Any] = {**program.constants, **program.state_dict}
    found = {s.arg.name: values.get(s.target or "") for s in signature.input_specs}
    leaves = pytree.tree_leaves((loaded.args, loaded.kwargs))
    if len(leaves) == len(signature.user_inputs):
        found |= {str(n): leaf for n, leaf in zip(signature.user_inputs, leaves, strict=True)}
    return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}


def seeds(program: ExportedProgram) -> dict[str, Tensor]:
    """The records of a program's inputs by their placeholders."""
    by_name = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    found = {}
    for spec in program.graph_signature.input_specs:
        node = by_name.get(spec.arg.name)
        value = node.meta.get("val") if node else None
        if isinstance(value, torch.Tensor):
            origin = ORIGINS.get(spec.kind, "input")
            found[spec.arg.name] = values.tensor(value, origin, spec.target or spec.arg.name)
    return found


warnings.filterwarnings("ignore", module=r"torch\.")
