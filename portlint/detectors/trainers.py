"""Options of trainers that choose the device or the strategy: Lightning, Fabric, Hugging Face."""

from collections.abc import Iterator

from portlint.detectors.words import choices, is_none, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true, string_value
from portlint.source.place import Place

LIGHTNING = ("lightning.", "pytorch_lightning.", "lightning_fabric.")
LOOPS = frozenset(["Trainer", "Fabric"])
HUGGING_FACE = ("transformers.", "trl.", "accelerate.", "sentence_transformers.")
GPU = frozenset(["gpu", "cuda"])


def _loop(node: cst.Call, at: Place) -> bool:
    """Whether this makes a Trainer of Lightning or a Fabric."""
    paths = at.paths(node.func)
    return any(p.startswith(LIGHTNING) and p.rsplit(".", 1)[-1] in LOOPS for p in paths)


def lightning_gpu(node: cst.Call, at: Place) -> Iterator[Found]:
    """`accelerator="gpu"`, and `gpus=` of Lightning 1."""
    if not _loop(node, at):
        return
    for literal, text in literals(argument(node, "accelerator")):
        if text in GPU:
            yield Found(literal, value=f"accelerator={at.code(literal)}")
    value = argument(node, "gpus")
    for choice in choices(value) if value is not None else ():
        if not is_none(choice) and at.code(choice) not in ("0", "[]"):
            yield Found(choice, value=f"gpus={at.code(choice)}")


def lightning_auto(node: cst.Call, at: Place) -> Iterator[Found]:
    """An accelerator that Lightning chooses itself, from the ones it knows."""
    if not _loop(node, at) or any(arg.star == "**" for arg in node.args):
        return
    if any(arg.keyword and arg.keyword.value in ("gpus", "tpu_cores") for arg in node.args):
        return
    value = argument(node, "accelerator")
    if value is None:
        yield Found(node.func, value="no accelerator")
    for literal, text in literals(value):
        if text == "auto":
            yield Found(literal, value='accelerator="auto"')


def deepspeed(node: cst.Call, at: Place) -> Iterator[Found]:
    """DeepSpeed asked for by an option of a trainer."""
    if _loop(node, at):
        for literal, text in literals(argument(node, "strategy")):
            if text.startswith("deepspeed"):
                yield Found(literal, value=f"strategy={at.code(literal)}")
    elif any(path.startswith(HUGGING_FACE) for path in at.paths(node.func)):
        value = argument(node, "deepspeed")
        for choice in choices(value) if value is not None else ():
            if not is_none(choice):
                yield Found(choice, value=f"deepspeed={at.code(choice)}")


def tf32(node: cst.Call, at: Place) -> Iterator[Found]:
    """`TrainingArguments(tf32=True)`."""
    value = argument(node, "tf32")
    if is_true(value) and any(path.startswith(HUGGING_FACE) for path in at.paths(node.func)):
        yield Found(value or node, value="tf32=True")


def sharded(node: cst.Call, at: Place) -> Iterator[Found]:
    """`TrainingArguments(fsdp="full_shard")`, and the plugin of accelerate."""
    value = argument(node, "fsdp")
    ours = any(path.startswith(HUGGING_FACE) for path in at.paths(node.func))
    if value is not None and ours and (string_value(value) or is_true(value)):
        yield Found(value, value=f"fsdp={at.code(value)}")
