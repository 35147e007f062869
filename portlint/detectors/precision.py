"""Mixed precision written for CUDA: autocast, loss scaling, autograd functions that cast."""

from collections.abc import Iterator

from portlint.detectors.devices import device_strings
from portlint.detectors.regions import around, lowered
from portlint.detectors.words import called, last, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true
from portlint.source.place import Place

CUDA_AUTOCAST = frozenset("torch.cuda.amp.autocast torch.cuda.amp.autocast_mode.autocast".split())
AUTOCAST = frozenset("torch.autocast torch.amp.autocast torch.amp.autocast_mode.autocast".split())
STATES = {
    "torch.is_autocast_enabled": 0,
    "torch.get_autocast_dtype": 0,
    "torch.set_autocast_dtype": 0,
    "torch.set_autocast_enabled": 0,
}
"""Functions that ask for, or set, the state of one device type, and where they name it."""
SCALERS = frozenset("torch.amp.GradScaler torch.amp.grad_scaler.GradScaler".split())
CUDA_SCALERS = frozenset(
    "torch.cuda.amp.GradScaler torch.cuda.amp.grad_scaler.GradScaler "
    "torch.distributed.fsdp.sharded_grad_scaler.ShardedGradScaler".split()
)
"""Scalers whose import is reported; only what is spelled through a module is left for the call."""
CASTS = frozenset(
    "torch.amp.custom_fwd torch.amp.custom_bwd torch.amp.autocast_mode.custom_fwd "
    "torch.amp.autocast_mode.custom_bwd".split()
)
ARGUMENTS = ("transformers.", "trl.", "sentence_transformers.", "setfit.")
HALF = frozenset(["fp16", "float16"])


def autocast(node: cst.Call, at: Place) -> Iterator[Found]:
    """Autocast of the device type "cuda", which Neuron's tensors are not of."""
    where = _autocasts(node, at)
    if where is not None and not _off(node, at):
        yield Found(where, value=at.code(node))


def autocast_off(node: cst.Call, at: Place) -> Iterator[Found]:
    """`autocast("cuda", enabled=False)`: meant to keep a region in full precision.

    Where autocast lowers nothing that stands in the region, it says nothing to begin with.
    """
    where = _autocasts(node, at)
    if where is not None and _off(node, at):
        region = around(at)
        if region is None or lowered(region, at):
            yield Found(where, value=at.code(node))


def _autocasts(node: cst.Call, at: Place) -> cst.CSTNode | None:
    paths = called(node, at)
    if any(path in CUDA_AUTOCAST for path in paths):
        return node
    if not any(path in AUTOCAST for path in paths):
        return None
    value = argument(node, "device_type", 1 if "functools.partial" in at.paths(node.func) else 0)
    return next(device_strings(value), None) if value is not None else None


def _off(node: cst.Call, at: Place) -> bool:
    first = 0 if any(path in CUDA_AUTOCAST for path in called(node, at)) else None
    value = argument(node, "enabled", first)
    return isinstance(value, cst.Name) and value.value == "False"


def autocast_state(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.is_autocast_enabled()` asks about CUDA; so does every state named "cuda"."""
    for path in at.paths(node.func):
        if path not in STATES:
            continue
        value = argument(node, "device_type", STATES[path])
        asks = path == "torch.is_autocast_enabled" if value is None else any(device_strings(value))
        if asks:
            yield Found(node, value=at.code(node))


def grad_scaler(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.amp.GradScaler()`, whose device is "cuda" unless it names another."""
    paths = at.paths(node.func)
    spelled = isinstance(node.func, cst.Attribute) and any(p in CUDA_SCALERS for p in paths)
    if not spelled and not any(path in SCALERS for path in paths):
        return
    enabled = argument(node, "enabled")
    if isinstance(enabled, cst.Name) and enabled.value == "False":
        return
    value = argument(node, "device", 0)
    if spelled or (value is None and not any(arg.star for arg in node.args)):
        yield Found(node, value=at.code(node))
        return
    for literal in device_strings(value) if value is not None else ():
        yield Found(literal, value=at.code(node))


def custom_cast(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.amp.custom_fwd(device_type="cuda")`."""
    value = argument(node, "device_type")
    if value is not None and any(path in CASTS for path in called(node, at)):
        for literal in device_strings(value):
            yield Found(literal, value=at.code(node))


def half_training(node: cst.Call, at: Place) -> Iterator[Found]:
    """float16 asked of accelerate, or of a trainer that hands it on."""
    paths = at.paths(node.func)
    if "accelerate.Accelerator" in paths or "accelerate.accelerator.Accelerator" in paths:
        for literal, text in literals(argument(node, "mixed_precision")):
            if text in HALF:
                yield Found(literal, value=f"mixed_precision={at.code(literal)}")
    if any(p.startswith(ARGUMENTS) for p in paths) and last(node.func)[0].isupper():
        value = argument(node, "fp16")
        if is_true(value) and value is not None:
            yield Found(value, value="fp16=True")
