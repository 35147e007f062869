"""PyTorch operators from outside PyTorch: calls of compiled ones, registrations for CUDA only."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from portlint.detectors.launches import functions
from portlint.source import cst
from portlint.source.found import Found, Hit, Hits
from portlint.source.nodes import argument, dotted_text, string_value
from portlint.source.place import Place
from portlint.source.scope import lookup

OP = re.compile(r"torch\.ops\.(?P<space>\w+)\.(?P<op>\w+)")
TORCH_SPACES = frozenset(
    "aten prim prims prims_nvfuser inductor higher_order profiler c10d _c10d_functional "
    "_c10d_functional_autograd c10d_functional symm_mem quantized quantized_decomposed mkldnn mkl "
    "onednn sparse xnnpack fsdp streams debugprims rngprims torchvision torchaudio image video "
    "rand dtensor _dtensor export onnx tensorexpr cuda static_runtime loaded_libraries_".split()
)
"""Namespaces that PyTorch itself (or a rule of another subject) answers for."""
COMPILED_SPACES = re.compile(
    r"_\w*C|_C_\w+|\w+_cuda|flash_attn(_[234])?|xformers(_flash\w*)?|fbgemm|sgl_kernel|trtllm|"
    r"tensorrt|bitsandbytes|mamba|causal_conv1d|grouped_gemm|nvfuser|natten|torch_scatter|"
    r"torch_sparse|torch_cluster|torch_spline_conv|pyg|torchsparse|spconv|mmcv|deep_gemm"
)
"""Namespaces of libraries that come compiled for CUDA."""
PENDING = "namespace of unknown origin"
EVIDENCE = frozenset(["op-library-load", "jit-cuda-extension", "compiled-extension-import"])
"""Rules whose findings in a file say that operators of unknown namespaces are compiled ones."""


OTHERS = re.compile(r"(^|_)(xpu|hpu|npu|mps|cpu|rocm|rdna\d*)(_|$)")
"""In names of operators and their namespaces: no code that was written for CUDA calls them."""


def op_call(node: cst.Attribute, at: Place) -> Iterator[Found]:
    """`torch.ops.NAMESPACE.op`, where the namespace is that of a compiled library."""
    if isinstance(at.parent, cst.Attribute | cst.AssignTarget) or _is_asked(at.parent):
        return
    for path in at.paths(node):
        match = OP.match(path)
        if match is None or match["space"] in TORCH_SPACES or match["op"].startswith("__"):
            continue
        if OTHERS.search(match["space"]) or OTHERS.search(match["op"]):
            continue
        known = COMPILED_SPACES.fullmatch(match["space"])
        yield Found(node, symbol=match[0], value=match[0], message=None if known else PENDING)


def _is_asked(node: cst.CSTNode | None) -> bool:
    """`op is None`: whether there is an operator, not a call of it."""
    return isinstance(node, cst.Comparison) and any(
        isinstance(target.operator, cst.Is | cst.IsNot) for target in node.comparisons
    )


def op_calls_settled(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """An unknown namespace counts only in a file that loads compiled operators.

    An operator that this file registers in Python is its registration's finding.
    """
    compiled = any(hit.rule.name in EVIDENCE for hit in hits)
    own = {hit.found.key for hit in hits if hit.found.message in MARKS}
    kept = [
        hit
        for hit in hits
        if (compiled or hit.found.message != PENDING) and _registered_name(hit) not in own
    ]
    hits[:] = [
        hit._replace(found=hit.found._replace(message=None))
        if hit.found.message == PENDING
        else hit
        for hit in kept
    ]
    yield from ()


def _registered_name(hit: Hit) -> str:
    match = OP.fullmatch(hit.found.symbol or "")
    return f"{match['space']}::{match['op']}" if match else ""


class Registration(NamedTuple):
    """One implementation of an operator, for some devices ("" stands for all of them)."""

    op: str
    devices: frozenset[str]


ALL = frozenset([""])
MARKS = CUDA_ONLY, CUDA_AND_HOST = "only CUDA", "CUDA and the host"


def cuda_only(node: cst.Call, at: Place) -> Iterator[Found]:
    """An operator with an implementation for CUDA and none that other devices could take."""
    yield from _marked(node, at, CUDA_ONLY)


def cuda_and_host(node: cst.Call, at: Place) -> Iterator[Found]:
    """An operator with implementations for CUDA and for the CPU."""
    yield from _marked(node, at, CUDA_AND_HOST)


def _marked(node: cst.Call, at: Place, mark: str) -> Iterator[Found]:
    for item in _registrations(node, at):
        devices = ",".join(sorted(item.devices))
        whole = tuple(_body(node, at))
        yield Found(
            node.func, symbol=item.op, value=devices, message=mark, key=item.op, whole=whole
        )


def _body(node: cst.Call, at: Place) -> Iterator[cst.FunctionDef]:
    """The function of this file that becomes an operator's implementation."""
    if isinstance(at.parent, cst.Decorator):
        yield from (n for n in at.frame.parents[-2:] if isinstance(n, cst.FunctionDef))
    for arg in node.args:
        if isinstance(arg.value, cst.Name):
            yield from functions(arg.value, at)


