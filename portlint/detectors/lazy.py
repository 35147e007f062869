"""Lazy tensors of PyTorch/XLA: checkpoints, processes and files that it handles in its own way."""

from collections.abc import Iterator

import libcst as cst

from portlint.source.found import Found
from portlint.source.guards import code
from portlint.source.nodes import argument, descend
from portlint.source.place import Place

CHECKPOINT = "torch_xla.utils.checkpoint.checkpoint"
SPAWN = (
    "torch_xla.distributed.xla_multiprocessing.spawn",
    "torch_xla.xla_multiprocessing.spawn",
)
ON_HOST = frozenset(["cpu", "_maybe_convert_to_cpu", "numpy"])
"""Calls that say that what is saved was moved to the host before."""


def not_reentrant(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch_xla.utils.checkpoint.checkpoint(…, use_reentrant=False)`."""
    value = argument(node, "use_reentrant")
    if isinstance(value, cst.Name) and value.value == "False" and at.calls(node, CHECKPOINT):
        yield Found(node, symbol=CHECKPOINT)


def process_count(node: cst.Call, at: Place) -> Iterator[Found]:
    """`xmp.spawn(…, nprocs=8)`, with the number written out."""
    if not at.calls(node, *SPAWN):
        return
    value = argument(node, "nprocs", 2)
    for number in at.values(value) if value is not None else ():
        if isinstance(number, cst.Integer) and int(number.value, 0) != 1:
            yield Found(node, value=code(number))


def plain_save(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.save(net.state_dict(), …)` of a model that nothing moved to the host."""
    if not at.calls(node, "torch.save"):
        return
    value = argument(node, "obj", 0)
    names = {
        part.func.attr.value
        for part in (descend(value) if value is not None else ())
        if isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute)
    }
    if "state_dict" in names and not names & ON_HOST:
        yield Found(node, value=code(node))
