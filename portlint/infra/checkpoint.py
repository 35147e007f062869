"""JSON beside the weights of a model -> facts: quantisation, padding side, hub kernels."""

from collections.abc import Iterator

from portlint.infra.facts import Fact
from portlint.infra.tree import Mapping, Node, Scalar, Sequence


def checkpoint(document: Node, name: str) -> Iterator[Fact]:
    """What a file of a checkpoint says, told by its name and its keys."""
    base = name.rpartition("/")[2]
    if base == "kernels.lock" and isinstance(document, Sequence):
        for item in document.items:
            named = item.get("repo_id") if isinstance(item, Mapping) else None
            if isinstance(named, Scalar):
                yield Fact("checkpoint", "kernel", named.text, named.span)
    if not isinstance(document, Mapping):
        return
    if base in ("quantize_config.json", "quant_config.json"):
        yield from _by_tool(document)
    elif base == "hf_quant_config.json":
        yield from _modelopt(document.get("quantization"))
    elif base == "tokenizer_config.json":
        side = document.get("padding_side")
        if isinstance(side, Scalar) and document.get("tokenizer_class"):
            yield Fact("checkpoint", "padding_side", side.text, side.span)
    elif document.get("model_type") or document.get("architectures"):
        family = document.get("model_type")
        if isinstance(family, Scalar):
            yield Fact("checkpoint", "model_type", family.text, family.span)
        found = document.get("quantization_config")
        if isinstance(found, Mapping):
            yield from _quantised(found)


def _quantised(config: Mapping) -> Iterator[Fact]:
    """The `quantization_config` of a model's config.json."""
    method = config.get("quant_method")
    if not isinstance(method, Scalar):
        bits = config.get("load_in_4bit") or config.get("load_in_8bit")
        if isinstance(bits, Scalar):
            yield Fact("checkpoint", "quantised", "bitsandbytes", bits.span)
        return
    text = method.text.lower().replace("_", "-")
    if text == "modelopt":
        algorithm = config.text("quant_algo") or "FP8"
        text = f"modelopt {algorithm.upper()}"
    elif text == "compressed-tensors" and not _weights(config):
        return
    yield Fact("checkpoint", "quantised", text, method.span)


def _weights(config: Mapping) -> bool:
    """Whether a compressed-tensors configuration quantises weights, and not the cache alone."""
    groups = config.get("config_groups")
    return isinstance(groups, Mapping) and any(
        isinstance(group, Mapping) and isinstance(group.get("weights"), Mapping)
        for _, group in groups.pairs
    )


def _by_tool(document: Mapping) -> Iterator[Fact]:
    """The file that AutoGPTQ, GPTQModel or AutoAWQ leaves beside the weights."""
    for key, method in (("desc_act", "gptq"), ("w_bit", "awq"), ("q_group_size", "awq")):
        found = document.get(key)
        if isinstance(found, Scalar):
            named = document.text("quant_method").lower() or method
            yield Fact("checkpoint", "quantised", named, found.span)
            return


def _modelopt(node: Node | None) -> Iterator[Fact]:
    algorithm = node.get("quant_algo") if isinstance(node, Mapping) else None
    if isinstance(algorithm, Scalar):
        text = f"modelopt {algorithm.text.upper()}"
        yield Fact("checkpoint", "quantised", text, algorithm.span)
