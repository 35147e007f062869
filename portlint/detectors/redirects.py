"""Calls that asked for CUDA, or for a library that needs it, while a model was traced."""

from collections.abc import Iterator

from portlint.graph.view import GraphFound, View
from portlint.record import Event, Op


def redirected(event: Event, view: View) -> Iterator[GraphFound]:
    """A call that asked for CUDA and was sent to the host so that the trace could go on."""
    if event.kind == "redirect" and event.place is not None:
        yield GraphFound(event.place, symbol=event.what, value=event.what)


def stub_call(op: Op, view: View) -> Iterator[GraphFound]:
    """A function of a CUDA-bound library: a stand-in took its place, so the trace could go on."""
    if op.stub and op.place is not None and op.level != "core" and not op.backward:
        library = op.stub.split(".")[0]
        yield GraphFound(op.place, symbol=op.stub, value=op.stub, key=library)