def registered(hits: Hits) -> Iterator[tuple[Found, tuple[()]]]:
    """Of all registrations in a file, the CUDA ones of operators that Neuron cannot run."""
    devices: dict[str, set[str]] = {}
    for hit in hits:
        if hit.found.message in MARKS:
            devices.setdefault(hit.found.key or "", set()).update(hit.found.value.split(","))
    kept = []
    for hit in hits:
        found = hit.found
        if found.message not in MARKS:
            kept.append(hit)
        elif "cuda" in found.value.split(",") and _kind(devices[found.key or ""]) == found.message:
            kept.append(hit._replace(found=found._replace(message=None, value=found.symbol or "")))
    hits[:] = kept
    yield from ()


def _kind(devices: set[str]) -> str:
    if devices & {"", "neuron", "privateuse1", "privateuseone", "xla"} or "cuda" not in devices:
        return ""
    return CUDA_AND_HOST if "cpu" in devices else CUDA_ONLY


def _registrations(node: cst.Call, at: Place) -> Iterator[Registration]:
    paths = at.paths(node.func)
    if any(p in ("torch.library.custom_op", "torch._library.custom_ops.custom_op") for p in paths):
        devices = argument(node, "device_types")
        name = string_value(argument(node, "name", 0))
        if name:
            yield Registration(name, _devices(devices, at) if devices else ALL)
    elif any(p in ("torch.library.register_kernel", "torch.library.impl") for p in paths):
        yield from _by_function(node, at)
    elif isinstance(node.func, cst.Attribute):
        yield from _by_method(node, node.func, at)


def _by_function(node: cst.Call, at: Place) -> Iterator[Registration]:
    """`impl("ns::op", "cuda")`, `impl(lib, "op", "CUDA")`."""
    words = [string_value(arg.value) for arg in node.args[:3] if arg.keyword is None]
    name, device = (words[0], 1) if words and words[0] else ([*words, None, None][1], 2)
    target = argument(node, "device_types", device) or argument(node, "types", device)
    if name and target is not None:
        yield Registration(name, _devices(target, at))


def _by_method(node: cst.Call, func: cst.Attribute, at: Place) -> Iterator[Registration]:
    """`lib.impl("op", f, "CUDA")` of a Library, `op.register_kernel("cuda")` of a custom op."""
    if func.attr.value == "impl":
        made = [v for v in at.values(func.value) if at.calls(v, "torch.library.Library")]
        name = string_value(argument(node, "op_name", 0))
        for library in made if name else ():
            target = argument(node, "dispatch_key", 2)
            if target is None and isinstance(library, cst.Call):
                target = argument(library, "dispatch_key", 2)
            if name and target is not None:
                yield Registration(name, _devices(target, at))
    elif func.attr.value == "register_kernel":
        target = argument(node, "device_types", 0)
        name = _custom_op(func.value, at)
        if target is not None and name:
            yield Registration(name, _devices(target, at))


def _custom_op(node: cst.BaseExpression, at: Place) -> str:
    """The operator a decorated function of this file became: the text it was registered under."""
    if isinstance(node, cst.Name):
        for binding in lookup(at.frame.scope, node.value)[0]:
            if isinstance(binding.node, cst.FunctionDef):
                for decorator in binding.node.decorators:
                    if isinstance(decorator.decorator, cst.Call):
                        name = string_value(argument(decorator.decorator, "name", 0))
                        return name or node.value
    return dotted_text(node) or ""


def _devices(node: cst.BaseExpression, at: Place) -> frozenset[str]:
    """Device names and dispatch keys in one spelling; what is not written out counts as all."""
    found: set[str] = set()
    for value in at.values(node):
        found.update((string_value(element) or "").lower() for element in _elements(value))
    return frozenset("" if device.startswith("composite") else device for device in found)


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, cst.Tuple | cst.List | cst.Set):
        return [element.value for element in node.elements]
    return [node]
