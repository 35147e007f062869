"""Options of libraries that choose a CUDA kernel, a CUDA format or a CUDA provider."""

import re
from collections.abc import Iterator

from portlint.detectors.words import Binding, choices, given, imports_from, last, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, is_true, string_value
from portlint.source.place import Place

FLASH = re.compile(r"(paged\|)?flash_attention_[234]|kernels-community/(vllm-)?flash-attn\d?.*")
BACKENDS = re.compile(
    r"_?flash(_.+)?|_?sage(_.+)?|xformers|aiter.*|_native_(cudnn|flash|efficient)"
)
"""Attention backends of diffusers that need a CUDA package or a CUDA kernel of PyTorch."""
SWITCH = "use_flash_attention_2"
OPTION = frozenset(["attn_implementation", "_attn_implementation"])
OPTIMIZERS = frozenset(
    "adamw_bnb_8bit adamw_8bit ademamix_8bit lion_8bit paged_adamw_32bit paged_adamw_8bit "
    "paged_adamw paged_ademamix_32bit paged_ademamix_8bit paged_lion_32bit paged_lion_8bit "
    "rmsprop_bnb rmsprop_bnb_8bit rmsprop_bnb_32bit adamw_apex_fused".split()
)
SWITCHES = frozenset(
    "enable_xformers_memory_efficient_attention set_use_memory_efficient_attention_xformers".split()
)
PROVIDERS = frozenset(
    "CUDAExecutionProvider TensorrtExecutionProvider NvTensorRTRTXExecutionProvider".split()
)
PROVIDER = re.compile(r"(^|_)(execution_)?providers?($|_)", re.IGNORECASE)
FORMATS = frozenset(
    "awq awq_marlin gptq gptq_marlin gptq_marlin_24 marlin bitsandbytes squeezellm aqlm gguf hqq "
    "deepspeedfp fbgemm_fp8 torchao auto-round auto_gptq auto_awq ipex inc quark exl2 moe_wna16 "
    "experts_int8 bitblas gptq_bitblas tpu_int8 ptpc_fp8 rtn humming fp_quant petit_nvfp4 "
    "modelopt_fp4 nvfp4_per_token int8_per_channel_weight_only".split()
)
"""Values of vLLM's `quantization` outside what vLLM Neuron lists: static FP8 and MXFP4."""
NEURON = "optimum.neuron"


def attention_option(node: Binding, at: Place) -> Iterator[Found]:
    """FlashAttention as an option of transformers; optimum-neuron's option of that name is NKI."""
    options = [item for item in given(node, at) if item[0] in OPTION or item[0] == SWITCH]
    for name, value in options if not (options and _carried(node, at)) else ():
        if name in OPTION and not _dispatches(node, value, at):
            yield from _flash(node, value, at)
        elif name == SWITCH and is_true(value):
            yield from _elsewhere(node, Found(value, value="use_flash_attention_2=True"), at)
    if isinstance(node, cst.Call) and last(node.func) == "set_attn_implementation":
        yield from _flash(node, argument(node, "attn_implementation", 0), at)


def _carried(node: Binding, at: Place) -> bool:
    """Whether a value is only carried: a field of a configuration, a default that is stored."""
    if isinstance(node, cst.Call | cst.DictElement):
        return False
    owner, function = at.within(cst.ClassDef), at.within(cst.FunctionDef)
    if isinstance(owner, cst.ClassDef):
        bases = [last(base.value) for base in owner.bases]
        if any(name.lower().endswith("config") for name in (owner.name.value, *bases)):
            return True
    if not isinstance(node, cst.Param) or not isinstance(function, cst.FunctionDef):
        return False
    body = list(descend(function.body))
    kept = {id(n.value) for n in body if isinstance(n, cst.Assign) and _is_field(n.targets[0])}
    used = [n for n in body if isinstance(n, cst.Name) and n.value == node.name.value]
    return all(id(name) in kept for name in used)


def _is_field(target: cst.AssignTarget) -> bool:
    match target.target:
        case cst.Attribute(value=cst.Name("self")):
            return True
    return False


def _dispatches(node: Binding, value: cst.BaseExpression, at: Place) -> bool:
    """Whether a plain variable serves a library that does what its caller asked.

    It takes one of two names, or no call of the function around it is given the variable.
    """
    if not isinstance(node, cst.Assign) or not isinstance(node.targets[0].target, cst.Name):
        return False
    function = at.within(cst.FunctionDef)
    if isinstance(value, cst.IfExp) or not isinstance(function, cst.FunctionDef):
        return isinstance(value, cst.IfExp)
    return not any(_gives_on(part, node.targets[0].target.value) for part in descend(function.body))


def _gives_on(part: cst.CSTNode, variable: str) -> bool:
    """Whether an argument, an entry named as the option or another name takes the variable."""
    match part:
        case cst.Arg(value=cst.Name(value=used)):
            return used == variable
        case cst.DictElement(value=cst.Name(value=used)):
            return string_value(part.key) in OPTION and used == variable
        case cst.Assign(value=cst.Name(value=used)):
            return used == variable
    return False


