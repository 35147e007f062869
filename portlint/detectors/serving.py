"""Options of serving: tasks vLLM Neuron has not, heads too wide for a kernel, left padding."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.attention.kinds import WIDEST
from portlint.detectors.words import imports_from, last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true, string_value
from portlint.source.place import Place

ENGINES = ("vllm.LLM", "vllm.entrypoints.llm.LLM")
METHODS = frozenset(["score", "classify", "encode", "reward"])
TASKS = frozenset(["score", "classify", "reward", "token_embed", "token_classify"])
NXDI = "neuronx_distributed_inference."
OTHERS = ("optimum.neuron", "transformers_neuronx")
"""Libraries that lay out prompts in their own way."""


def pooling_task(node: cst.Call, at: Place) -> Iterator[Found]:
    """`llm.score(…)`, `llm.classify(…)`, or an engine made for such a task."""
    if at.calls(node, *ENGINES):
        for name in ("task", "convert"):
            value = argument(node, name)
            if string_value(value) in TASKS:
                yield Found(node, value=f"{name}={at.code(value or node)}")
    elif isinstance(node.func, cst.Attribute) and last(node.func) in METHODS:
        made = at.values(node.func.value)
        if any(at.calls(value, *ENGINES) for value in made):
            yield Found(node, value=f"LLM.{last(node.func)}()")


def wide_heads(node: cst.Call, at: Place) -> Iterator[Found]:
    """A model's configuration with wide heads, and a NeuronConfig that asks for the kernel."""
    if not any(path.startswith(NXDI) for path in at.paths(node.func)):
        return
    width = argument(node, "head_dim")
    numbers = [_number(value) for value in at.values(width)] if width is not None else []
    if numbers and min(numbers) > WIDEST:
        given = [value for arg in node.args for value in at.values(arg.value)]
        if any(isinstance(value, cst.Call) and _asks(value) for value in given):
            yield Found(node, value=str(min(numbers)))


def _number(node: cst.BaseExpression) -> int:
    return node.evaluated_value if isinstance(node, cst.Integer) else 0


def _asks(node: cst.Call) -> bool:
    return any(
        arg.keyword is not None
        and arg.keyword.value == "attn_kernel_enabled"
        and is_true(arg.value)
        for arg in node.args
    )


def left_padding(node: cst.Assign | cst.Call, at: Place) -> Iterator[Found]:
    """`padding_side="left"` for a tokenizer that this program loads."""
    match node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)]):
            loaded = any(map(_loads, at.values(target.value)))
            side = node.value if loaded and last(target) == "padding_side" else None
        case cst.Call() if _loads(node):
            side = argument(node, "padding_side")
        case _:
            return
    if string_value(side) == "left" and not any(imports_from(at, name) for name in OTHERS):
        yield Found(node, value='padding_side="left"')


def _loads(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and last(node.func) == "from_pretrained"
