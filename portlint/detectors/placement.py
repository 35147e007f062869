"""Where a library puts a model: device maps, device numbers, offloading to the host."""

import re
from collections.abc import Iterator

from portlint.detectors.words import choices, given, imports_from, last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, string_value
from portlint.source.place import Place

AUTOMATIC = frozenset("auto balanced balanced_low_0 sequential".split())
LOADERS = frozenset("from_pretrained from_config pipeline load_checkpoint_and_dispatch".split())
OTHERS = ("diffusers.", "optimum.neuron", "vllm.")
"""Libraries that read the word in their own way."""
OFFLOADS = frozenset(["enable_model_cpu_offload", "enable_sequential_cpu_offload"])
YOLO = ("ultralytics.YOLO", "ultralytics.RTDETR", "ultralytics.SAM", "ultralytics.YOLOWorld")
YOLO_METHODS = frozenset("train predict val track export tune benchmark".split())
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
                    yield Found(choice, value=f"device_map={at.code(choice)}")


def cuda_map(node: cst.Call, at: Place) -> Iterator[Found]:
    """`device_map={"": "cuda:0"}`."""
    value = argument(node, "device_map") if last(node.func) in LOADERS else None
    for found in at.values(value) if value is not None else ():
        for item in descend(found) if isinstance(found, cst.Dict) else ():
            device = item.value if isinstance(item, cst.DictElement) else None
            if device is not None and (string_value(device) or "").split(":")[0] == "cuda":
                yield Found(device, value=at.code(device))
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


def yolo_number(node: cst.Call, at: Place) -> Iterator[Found]:
    """`YOLO("m.pt").train(device=0)`: a number is a CUDA device to ultralytics."""
    if not isinstance(node.func, cst.Attribute) or last(node.func) not in YOLO_METHODS:
        return
    made = at.values(node.func.value)
    if any(at.calls(value, *YOLO) for value in made):
        device = argument(node, "device")
        if device is not None and re.fullmatch(r"[\[('\"]*\d[\d, ]*[\])'\"]*", at.code(device)):
            yield Found(device, value=f"device={at.code(device)}")


def diffusers_offload(node: cst.Call, at: Place) -> Iterator[Found]:
    """`pipe.enable_model_cpu_offload()` without a device."""
    if last(node.func) in OFFLOADS and not node.args and isinstance(node.func, cst.Attribute):
        function = at.within(cst.FunctionDef)
        inside = function.name.value if isinstance(function, cst.FunctionDef) else ""
        if inside not in OFFLOADS and imports_from(at, "diffusers"):
            yield Found(node, value=last(node.func))
