"""Words and comparisons that ask for a device: which calls, names and literals say what."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from portlint.source import cst
from portlint.source.guards import NEURON_WORDS, Kind
from portlint.source.nodes import string_value

CUDA_PROBES = frozenset(
    "torch.cuda.is_available torch.cuda.device_count torch.cuda.is_initialized "
    "torch.cuda.is_bf16_supported torch.cuda._is_compiled torch.backends.cuda.is_built "
    "torch.cuda.default_generators torch.backends.cudnn.is_available "
    "torch.distributed.is_nccl_available torch.version.cuda torch.version.hip "
    "torch.cuda.current_device "
    "torch._C._cuda_getDeviceCount torch.utils.cpp_extension.CUDA_HOME".split()
)
"""Calls and values that are false, zero or None on a torch without CUDA (measured; see tests)."""
OTHER_PROBES = frozenset(
    "torch.xpu.is_available torch.xpu.device_count torch.mps.is_available torch.npu.is_available "
    "torch.backends.mps.is_available torch.backends.mps.is_built torch.hpu.is_available "
    "torch.mlu.is_available torch.musa.is_available torch.mtia.is_available".split()
)
"""Calls that ask for another vendor's devices: what stands behind them does not run on Neuron."""
PLATFORMS: dict[str, Kind] = {
    **dict.fromkeys("is_cuda is_cuda_alike".split(), "device"),
    **dict.fromkeys(
        "is_rocm is_hip is_xpu is_tpu is_hpu is_npu is_mps is_mlu is_musa is_mtia".split(), "other"
    ),
    **dict.fromkeys("has_device_capability is_device_capability".split(), "device"),
    "is_device_capability_family": "device",
    "is_cpu": "host",
    "is_out_of_tree": "neuron",
}
"""What a tensor or a platform is asked; that it is not the host's says nothing of the rest.

Compute capabilities are those of GPUs: no other platform of vLLM has one. Its `is_out_of_tree` is
true for platforms that come as plugins, and Neuron's is one.
"""
ASKED = tuple(word for name in PLATFORMS for word in (name, name.upper()))
"""How these are spelled, as methods and as flags: what has one may answer for its caller."""
SUPPORT = re.compile(
    r"(is|can)_(supported|compatible|available|usable|implement)(_on_current_(device|platform))?|"
    r"_?supports_(current_)?(device|platform)"
)
"""Methods that say of their class whether it can be used here."""
AVAILABLE = re.compile(
    r"^_?(is|has|have|check|use|can_use)_?(?P<what>\w*?)_?(available|installed|enabled|supported)?$",
    re.IGNORECASE,
)
THERE = re.compile(r"_?(is|has|have)_(?P<what>\w+)_(available|installed)")
EVERYDAY = frozenset("cuda gpu torch c lib kernel kernels ops".split())
"""Words in names of libraries that flags use for something else."""
VENDOR = re.compile(
    r"(^|_)(is|has|have)_?(torch_)?(?P<device>cuda|xpu|npu|hpu|mps|mlu|musa|mtia)(_|$)"
)
"""Flags that ask for the devices of one vendor."""
QUESTION = re.compile(
    r"(^|_)(is|has|have|use|can|check|on|current|device|accelerator|platform|backend|version|"
    r"available|enabled|installed|supported|found)(_|$)"
)
"""Words in names of functions that say what there is."""
INSTALLED = re.compile(
    r"_?(has|is|check)_(module|package|lib\w*)(_available|_installed)?|"
    r"_?(module|package|lib|library)_(available|installed)"
)
"""Helpers that are given the name of a package and say whether it is there."""
FOR_HOST = re.compile(r"_?(build|built|compiled?|only)_(for|on)_cpu|_?cpu_only")
"""Flags that say that what is made is for the host; otherwise it is for CUDA."""
COUNTED = re.compile(r"_?(n|num)_?(of_)?(gpus?|cuda_devices)|n?gpus?_count|ngpus?")
"""Numbers of GPUs: none on a Neuron host, wherever they were counted."""
SEQUENCES = (cst.Tuple, cst.List, cst.Set)
CUDA_MARKS = re.compile(
    r"require\w{0,60}_(cuda|gpu|triton|flash|multi_gpu|torch_gpu)|gpu_test|cuda_only"
)


