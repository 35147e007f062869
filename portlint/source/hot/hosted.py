"""What a file says is on the host: fields that vLLM keeps there, files that prepare inputs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from portlint.source.hot.kinds import HOSTED
from portlint.source.lines import walk
from portlint.source.reach import Aliases

KEPT = "keep_on_cpu"
"""How a field of vLLM's multi-modal inputs says that it is never moved to the device."""
GRIDS = r"(^|_)(grid_t?hws?|spatial_shapes)$"
"""The sizes of images and videos in patches: vLLM hands them to its models on the host."""
PREPARES = re.compile(
    r"(FeatureExtractor|FeatureExtractionMixin|ProcessorMixin"
    r"|(Base(Image|Video)Processor|PreTrainedTokenizer)\w{0,40})$"
)
"""Bases of classes that make inputs of raw data, before a model and on the host."""
MODELS = re.compile(r"(Model|Mixin|LM|Generation|Encoder|Decoder|Transformer|Attention|MLP)$")
"""Names of classes that compute with weights."""
SAID = re.compile(
    r"(?<!`)`+(\w+)`+ (?:is |are |lives? |stays? |kept )?(?:built )?on (?:the )?(?:CPU|host)\b"
)
LISTED = re.compile(r"^[ \t]*(\w+)(?: \([^)\n]*\))?: [^\n]*\bon (?:the )?(?:CPU|host)\b", re.M)
"""A docstring that tells where a parameter is: in its words, in its list of parameters."""


def hosted(module: ast.Module, text: str, imports: Aliases) -> re.Pattern[str]:
    """The names that a file holds on the host: by their words, by its fields, by vLLM's custom."""
    parts = [HOSTED.pattern]
    if any(path.split(".")[0] == "vllm" for paths in imports.values() for path in paths):
        parts.append(GRIDS)
    if KEPT in text:
        parts += (f"^{name}$" for key in _fields(module) for name in _tails(key))
    return re.compile("|".join(parts)) if len(parts) > 1 else HOSTED


def _fields(module: ast.Module) -> Iterator[str]:
    """`image_sizes=MultiModalFieldConfig.batched("image", keep_on_cpu=True)`, and as an item."""
    for node in walk(module):
        match node:
            case ast.Call(keywords=keywords):
                yield from (k.arg for k in keywords if k.arg and _is_kept(k.value))
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and _is_kept(value):
                        yield str(key.value)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
                if _is_kept(value):
                    yield str(key)


def _is_kept(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(
        k.arg == KEPT and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in node.keywords
    )


def _tails(key: str) -> list[str]:
    """`image_grid_thw` is handed on as `grid_thw`; one word alone would say too little."""
    words = re.escape(key).split("_")
    return ["_".join(words[start:]) for start in range(max(len(words) - 1, 1))]


def told(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The parameters that a docstring says are on the host."""
    match node.body[0] if node.body else None:
        case ast.Expr(value=ast.Constant(value=str(text))) if "CPU" in text or "host" in text:
            return {*SAID.findall(text), *LISTED.findall(text)}
    return set()


def prepares(classes: Mapping[str, Iterable[str]]) -> bool:
    """Whether a file makes inputs for models and defines none: it runs on the host."""
    every = [path.rpartition(".")[2] for paths in classes.values() for path in paths]
    made = any(PREPARES.search(name) for name in every)
    return made and not any(MODELS.search(name) for name in classes)
