"""Compiled code that is not Python: extensions built at import, shared libraries, op modules."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise, takewhile
from operator import is_not

from portlint.source import cst
from portlint.source.extent import source
from portlint.source.found import Found
from portlint.source.guards import leaves
from portlint.source.nodes import argument, dotted_text, string_value
from portlint.source.place import Place

LOAD = "torch.utils.cpp_extension.load"
INLINE = "torch.utils.cpp_extension.load_inline"
BUILDS = "torch.utils.cpp_extension.CUDAExtension"
HOST_BUILDS = "torch.utils.cpp_extension.CppExtension"
TOOLKIT = "torch.utils.cpp_extension.CUDA_HOME"
HARMLESS = frozenset("print str repr bool isinstance info debug warning warn format".split())
"""Functions that take the toolkit's folder without using it as one."""
CUDA_SOURCE = re.compile(r"\.cuh?\b|cuda|nvcc|__global__", re.IGNORECASE)
CUDA_ARGUMENTS = frozenset(["cuda_sources", "extra_cuda_cflags"])
EMPTY = frozenset(["None", "''", '""', "[]", "()"])
LIBRARY = re.compile(
    r"(.*/)?(lib)?(nvcuda|cuda|cudart(64_\d+)?|nvrtc|cublas(Lt)?|cudnn\w*|cufftw?|curand|"
    r"cusparse(Lt)?|cusolver(Mg)?|nccl|nvToolsExt|nvidia-ml|nvml|cupti|nvjpeg|nvJitLink|cufile|"
    r"nvshmem\w*|npp\w+)(\.(so|dll|dylib)[\w.{}]*)?"
)
LOADERS = frozenset(
    "ctypes.CDLL ctypes.PyDLL ctypes.WinDLL ctypes.OleDLL ctypes.cdll.LoadLibrary "
    "ctypes.pydll.LoadLibrary ctypes.windll.LoadLibrary ctypes.util.find_library".split()
)
COMPILED = re.compile(r"\w*_C")
ALONE = re.compile(r"\w+_cuda(_(lib|ext|kernels?|\d+))?")
"""Top-level modules that extension builds name so; a function may be called that as well."""
HOSTED = frozenset("torch torchvision torchaudio functorch triton sklearn".split())
"""Packages whose compiled parts run without CUDA, or have rules of their own."""


def jit_cuda(node: cst.Call, at: Place) -> Iterator[Found]:
    """`load(…)` and `load_inline(…)` with CUDA sources: nvcc would have to build them here."""
    for path in at.paths(node.func):
        if path in (LOAD, INLINE) and _wants_cuda(node, at):
            given = (arg.value for arg in node.args if _is_source(arg))
            whole = source(at, given) if path == INLINE else ()
            yield Found(node.func, symbol=path, value=path.rpartition(".")[2], whole=whole)


def _is_source(arg: cst.Arg) -> bool:
    """Whether CUDA can stand in an argument: by position the name comes first, then C++."""
    return arg.keyword is None or arg.keyword.value == "cuda_sources"


def jit_host(node: cst.Call, at: Place) -> Iterator[Found]:
    """The same with C++ alone, which runs on the host."""
    for path in at.paths(node.func):
        if path in (LOAD, INLINE) and not _wants_cuda(node, at):
            yield Found(node.func, symbol=path, value=path.rpartition(".")[2])


def _wants_cuda(node: cst.Call, at: Place) -> bool:
    said = argument(node, "with_cuda")
    if isinstance(said, cst.IfExp):
        return False  # made for the host where there is no CUDA
    if said is not None and at.code(said) in ("True", "False"):
        return at.code(said) == "True"
    for arg in node.args:
        name = arg.keyword.value if arg.keyword else ""
        for value in at.values(arg.value):
            text = at.code(value, limit=100_000)
            if text in EMPTY:
                continue
            if name in CUDA_ARGUMENTS or CUDA_SOURCE.search(text):
                return True
    return False


def cuda_extension(node: cst.Call, at: Place) -> Iterator[Found]:
    """`CUDAExtension(…)`, but not a name that is CppExtension where there is no CUDA."""
    paths = at.paths(node.func)
    if BUILDS in paths and HOST_BUILDS not in paths:
        yield Found(node.func, symbol=BUILDS)


def toolkit_path(node: cst.Call | cst.BinaryOperation, at: Place) -> Iterator[Found]:
    """`join(CUDA_HOME, …)`, `CUDA_HOME + "/bin/nvcc"`: the toolkit's folder taken for a path."""
    match node:
        case cst.BinaryOperation(operator=cst.Add() | cst.Divide(), left=left):
            given: list[cst.BaseExpression] = [left]
        case cst.Call() if (dotted_text(node.func) or "").split(".")[-1] not in HARMLESS:
            given = [arg.value for arg in node.args]
        case _:
            return
    for value in given:
        named = isinstance(value, cst.Name | cst.Attribute) and TOOLKIT in at.paths(value)
        if named and not _is_asked(node, at):
            yield Found(value, symbol=TOOLKIT)


