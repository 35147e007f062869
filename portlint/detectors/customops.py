"""Neuron's own ways to add operators on PyTorch/XLA, where they come with conditions."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.nodes import argument, string_value
from portlint.source.place import Place

CUSTOM_CALL = "torch_xla.experimental.stablehlo_custom_call.stablehlo_custom_call"
TARGETS = ("AwsNeuron", "NeuronBoundaryMarker", "Resize")
"""Beginnings of the custom-call targets the compiler knows."""
LOADS = "gpsimd-custom-op"
SORTS = "sorts beside a custom operator"


def custom_call(node: cst.Call, at: Place) -> Iterator[Found]:
    """A custom call with a written-out target outside the compiler's list."""
    if not at.calls(node, CUSTOM_CALL):
        return
    name = argument(node, "call_target", 1)
    for value in at.values(name) if name is not None else ():
        target = string_value(value)
        if target and not target.startswith(TARGETS):
            yield Found(node, symbol=CUSTOM_CALL, value=f"`{target}`")


def sort_call(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.sort(…)`; kept by `sorts_settled` only beside a custom operator library."""
    if at.calls(node, "torch.sort"):
        yield Found(node.func, symbol="torch.sort", key=SORTS)


def sorts_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """Sorting matters in a file that loads C++ custom operators."""
    if not any(hit.rule.name == LOADS for hit in hits):
        hits[:] = [hit for hit in hits if hit.found.key != SORTS]
    yield from ()
