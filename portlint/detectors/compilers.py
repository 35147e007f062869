"""Calls that compile a model: which backend, mode and shapes they ask for."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.found import Found
from portlint.source.guards import speaks_of_neuron
from portlint.source.nodes import argument, is_true, string_value
from portlint.source.place import Place

TORCH = frozenset(
    "torch.compile torch.compiler.compile torch._dynamo.optimize torch._dynamo.optimize_assert "
    "torch._dynamo.eval_frame.optimize".split()
)
CONFIGS = frozenset(
    "torch.compiler.set_default_backend transformers.CompileConfig "
    "transformers.generation.CompileConfig "
    "transformers.generation.configuration_utils.CompileConfig".split()
)
"""Calls that take the same parameters and compile later."""
BACKEND_FIRST = frozenset(
    path for path in TORCH | CONFIGS if "_dynamo" in path or path.endswith("set_default_backend")
)
METHODS = frozenset(["compile", "compile_repeated_blocks"])
"""Of `torch.nn.Module` and of diffusers' models; other libraries have methods of these names."""
OWN = frozenset("fullgraph dynamic backend mode".split())
"""Keywords of which a call by method needs one, to be taken for a model's."""
INDUCTOR = frozenset(["inductor"])
CUDAGRAPHS = frozenset(["cudagraphs"])
FOREIGN = frozenset(
    "tensorrt torch_tensorrt onnxrt tvm ipex openxla openxla_eval hidet hpu_backend "
    "torchxla_trace_once nvprims_nvfuser nvprims_aten nvfuser aot_ts_nvfuser ofi ansor "
    "tensorrt_llm fx2trt openvino npu migraphx zentorch".split()
)
MODES = frozenset("reduce-overhead max-autotune max-autotune-no-cudagraphs lite".split())
TRAINER_BACKENDS = frozenset(["torch_compile_backend", "dynamo_backend"])

Outcome = tuple[cst.BaseExpression, cst.BaseExpression]
"""The node to report and the expression that a value comes out as."""


def method(node: cst.Call, at: Place) -> Iterator[Found]:
    """`model.compile(fullgraph=…)`, `model.compile(dynamic=…)`: the model's own method."""
    keywords = {arg.keyword.value for arg in node.args if arg.keyword is not None}
    if keywords & {"fullgraph", "dynamic"} and _by_method(node, at):
        yield Found(node.func, symbol="torch.nn.Module.compile")


def inductor(node: cst.Call, at: Place) -> Iterator[Found]:
    """`backend="inductor"`, named instead of left to the device."""
    yield from _strings(node, "backend", at, INDUCTOR)
    yield from _trainer(node, at, INDUCTOR)


def cudagraphs(node: cst.Call, at: Place) -> Iterator[Found]:
    """`backend="cudagraphs"`."""
    yield from _strings(node, "backend", at, CUDAGRAPHS)
    yield from _trainer(node, at, CUDAGRAPHS)


def foreign(node: cst.Call, at: Place) -> Iterator[Found]:
    """A backend of another vendor's compiler."""
    yield from _strings(node, "backend", at, FOREIGN)
    yield from _trainer(node, at, FOREIGN)


def mode(node: cst.Call, at: Place) -> Iterator[Found]:
    """Any mode but the default one, also as an option of the Hugging Face trainer."""
    yield from _strings(node, "mode", at, MODES)
    word = argument(node, "torch_compile_mode")
    if word is not None and string_value(word) in MODES:
        yield Found(word, value=f'torch_compile_mode="{string_value(word)}"')


def dynamic(node: cst.Call, at: Place) -> Iterator[Found]:
    """`dynamic=True`: one artifact for a range of shapes."""
    for place, value in given(node, "dynamic", at):
        if is_true(value) and _compiles(node, at):
            yield Found(place, value="dynamic=True")


