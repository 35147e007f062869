"""Options of vLLM's engine that the Neuron plugin refuses or does not heed."""

import re
from collections.abc import Iterator

from portlint.detectors.words import choices, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true, string_value
from portlint.source.place import Place

ENGINES = frozenset("LLM EngineArgs AsyncEngineArgs".split())
METHODS = frozenset(["eagle3", "dflash"])
CACHES = frozenset("auto float32 float16 bfloat16 fp8 fp8_e4m3".split())
STARTED = re.compile(r"\b(from_engine_args|from_vllm_config|\w*LLM|\w*LLMEngine|EngineCore\w*)\b")
"""Names of what runs an engine."""
Values = Iterator[cst.BaseExpression]


def _engine(node: cst.Call, at: Place) -> bool:
    """Whether this makes an engine of vLLM, or the arguments of one that is made."""
    paths = at.paths(node.func)
    made = [p.rsplit(".", 1)[-1] for p in paths if p.startswith("vllm.")]
    return "LLM" in made or (not ENGINES.isdisjoint(made) and not _only_configures(at))


def _only_configures(at: Place) -> bool:
    """Whether the function makes a configuration of the arguments and starts no engine with it."""
    function = at.within(cst.FunctionDef)
    text = at.code(function, 100_000) if function is not None else ""
    return ".create_engine_config(" in text and not STARTED.search(text)


def _given(node: cst.Call, at: Place, name: str) -> Values:
    """What an engine is given for an option."""
    value = argument(node, name) if _engine(node, at) else None
    for choice in choices(value) if value is not None else ():
        yield from at.values(choice)


def _flag(node: cst.Call, at: Place, name: str) -> Iterator[Found]:
    if any(is_true(value) for value in _given(node, at, name)):
        value = argument(node, name)
        yield Found(value or node, value=f"{name}=True")


def eager(node: cst.Call, at: Place) -> Iterator[Found]:
    """`enforce_eager=True`."""
    yield from _flag(node, at, "enforce_eager")


def sleep_mode(node: cst.Call, at: Place) -> Iterator[Found]:
    """`enable_sleep_mode=True`."""
    yield from _flag(node, at, "enable_sleep_mode")


def kv_scales(node: cst.Call, at: Place) -> Iterator[Found]:
    """`calculate_kv_scales=True`."""
    yield from _flag(node, at, "calculate_kv_scales")


def pipeline_parallel(node: cst.Call, at: Place) -> Iterator[Found]:
    """`pipeline_parallel_size=2`."""
    for value in _given(node, at, "pipeline_parallel_size"):
        if isinstance(value, cst.Integer) and value.evaluated_value > 1:
            yield Found(value, value=f"pipeline_parallel_size={value.value}")


def cache_dtype(node: cst.Call, at: Place) -> Iterator[Found]:
    """`kv_cache_dtype="fp8_e5m2"`."""
    for value in _given(node, at, "kv_cache_dtype"):
        text = string_value(value)
        if text is not None and text not in CACHES:
            yield Found(value, value=f"kv_cache_dtype={at.code(value)}")


def speculation(node: cst.Call, at: Place) -> Iterator[Found]:
    """`speculative_config={"method": "ngram", …}`."""
    for value in _given(node, at, "speculative_config"):
        for method in _entries(value, "method"):
            for literal, text in literals(method):
                if text not in METHODS:
                    yield Found(literal, value=at.code(literal))


def mx_weights(node: cst.DictElement, at: Place) -> Iterator[Found]:
    """`{"neuron_config": {"quantization": "mxfp4"}}`."""
    if string_value(node.key) == "neuron_config":
        for value in at.values(node.value):
            for found in _entries(value, "quantization"):
                if string_value(found) in ("mxfp4", "mxfp8"):
                    yield Found(found, value=at.code(found))


def _entries(node: cst.BaseExpression, key: str) -> Values:
    """The values that a dict literal, or `dict(…)`, has for a key."""
    if isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.DictElement) and string_value(element.key) == key:
                yield element.value
    elif isinstance(node, cst.Call) and (value := argument(node, key)) is not None:
        yield value