def _is_asked(use: cst.CSTNode, at: Place) -> bool:
    """Whether the code asks for the folder first: `if CUDA_HOME is None: raise`, `if CUDA_HOME:`.

    A statement before the use leaves where there is none, or the use stands in the branch that
    has one.
    """
    for outer, inner in pairwise([*at.frame.parents, use]):
        match outer:
            case cst.If() | cst.IfExp() if inner is not outer.test:
                if _tells(outer.test, at) is (inner is outer.body):
                    return True
            case cst.BooleanOperation(operator=cst.And(), left=left, right=right):
                if inner is right and _tells(left, at):
                    return True
            case cst.IndentedBlock():
                if any(
                    _settles(before, at) for before in takewhile(partial(is_not, inner), outer.body)
                ):
                    return True
    return False


def _settles(node: cst.CSTNode, at: Place) -> bool:
    """Whether a statement leaves, or gives another value, where there is no toolkit."""
    match node:
        case cst.If(test=test, body=body, orelse=None):
            gone = leaves(body, raising=True) or leaves(body, raising=False)
            return gone and _tells(test, at) is False
        case cst.SimpleStatementLine(body=[cst.Assert(test=test), *_]):
            return _tells(test, at) is True
    return False


def _tells(test: cst.BaseExpression, at: Place) -> bool | None:
    """What a condition says where it holds: there is a toolkit, there is none; or neither."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            told = _tells(inner, at)
            return None if told is None else not told
        case cst.Comparison(
            left=left, comparisons=[cst.ComparisonTarget(operator, cst.Name("None"))]
        ) if _tells(left, at):
            return isinstance(operator, cst.IsNot | cst.NotEqual)
        case cst.BooleanOperation(operator=cst.And()):
            return True if _tells(test.left, at) or _tells(test.right, at) else None
        case cst.BooleanOperation(operator=cst.Or()):
            none = False in (_tells(test.left, at), _tells(test.right, at))
            return False if none else None
        case cst.Name() | cst.Attribute() if TOOLKIT in at.paths(test):
            return True
    return None


def shared_library(node: cst.Call, at: Place) -> Iterator[Found]:
    """ctypes or cffi opening a library of the CUDA toolkit or driver."""
    func = node.func
    opens = isinstance(func, cst.Attribute) and func.attr.value == "dlopen"
    if not node.args or not (opens or any(path in LOADERS for path in at.paths(func))):
        return
    for value in at.values(node.args[0].value):
        name = string_value(value) or ""
        if LIBRARY.fullmatch(name):
            yield Found(node, symbol=name, value=name)


def compiled_module(node: cst.Import | cst.ImportFrom | cst.Call, at: Place) -> Iterator[Found]:
    """Importing a module that only an extension build makes: `flash_cuda`, `pkg._C`."""
    match node:
        case cst.Import():
            for alias in node.names:
                yield from _module(alias, dotted_text(alias.name) or "", at)
        case cst.ImportFrom(names=cst.ImportStar()):
            yield from _module(node, _full_name(node), at)
        case cst.ImportFrom(names=names):
            found = list(_module(node, _full_name(node), at))
            yield from found
            for alias in () if found or isinstance(names, cst.ImportStar) else names:
                if dotted_text(alias.name) == "_C" and _is_package(node):
                    yield from _module(alias, f"{_full_name(node)}._C".lstrip("."), at)
        case cst.Call() if at.calls(node, "importlib.import_module") and node.args:
            yield from _module(node, string_value(node.args[0].value) or "", at)


def _full_name(node: cst.ImportFrom) -> str:
    return "." * len(node.relative) + (dotted_text(node.module) or "")


def _is_package(node: cst.ImportFrom) -> bool:
    """Whether `_C` is taken from a package: configuration modules call a default `_C` as well."""
    name = dotted_text(node.module) or ""
    return not (node.relative and name) and not re.search(r"config|default|cfg|settings", name)


def _module(node: cst.CSTNode, name: str, at: Place) -> Iterator[Found]:
    root, last = name.lstrip(".").split(".")[0], name.rpartition(".")[2]
    if root in HOSTED or root in at.conditions.libraries:
        return
    if COMPILED.fullmatch(last) or ("." not in name and ALONE.fullmatch(name)):
        yield Found(node, symbol=name.lstrip("."), value=name.lstrip("."))


def array_interface(node: cst.Attribute, at: Place) -> Iterator[Found]:
    """Reading the CUDA array protocol of an object; setting it up is somebody else's."""
    if node.attr.value == "__cuda_array_interface__" and not isinstance(
        at.parent, cst.AssignTarget
    ):
        yield Found(node.attr, symbol="__cuda_array_interface__")
