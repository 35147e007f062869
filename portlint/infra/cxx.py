"""C++ and CUDA sources -> one fact per file: an inventory of kernels, launches, operators."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from portlint.infra.beside import FOR_AMD
from portlint.infra.facts import Fact
from portlint.infra.literals import blanked
from portlint.infra.preprocessor import Guards
from portlint.model import Span

MARKS = (
    "__global__",
    "<<<",
    "TORCH_LIBRARY",
    "PYBIND11_MODULE",
    "cuda",
    "CUDA",
    "hip/",
    "cub/",
    "cutlass/",
    "thrust/",
    "cute/",
)
"""A file without any of these cannot hold anything of interest."""
LIMIT = 8_000_000
SHORT = 200
"""Characters before a place in which the start of its line is looked for."""
KERNEL = re.compile(r"\b__global__\b|[;{\n]|^[ \t]*#[ \t]*define\b", re.MULTILINE)
LAUNCH = re.compile(
    r"(?<!<)<<<(?!<)|(?<!CUresult )(?<!cudaError_t )"
    r"\b(?:cudaLaunchKernel\w*|hipLaunchKernelGGL|cuLaunchKernel\w*)\s*\("
)
LIBRARY = re.compile(
    r"\b(?:TORCH_LIBRARY(?:_FRAGMENT|_EXPAND|_IMPL\w*)?|STABLE_TORCH_LIBRARY\w*)\s*\("
)
CUDA_LIBRARY = re.compile(
    r"\b\w{0,40}TORCH_LIBRARY_IMPL\w{0,40}\s*\(\s*\w+\s*,\s*(?:Autograd)?CUDA\s*,"
)
MODULE = re.compile(r"\bPYBIND11_MODULE\s*\(")
OPERATOR = re.compile(r"\b\w+\s*\.\s*(?:def|impl)\s*\(")
NAME = re.compile(r'\s*+(?:[\w:]+\s*+\()?\s*+(?:R"\w*\(|")\s*+(?:\w+::)?(\w+)')
INCLUDE = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*(?P<quote>[<\"])(?P<header>"
    r"cuda(?:_runtime(?:_api)?|_fp16|_bf16|_fp8|_fp6|_fp4|_pipeline\w*|_awbarrier\w*|_profiler_api"
    r"|_occupancy|_device_runtime_api|_texture_types|Typedefs|GL|_gl_interop)?\.h(?:pp)?|(?<=<)cuda/\S+"
    r"|(?:ATen|c10|torch/csrc)/(?:\w+/)*cuda/[^>\"\n]+"
    r"|(?:cub|thrust|cutlass|cute|cooperative_groups|nvtx3|hip|hipcub)/[^>\"\n]*"
    r"|(?:cooperative_groups|nccl|rccl|nvtx3|nvToolsExt|nvrtc|nvml|cufile|nvshmem\w*|device_launch_parameters"
    r"|cublas(?:_v2|Lt|Xt)?|cudnn(?:_\w+)?|cufft\w*|curand\w*|cusparse\w*|cusolver\w*)\.h)[>\"]",
    re.MULTILINE,
)
TORCH = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"](?:torch|ATen|c10)/", re.MULTILINE)
HIP = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*[<\"]hip/hip_\w+\.h|\bhipLaunchKernelGGL\b|\b__builtin_amdgcn_",
    re.MULTILINE,
)


class Inventory(NamedTuple):
    """What one source file holds; `first` is what is reported, `sign` what tells of CUDA."""

    kernels: int
    launches: int
    operators: int
    cuda_operators: bool
    module: bool
    header: str
    first: tuple[int, int]
    sign: int


def parse(text: str, name: str) -> Iterator[Fact]:
    """One fact for a source that is CUDA code or registers operators; else nothing."""
    if len(text) > LIMIT or not any(mark in text for mark in MARKS):
        return
    code = blanked(text)
    cuda_file = name.endswith((".cu", ".cuh", ".hip"))
    found = inventory(code, text, always=cuda_file)
    if found is None:
        return
    kind = _kind(found, cuda_file)
    guard = None if cuda_file else Guards(code).at(found.sign)
    hip = _is_hip(code, text)
    lines = text.count("\n") + bool(text and not text.endswith("\n"))
    words = _words(found, lines)
    if kind == "kernels":
        words = f"{'HIP' if hip else 'CUDA'} source: {words}"
    guard = guard or (FOR_AMD if hip else None)
    written = sum(not row.isspace() for row in code.splitlines() if row)
    span = _span(text, found.first)
    yield Fact("cuda-source", kind, words, span, guard=guard, lines=written)


def _is_hip(code: str, text: str) -> bool:
    """Whether a source needs HIP whatever it is compiled for, and CUDA never."""
    if not HIP.search(text):
        return False
    guards = Guards(code)
    live = [m.start() for m in HIP.finditer(text) if code[m.start() : m.end()].strip()]
    needed = any(guards.at(at) is None for at in live)
    own = (h for h, (at, _) in _includes(code, text) if guards.at(at) is None and h[:3] != "hip")
    return needed and not any(h.startswith(("cuda", "cub", "cutlass", "cute", "nv")) for h in own)


def _kind(found: Inventory, cuda_file: bool) -> str:
    if found.kernels:
        return "kernels"
    if found.launches:
        return "launches"
    if found.cuda_operators or found.operators or found.module:
        cuda = cuda_file or found.cuda_operators or found.header
        return "operators" if cuda else "binding"
    return "headers" if found.header else "binding"


def inventory(code: str, text: str, always: bool) -> Inventory | None:
    """Count what a blanked source holds; None for plain C++, also where it binds to Python.

    Of the headers, one without a condition counts before others, and CUDA's before HIP's; `always`
    skips asking for conditions.
    """
    kernels = list(_kernels(code))
    launches = [m.span() for m in LAUNCH.finditer(code)]
    libraries = [m.span() for m in LIBRARY.finditer(code) if not _in_macro(code, m.start())]
    modules = [m.span() for m in MODULE.finditer(code)] if TORCH.search(text) else []
    includes = list(_includes(code, text))
    guards = Guards("" if always else code)
    includes.sort(key=lambda i: (guards.at(i[1][0]) is not None, i[0].startswith("hip")))
    include = includes[0] if includes else None
    places = kernels or launches or libraries or modules or ([include[1]] if include else [])
    if not places:
        return None
    first = min(places)
    signs = [] if kernels or launches else [m.start() for m in CUDA_LIBRARY.finditer(code)]
    cuda = bool(signs)
    signs += [i[1][0] for i in includes if not (kernels or launches)]
    registered = _registered(code, text) if libraries or modules else 0
    return Inventory(
        len(kernels),
        len(launches),
        registered,
        cuda,
        bool(modules),
        include[0] if include else "",
        first,
        min(signs, key=lambda at: (guards.at(at) is not None, at), default=first[0]),
    )


def _in_macro(code: str, place: int) -> bool:
    """Whether a place stands in a line that defines a macro, which registers nothing yet."""
    line = code[max(0, place - SHORT) : place].rpartition("\n")[2]
    return line.lstrip().startswith("#")


def _registered(code: str, text: str) -> int:
    """How many operators are named, over definitions and implementations: `m.def("scale(…)")`.

    Names are read from the text, as quotes are blanked in the code; each that is none counts once.
    """
    places = [match.end() for match in OPERATOR.finditer(code)]
    names = [NAME.match(text, place) for place in places]
    return len({match[1] for match in names if match}) + names.count(None)


def _includes(code: str, text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """CUDA headers; their names are read from the text, as quotes are blanked in the code."""
    for match in INCLUDE.finditer(text):
        if code[match.start() : match.end()].lstrip().startswith("#"):
            yield match["header"], match.span("header")


def _kernels(code: str) -> Iterator[tuple[int, int]]:
    """Each `__global__` whose body follows; in a macro that writes kernels it need not."""
    if "__global__" not in code:
        return
    waiting: tuple[int, int] | None = None
    macro = False
    for match in KERNEL.finditer(code):
        token = match[0]
        if token == "\n":
            macro = macro and code[match.start() - 1] == "\\"
        elif token == "__global__":
            waiting = None if macro else match.span()
            if macro:
                yield match.span()
        elif token == "{" and waiting:
            yield waiting
            waiting = None
        elif token == ";":
            waiting = None
        elif token != "{":
            macro = True


def _words(found: Inventory, lines: int) -> str:
    counts = [
        (found.kernels, "kernel"),
        (found.launches, "launch"),
        (found.operators, "registered operator"),
        (lines, "line"),
    ]
    parts = [f"{n} {_plural(word, n)}" for n, word in counts if n]
    if not (found.kernels or found.launches) and found.header:
        parts.insert(0, f"includes {found.header}")
    return ", ".join(parts)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}es" if word.endswith("ch") else f"{word}s"


def _span(text: str, place: tuple[int, int]) -> Span:
    start, end = place
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    stop = text.find("\n", start, end)
    return Span(line, column, line, column + ((stop if stop >= 0 else end) - start))
