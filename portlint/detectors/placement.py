"""Where transformers puts a model: device maps and the device number of a pipeline."""

from collections.abc import Iterator

import libcst as cst

from portlint.detectors.words import choices, given, last
from portlint.source.found import Found
from portlint.source.guards import code
from portlint.source.nodes import argument, descend, string_value
from portlint.source.place import Place

AUTOMATIC = frozenset("auto balanced balanced_low_0 sequential".split())
LOADERS = frozenset("from_pretrained from_config pipeline load_checkpoint_and_dispatch".split())
OTHERS = ("diffusers.", "optimum.neuron", "vllm.")
"""Libraries that read the word in their own way."""
PIPELINES = ("transformers.pipeline", "transformers.pipelines.pipeline")


def automatic_map(node: cst.Call | cst.DictElement, at: Place) -> Iterator[Found]:
    """`device_map="auto"` without an account of the memory."""
    if isinstance(node, cst.Call):
        paths = at.paths(node.func)
        elsewhere = any(path.startswith(OTHERS) for path in paths)
        if last(node.func) not in LOADERS or elsewhere or argument(node, "max_memory"):
            return
    for name, value in given(node, at):
        if name == "device_map":
            for choice in choices(value):
                if string_value(choice) in AUTOMATIC:
                    yield Found(choice, value=f"device_map={code(choice)}")


def cuda_map(node: cst.Call, at: Place) -> Iterator[Found]:
    """`device_map={"": "cuda:0"}`."""
    value = argument(node, "device_map") if last(node.func) in LOADERS else None
    for found in at.values(value) if value is not None else ():
        for item in descend(found) if isinstance(found, cst.Dict) else ():
            device = item.value if isinstance(item, cst.DictElement) else None
            if device is not None and (string_value(device) or "").split(":")[0] == "cuda":
                yield Found(device, value=code(device))
                return


def pipeline_number(node: cst.Call, at: Place) -> Iterator[Found]:
    """`pipeline(…, device=0)`, and a pipeline that is left to choose."""
    if not at.calls(node, *PIPELINES) or any(arg.star == "**" for arg in node.args):
        return
    device = argument(node, "device")
    if isinstance(device, cst.Integer):
        yield Found(device, value=f"with device={device.value}")
        return
    model = argument(node, "model", 1)
    named = model is None or any(string_value(value) is not None for value in at.values(model))
    if device is None and argument(node, "device_map") is None and named:
        yield Found(node.func, value="without a device")
