"""Lazy tensors of PyTorch/XLA: checkpoints, processes and files that it handles in its own way."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, dotted_text
from portlint.source.place import Place

CHECKPOINT = "torch_xla.utils.checkpoint.checkpoint"
TORCH_CHECKPOINTS = frozenset(
    "torch.utils.checkpoint.checkpoint torch.utils.checkpoint.checkpoint_sequential".split()
)
SPAWN = (
    "torch_xla.distributed.xla_multiprocessing.spawn",
    "torch_xla.xla_multiprocessing.spawn",
)
REMOVED = ("torch_xla.experimental.pjrt", "torch_xla.experimental.tpu")
ON_HOST = frozenset(["cpu", "_maybe_convert_to_cpu", "numpy"])
"""Calls that say that what is saved was moved to the host before."""


def not_reentrant(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch_xla.utils.checkpoint.checkpoint(…, use_reentrant=False)`."""
    value = argument(node, "use_reentrant")
    if isinstance(value, cst.Name) and value.value == "False" and at.calls(node, CHECKPOINT):
        yield Found(node, symbol=CHECKPOINT)


def torch_checkpoint(node: cst.Call, at: Place) -> Iterator[Found]:
    """A call of PyTorch's own checkpoint function, or the function handed on by name.

    A name that can also stand for PyTorch/XLA's version belongs to a program that chose.
    """
    handed = [arg.value for arg in node.args if isinstance(arg.value, cst.Name | cst.Attribute)]
    for value in (node.func, *handed):
        paths = set(at.paths(value))
        ours = sorted(paths & TORCH_CHECKPOINTS)
        if ours and CHECKPOINT not in paths:
            yield Found(value, symbol=ours[0])


def process_count(node: cst.Call, at: Place) -> Iterator[Found]:
    """`xmp.spawn(…, nprocs=8)`, with the number written out."""
    if not at.calls(node, *SPAWN):
        return
    value = argument(node, "nprocs", 2)
    for number in at.values(value) if value is not None else ():
        if isinstance(number, cst.Integer) and int(number.value, 0) != 1:
            yield Found(node, value=at.code(number))


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
        yield Found(node, value=at.code(node))


def pjrt_import(node: cst.Import | cst.ImportFrom, at: Place) -> Iterator[Found]:
    """A module that went with XRT; a branch inside a function is for an older release."""
    if at.within(cst.FunctionDef) is not None and at.within(cst.If) is not None:
        return
    for name in _modules(node):
        if name in REMOVED or name.startswith(tuple(f"{module}." for module in REMOVED)):
            yield Found(node, symbol=".".join(name.split(".")[:3]))
            return


def _modules(node: cst.Import | cst.ImportFrom) -> list[str]:
    """The modules an import may name; of `from a import b` both `a` and `a.b`."""
    if isinstance(node, cst.Import):
        return [dotted_text(alias.name) or "" for alias in node.names]
    module = "" if node.relative else dotted_text(node.module) or ""
    if isinstance(node.names, cst.ImportStar):
        return [module]
    return [module, *(f"{module}.{dotted_text(alias.name)}" for alias in node.names)]
