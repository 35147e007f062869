"""Programs that are on Neuron already, and speak to another stack or release than the target's."""

import re
from collections.abc import Iterator

from portlint.detectors.words import last, literals
from portlint.source import cst
from portlint.source.found import Found, Hit, Hits
from portlint.source.nodes import argument, dotted_text, is_true, string_value
from portlint.source.place import Place

XLA = re.compile(r"xla(:\d+)?")
NEURON = re.compile(r"neuron(:(\d+|\{\}))?")
DEVICE_KEYS = frozenset("device device_type".split())
GROUP = frozenset(
    "torch.distributed.init_process_group torch.distributed.new_group "
    "torch.distributed.distributed_c10d.init_process_group".split()
)
MESH = frozenset(
    "torch.distributed.init_device_mesh torch.distributed.device_mesh.init_device_mesh "
    "torch.distributed.DeviceMesh torch.distributed.device_mesh.DeviceMesh".split()
)
OPTIMUM = "optimum.neuron"
REPLACED = {
    "torch_xla": 'a tensor on `"neuron"` runs at once, so `mark_step` and MpDeviceLoader go, '
    "`xm.optimizer_step(o)` is `o.step()` under DistributedDataParallel, `xm.save` `torch.save`",
    "neuronx_distributed": "its parallel layers are DTensor's `parallelize_module`, its ZeRO-1 "
    '`fully_shard`, its model builder `torch.compile(backend="neuron")`',
    "neuronx_distributed_inference": "vLLM Neuron serves the same models",
    "neuronx_distributed_training": "TorchTitan Neuron takes its place",
    "transformers_neuronx": "vLLM Neuron takes its place",
    "libneuronxla": "torch-neuronx registers its device by itself",
    OPTIMUM: "transformers, accelerate and diffusers know the device `neuron` themselves",
}
"""Modules of the PyTorch/XLA stack, and what replaces each on the native one."""
NAMESPACE = "torch.neuron."
INF1 = frozenset("trace analyze_model DataParallel async_load lazy_load script".split())
"""What torch_neuron, the package for Inf1, puts into `torch.neuron`."""
TRACE = "torch_neuronx.trace"
SPLIT = "weights outside of the NEFF"
MOVED = "weights moved to a core"
LOADED = "a traced model loaded"
INLINE = "weights inside of the NEFF"
SWAPPED = "weights replaced"
MOVES = ("move_trace_to_device", "set_neuron_cores", "set_multicore", "DataParallel")


def xla_device(node: cst.Call, at: Place) -> Iterator[Found]:
    """`.to("xla")`, `torch.device("xla")`, `init_process_group("xla")`."""
    yield from _places(node, at, XLA)


def native_device(node: cst.Call, at: Place) -> Iterator[Found]:
    """`.to("neuron")`, `torch.device("neuron")`, `init_process_group("neuron")`."""
    yield from _places(node, at, NEURON)


def native_name(node: cst.Attribute, at: Place) -> Iterator[Found]:
    """A function of `torch.neuron`, which only the native backend registers."""
    for path in at.paths(node):
        name = path.removeprefix(NAMESPACE)
        if name != path and "." not in name and name not in INF1 and not _asks(at):
            yield Found(node, symbol=path, value=f"`{path}`")


def inf1_name(node: cst.Attribute, at: Place) -> Iterator[Found]:
    """`torch.neuron.trace`."""
    for path in at.paths(node):
        if path.removeprefix(NAMESPACE) in INF1 and path.startswith(NAMESPACE):
            yield Found(node, symbol=path, value=f"`{path}`")


def inf1_import(node: cst.Import | cst.ImportFrom, at: Place) -> Iterator[Found]:
    """`import torch_neuron`."""
    if any(name.split(".")[0] == "torch_neuron" for name in _modules(node)):
        yield Found(node, symbol="torch_neuron", value="`torch_neuron`")


def xla_library(node: cst.Import | cst.ImportFrom, at: Place) -> Iterator[Found]:
    """A module that cannot be imported without the PyTorch/XLA stack.

    Imports inside a function, or behind a question for XLA, are left to programs that ask for it.
    """
    asked = any(isinstance(p, cst.If) and "xla" in at.code(p.test, 400) for p in at.frame.parents)
    if asked or at.within(cst.FunctionDef):
        return
    for name in _modules(node):
        symbol = OPTIMUM if f"{name}.".startswith(f"{OPTIMUM}.") else name.split(".")[0]
        if symbol in REPLACED:
            words = f"{{symbol}} belongs to the PyTorch/XLA stack: {REPLACED[symbol]}"
            yield Found(node, symbol=symbol, value=symbol, message=words)
            return


def _modules(node: cst.Import | cst.ImportFrom) -> list[str]:
    if isinstance(node, cst.Import):
        return [dotted_text(alias.name) or "" for alias in node.names]
    module = "" if node.relative else dotted_text(node.module) or ""
    if module == "optimum" and not isinstance(node.names, cst.ImportStar):
        return [f"optimum.{dotted_text(alias.name)}" for alias in node.names]
    return [module]