def device_literal(
    left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression
) -> str | None:
    """The device word of `device == "cuda"`, `"cuda" in name`; None for other comparisons."""
    if not isinstance(operator, cst.Equal | cst.NotEqual | cst.In | cst.NotIn | cst.Is | cst.IsNot):
        return None
    if isinstance(operator, cst.In | cst.NotIn) and isinstance(right, SEQUENCES):
        return device_among([string_value(e.value) or "" for e in right.elements])
    for side in (left, right):
        text = string_value(side)
        if text is not None and re.match(r"(cuda|gpu|neuron|xla)\b", text):
            return text
    return None


def device_among(words: Sequence[str]) -> str | None:
    """The CUDA word of a closed list of devices that a Neuron host has none of."""
    if any(word == "cpu" or NEURON_WORDS.search(word) for word in words):
        return None
    return next((word for word in words if re.match(r"cuda|gpu\b", word, re.IGNORECASE)), None)


EVERYWHERE = re.compile(r"torch(\.(cuda|backends|version|nn|utils|Tensor)\b.*)?")
"""Modules of torch whose names are the same on every build, whatever they are called."""


def built_with_cuda(module: str, name: str) -> bool:
    """Whether only a build with CUDA has this name in this module: `torch._C._cuda_setDevice`."""
    if f"{module}.{name}" in CUDA_PROBES and module == "torch.version":
        return True
    return bool(re.search(r"cuda|nccl", name, re.I)) and not EVERYWHERE.fullmatch(module)


def is_none(node: cst.BaseExpression) -> bool:
    """Whether the expression is the literal None."""
    return isinstance(node, cst.Name) and node.value == "None"


def is_zero(node: cst.BaseExpression) -> bool:
    """Whether the expression is the literal 0."""
    return isinstance(node, cst.Integer) and node.value == "0"


def constant(node: cst.CSTNode | None) -> str:
    """`True`, `False`, `None` or another plain name; empty for any other expression."""
    return node.value if isinstance(node, cst.Name) else ""


@functools.lru_cache(maxsize=1 << 14)
def kind_by_name(name: str, libraries: frozenset[str]) -> tuple[Kind, str] | None:
    """`is_flash_attn_2_available`, `HAS_TRITON`: what a flag without code at hand says it asks.

    The kind of guard and the CUDA-bound library, if it names one.
    """
    last = name.split(".")[-1]
    low = last.lower()
    if NEURON_WORDS.search(low):
        return "neuron", ""
    if platform := PLATFORMS.get(low.lstrip("_")):
        return platform, ""
    if COUNTED.fullmatch(low):
        return "cuda", ""
    if not AVAILABLE.match(last):
        return None
    if "available" in low and (vendor := VENDOR.search(low)):
        return ("cuda" if vendor["device"] == "cuda" else "other"), ""
    if low.startswith(("use", "check", "can")):
        return None
    asked = THERE.fullmatch(low)
    if asked and asked["what"] in libraries:
        return "library", asked["what"]
    named = [library for library in libraries if len(library) > 3 and library in low]
    if named:
        return "library", max(named, key=lambda word: (len(word), word))
    return ("library", asked["what"]) if asked and asked["what"] in words(libraries) else None


def asks(name: str) -> bool:
    """Whether a function so called may say what there is; `xla_mesh_reduce` gives a value back."""
    low = name.lower()
    return not NEURON_WORDS.search(low) or bool(QUESTION.search(low))


@functools.cache
def words(libraries: frozenset[str]) -> frozenset[str]:
    """Words of which names of libraries are made; a flag so called speaks of those only.

    `is_spqr_available()` asks for `spqr_quant`.
    """
    parts = {part.lower() for name in libraries for part in name.split("_")}
    return frozenset(part for part in parts - EVERYDAY if part.isalpha()) - libraries