def _flash(node: Binding, value: cst.BaseExpression | None, at: Place) -> Iterator[Found]:
    for literal, text in literals(value):
        if FLASH.fullmatch(text):
            yield from _elsewhere(node, Found(literal, value=at.code(literal)), at)


def _elsewhere(node: Binding, found: Found, at: Place) -> Iterator[Found]:
    """The finding, unless the option goes to optimum-neuron."""
    paths = at.paths(node.func) if isinstance(node, cst.Call) else []
    ours = any(p.startswith(NEURON) for p in paths) if paths else imports_from(at, NEURON)
    if not ours:
        yield found


def attention_backend(node: cst.Call, at: Place) -> Iterator[Found]:
    """An attention backend of diffusers."""
    name = last(node.func)
    if name in ("set_attention_backend", "attention_backend") and node.args:
        for literal, text in literals(node.args[0].value):
            if BACKENDS.fullmatch(text):
                yield Found(literal, value=at.code(literal))


def quantised_load(node: cst.Call | cst.DictElement, at: Place) -> Iterator[Found]:
    """`load_in_8bit=True`; inside BitsAndBytesConfig the configuration itself is the finding."""
    if isinstance(node, cst.Call) and last(node.func).endswith("BitsAndBytesConfig"):
        return
    for name, value in given(node, at):
        if name in ("load_in_8bit", "load_in_4bit") and any(is_true(c) for c in choices(value)):
            yield Found(value, value=f"{name}=True")


def optimizer_option(node: Binding, at: Place) -> Iterator[Found]:
    """An optimizer of bitsandbytes or apex, by its name."""
    for name, value in given(node, at):
        if name in ("optim", "optimizer", "optimizer_type", "optimizer_name"):
            for literal, text in literals(value):
                if text in OPTIMIZERS:
                    yield Found(literal, value=at.code(literal))


def xformers_switch(node: cst.Call, at: Place) -> Iterator[Found]:
    """The method of diffusers that switches xformers on; not where it is only handed on."""
    name = last(node.func)
    if name not in SWITCHES or not isinstance(node.func, cst.Attribute):
        return
    function = at.within(cst.FunctionDef)
    inside = function.name.value if isinstance(function, cst.FunctionDef) else ""
    if name in inside or inside in SWITCHES:
        return
    # set_… takes a flag first: what it holds is known where it is written.
    if not name.startswith("set_") or (node.args and is_true(node.args[0].value)):
        yield Found(node, value=f"`{name}`")


def provider(node: Binding, at: Place) -> Iterator[Found]:
    """A list of ONNX Runtime's providers that begins with a CUDA one."""
    found = [value for name, value in given(node, at) if PROVIDER.search(name)]
    if isinstance(node, cst.Call) and any(
        p.startswith("onnxruntime.") or last(node.func) == "set_providers"
        for p in [*at.paths(node.func), ""]
    ):
        found.extend(arg.value for arg in node.args if arg.keyword is None)
    for value in found:
        for item in descend(value) if not isinstance(value, cst.Call) else ():
            if isinstance(item, cst.SimpleString) and string_value(item) in PROVIDERS:
                yield Found(item, value=at.code(item))
                break


def padding_free(node: cst.Call, at: Place) -> Iterator[Found]:
    """`padding_free=True` of a configuration of TRL."""
    value = argument(node, "padding_free")
    ours = any(path.startswith("trl.") for path in at.paths(node.func))
    if value is not None and is_true(value) and ours:
        yield Found(value, value="padding_free=True")


def hub_kernel(node: cst.Call, at: Place) -> Iterator[Found]:
    """`get_kernel("kernels-community/flash-attn2")`."""
    if node.args and "kernels.get_kernel" in at.paths(node.func):
        for literal, text in literals(argument(node, "repo_id", 0)):
            if FLASH.fullmatch(text):
                yield Found(literal, value=at.code(literal))


def vllm_format(node: cst.Call, at: Place) -> Iterator[Found]:
    """`LLM(…, quantization="awq")`, and weights that are read for such a format."""
    if any(path.startswith("vllm.") for path in at.paths(node.func)):
        for name in ("quantization", "load_format"):
            for literal, text in literals(argument(node, name)):
                if text.lower() in FORMATS:
                    yield Found(literal, value=at.code(literal))


def fp8_config(node: cst.Call, at: Place) -> Iterator[Found]:
    """`FineGrainedFP8Config()`, unless it says that the weights are unpacked."""
    ours = any(path.startswith("transformers.") for path in at.paths(node.func))
    named = ours and last(node.func) == "FineGrainedFP8Config"
    open_ended = any(arg.star == "**" for arg in node.args)
    if named and not open_ended and not is_true(argument(node, "dequantize")):
        yield Found(node, symbol="FineGrainedFP8Config")