def _places(node: cst.Call, at: Place, device: re.Pattern[str]) -> Iterator[Found]:
    """The literals of this device in a call that puts something on it, or makes a group of it."""
    for value in _devices(node, at):
        for literal, text in literals(value):
            if device.fullmatch(text) and not _asks(at):
                yield Found(literal, value=at.code(literal))


def _devices(node: cst.Call, at: Place) -> Iterator[cst.BaseExpression | None]:
    paths = set(at.paths(node.func))
    if paths & GROUP:
        yield argument(node, "backend", 0)
    elif paths & MESH:
        yield argument(node, "device_type", 0)
    elif "torch.device" in paths or (last(node.func) == "to" and not paths):
        yield argument(node, "device", 0)
    elif any(path.startswith("torch.") for path in paths):
        yield argument(node, "device")


def _asks(at: Place) -> bool:
    """Whether a question for the stack, or a name of its own, says that the program has both."""
    texts = [at.path.rsplit("/", 1)[-1]]
    for parent in at.frame.parents:
        if isinstance(parent, cst.If | cst.IfExp):
            texts.append(at.code(parent.test, 400))
        elif isinstance(parent, cst.FunctionDef | cst.ClassDef):
            texts.append(parent.name.value)
    return any(word in text.lower() for text in texts for word in ("xla", "neuron"))


def trace_on_host(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch_neuronx.trace(…, cpu_backend=True)` with compiler arguments that name no chip."""
    if not at.calls(node, TRACE) or not is_true(argument(node, "cpu_backend")):
        return
    value = argument(node, "compiler_args")
    known = at.values(value) if value is not None else []
    texts = [_spelled(item) for item in known]
    if value is None or all(text is not None and "--target" not in text for text in texts):
        yield Found(node, value=at.code(value) if value is not None else "no compiler_args")


def _spelled(node: cst.BaseExpression) -> str | None:
    """The text of compiler arguments that are written out whole; None where a part is not."""
    if isinstance(node, cst.List | cst.Tuple):
        parts = [string_value(element.value) for element in node.elements]
        return None if None in parts else " ".join(filter(None, parts))
    return string_value(node) if isinstance(node, cst.SimpleString) else None


def split_weights(node: cst.Call, at: Place) -> Iterator[Found]:
    """A trace that keeps the weights outside of the NEFF, and what moves them to a core."""
    if at.calls(node, TRACE):
        value = argument(node, "inline_weights_to_neff")
        if isinstance(value, cst.Name) and value.value == "False":
            yield Found(node, symbol=TRACE, key=SPLIT)
    elif at.calls(node, "torch.jit.load"):
        yield Found(node, key=LOADED)
    elif last(node.func) in MOVES and _of_neuronx(node, at):
        yield Found(node, key=MOVED)


def split_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """Weights that are moved stay silent, and so do files that only compile."""
    ours = [hit for hit in hits if hit.rule.name == "weights-left-on-host"]
    kinds = {hit.found.key for hit in ours}
    wrong = LOADED in kinds and MOVED not in kinds
    _drop(hits, [h for h in ours if not (wrong and h.found.key == SPLIT)])
    yield from ()


def _drop(hits: Hits, dropped: list[Hit]) -> None:
    gone = set(map(id, dropped))
    hits[:] = [hit for hit in hits if id(hit) not in gone]


def replaced_weights(node: cst.Call, at: Place) -> Iterator[Found]:
    """`replace_weights`, and the traces it could be meant for."""
    if at.calls(node, TRACE):
        value = argument(node, "inline_weights_to_neff")
        yield Found(node, key=INLINE if value is None or is_true(value) else SPLIT)
    elif at.calls(node, "torch_neuronx.replace_weights"):
        yield Found(node, symbol="torch_neuronx.replace_weights", key=SWAPPED)


def replaced_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """Replacing does nothing where every trace of the file keeps its weights inside."""
    ours = [hit for hit in hits if hit.rule.name == "replaced-inline-weights"]
    kinds = {hit.found.key for hit in ours}
    wrong = INLINE in kinds and SPLIT not in kinds
    _drop(hits, [h for h in ours if not (wrong and h.found.key == SWAPPED)])
    yield from ()


def _of_neuronx(node: cst.Call, at: Place) -> bool:
    return any(path.startswith("torch_neuronx.") for path in at.paths(node.func))


def old_model_type(node: cst.SimpleString | cst.FormattedString, at: Place) -> Iterator[Found]:
    """`--model-type=transformer-inference` among compiler arguments."""
    text = string_value(node) or ""
    if re.search(r"--model-type[= ]+transformer-inference\b", text):
        yield Found(node, value=at.code(node))
