"""Calls that asked for CUDA while a model was traced."""

from collections.abc import Iterator

from portlint.graph.view import GraphFound, View
from portlint.record import Event


def redirected(event: Event, view: View) -> Iterator[GraphFound]:
    """A call that asked for CUDA and was sent to the host so that the trace could go on."""
    if event.kind == "redirect" and event.place is not None:
        yield GraphFound(event.place, symbol=event.what, value=event.what)