def options(node: cst.Call, at: Place) -> Iterator[Found]:
    """Options in a dict, which are Inductor's; only where the call is surely PyTorch's."""
    if any(path in TORCH for path in at.paths(node.func)):
        for place, value in given(node, "options", at):
            if isinstance(value, cst.Dict) and value.elements:
                yield Found(place, value="options")


def fused_optimizer(node: cst.Call, at: Place) -> Iterator[Found]:
    """`fused=True` of an optimizer of torch.optim, and the trainer's name for it."""
    name = argument(node, "optim")
    if name is not None and string_value(name) == "adamw_torch_fused":
        yield Found(name, value='optim="adamw_torch_fused"')
    if any(path.startswith("torch.optim.") for path in at.paths(node.func)):
        for place, value in given(node, "fused", at):
            if is_true(value):
                yield Found(place, value="fused=True")


def given(call: cst.Call, name: str, at: Place) -> Iterator[Outcome]:
    """What a keyword's value can come out as, also given in a dict: `f(**dict(fused=True))`."""
    value = argument(call, name)
    if value is not None:
        yield from _outcomes(value, at)
        return
    for arg in call.args:
        for _, whole in _outcomes(arg.value, at) if arg.star == "**" else ():
            inner = _in_dict(whole, name)
            if inner is not None:
                yield from _outcomes(inner, at)


def _outcomes(node: cst.BaseExpression, at: Place) -> Iterator[Outcome]:
    """A literal stands where it is written; what a name holds is reported where it is used."""
    for value in at.values(node):
        for choice in _choices(value):
            yield (node if value is not node else choice), choice


def _choices(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if not isinstance(node, cst.IfExp):
        yield node
    elif not speaks_of_neuron(node):
        yield from _choices(node.body)
        yield from _choices(node.orelse)


def _in_dict(node: cst.BaseExpression, name: str) -> cst.BaseExpression | None:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        return argument(node, name)
    for element in node.elements if isinstance(node, cst.Dict) else ():
        if isinstance(element, cst.DictElement) and string_value(element.key) == name:
            return element.value
    return None


def _compiles(call: cst.Call, at: Place) -> bool:
    """`torch.compile(…)`, `partial(torch.compile, …)`, `model.compile(mode=…)`."""
    paths = at.paths(call.func)
    if "functools.partial" in paths and call.args:
        paths = at.paths(call.args[0].value)
    if any(path in TORCH or path in CONFIGS for path in paths):
        return True
    keywords = {arg.keyword.value for arg in call.args if arg.keyword is not None}
    return bool(keywords & OWN) and _by_method(call, at)


def _by_method(call: cst.Call, at: Place) -> bool:
    """A method called `compile` of an object that is no module of a library."""
    func = call.func
    named = isinstance(func, cst.Attribute) and func.attr.value in METHODS
    return named and not at.paths(func)


def _strings(call: cst.Call, name: str, at: Place, wanted: frozenset[str]) -> Iterator[Found]:
    """The keyword's value where it can come out as one of these words."""
    found = list(given(call, name, at))
    if not found and name == "backend" and call.args:
        found = _first(call, at)
    for place, value in found:
        word = string_value(value)
        if word in wanted and _compiles(call, at):
            yield Found(place, value=word or "")


def _first(call: cst.Call, at: Place) -> list[Outcome]:
    """The backend of the older spellings, whose first parameter it is."""
    backend = call.args[0]
    first = backend.keyword is None and any(p in BACKEND_FIRST for p in at.paths(call.func))
    return list(_outcomes(backend.value, at)) if first else []


def _trainer(call: cst.Call, at: Place, wanted: frozenset[str]) -> Iterator[Found]:
    """The backend as an option of the Hugging Face trainer or of accelerate."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value in TRAINER_BACKENDS:
            for place, value in _outcomes(arg.value, at):
                word = string_value(value) or ""
                if word.lower() in wanted:
                    yield Found(place, value=word)
