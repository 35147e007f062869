"""A request -> a trace, sent as far as it is known after every step."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import torch
from torch import nn

from portlint.record import Op, Trace
from portlint.trace import partial
from portlint.trace.failures import failure
from portlint.trace.joint import joint
from portlint.trace.ladder import FIDELITY, Ladder
from portlint.trace.limits import relax
from portlint.trace.load import Loaded, load
from portlint.trace.log import Log
from portlint.trace.places import Homes
from portlint.trace.protocol import Request
from portlint.trace.records import Records
from portlint.trace.redirect import redirected
from portlint.trace.saved import save
from portlint.trace.sizes import positions
from portlint.trace.stubs import Stubs, stubbed

Send = Callable[[Trace], None]
R = TypeVar("R")


def run(request: Request, send: Send) -> None:
    """Load the model and climb the ladder; whatever goes wrong is an event."""
    log = Log(Homes(request.root))
    trace = Trace(model=request.spec, training=request.training, versions=versions())

    def tell(**known: Any) -> None:
        nonlocal trace
        trace = msgspec.structs.replace(trace, events=tuple(log.events.values()), **known)
        send(trace)

    with redirected(log), stubbed(log, request.libraries) as stubs:
        try:
            loaded = _loaded(request, stubs)
            log.homes.add(loaded.defined)
            length = None if request.seq_len else positions(loaded.module)
            tell(defined=loaded.defined, positions=length, **_weights(loaded.module))
            _capture(loaded, request, log, stubs, tell)
        except BaseException as error:
            relax()
            log.note("failure", *failure(error, log.homes))
            tell()


def _loaded(request: Request, stubs: Stubs) -> Loaded:
    while True:
        try:
            return load(request)
        except BaseException as error:
            if not stubs.enable(error):
                raise


def _capture(
    loaded: Loaded, request: Request, log: Log, stubs: Stubs, tell: Callable[..., None]
) -> None:
    records = Records(log.homes)
    loaded.module.eval()
    captured = Ladder(loaded, log, stubs, records).climb()
    ops: list[Op] = captured.ops if captured else []
    if captured:
        remarks = "".join(f"; {remark}" for remark in loaded.remarks)
        fidelity = FIDELITY[captured.rung] + remarks
        tell(captured_by=captured.rung, fidelity=fidelity, ops=tuple(ops))
    else:
        tell()
    if request.breaks and captured and captured.rung != "explain":
        _extra(log, "no graph breaks", lambda: partial.compiled(loaded, log, records))
    if request.program and captured and captured.program:
        program, path = captured.program, Path(request.program)
        _extra(log, "the program was not saved", lambda: save(program, path))
    if request.training and captured and captured.program:
        log.rung = captured.rung
        ops = ops + (_extra(log, "no joint graph", lambda: joint(loaded, records)) or [])
    tell(ops=tuple(ops), patterns=tuple(records.patterns))


def _extra(log: Log, without: str, work: Callable[[], R]) -> R | None:
    """Something beyond the graph: where it fails the graph stays, and an event says so."""
    try:
        return work()
    except BaseException as error:
        found = failure(error, log.homes)
        log.note("failure", found.kind, f"{without}: {found.words}", found.place)
        return None


def _weights(module: nn.Module) -> dict[str, Any]:
    sizes: Counter[str] = Counter()
    for tensor in (*module.parameters(), *module.buffers()):
        dtype = str(tensor.dtype).removeprefix("torch.")
        sizes[dtype] += tensor.numel() * tensor.element_size()
    return {"parameters": sum(p.numel() for p in module.parameters()), "weights": dict(sizes)}


def versions() -> dict[str, str]:
    """What the trace was made with."""
    found = {"python": platform.python_version(), "torch": str(torch.__version__)}
    if "transformers" in sys.modules:
        found["transformers"] = str(sys.modules["transformers"].__version__)
    return found
