"""Functions in a kernel language for GPUs: one finding each, with the places that launch it."""

from collections.abc import Iterator

from portlint.detectors.launches import KERNEL, by_argument, by_subscript, functions, launches
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, string_value
from portlint.source.place import Place

TRITON = frozenset(
    "triton.jit triton.runtime.jit.jit vllm.triton_utils.triton.jit "
    "triton.experimental.gluon.jit".split()
)
NUMBA = frozenset(["numba.cuda.jit", "numba_cuda.jit"])
VECTORIZE = frozenset(["numba.vectorize", "numba.guvectorize"])
CUTE = frozenset(
    "cutlass.cute.jit cutlass.cute.kernel cutlass.cute.experimental.jit "
    "cutlass.cute.experimental.kernel".split()
)
TILELANG = frozenset(["tilelang.jit", "tilelang.language.prim_func"])
WARP = frozenset(["warp.kernel", "warp.func"])
OTHER = frozenset(
    "helion.kernel cuda.tile.kernel cuda.tile.function cupyx.jit.rawkernel "
    "numba_cuda_mlir.jit hidet.script".split()
)


def triton(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """`@triton.jit` in any spelling, also under autotune and heuristics, and `triton.jit(f)`."""
    yield from _kernel(node, at, TRITON)
    yield from by_subscript(node, at)


def numba(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """`@numba.cuda.jit`, and `@vectorize(..., target="cuda")`."""
    if isinstance(node, cst.FunctionDef):
        for decorator in node.decorators:
            call = decorator.decorator
            cuda = isinstance(call, cst.Call) and string_value(argument(call, "target")) == "cuda"
            if cuda and at.calls(call, *VECTORIZE):
                yield _defined(node, call, at, "numba.vectorize")
    yield from _kernel(node, at, NUMBA)
    yield from by_subscript(node, at)


def cute(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """Functions of CUTLASS's CuTe language, launched by `kernel(…).launch(…)`."""
    yield from _kernel(node, at, CUTE)
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name("launch"), value=cst.Call(func=kernel))):
            yield from launches(node, kernel, at)


def tilelang(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """Programs in TileLang; the inner function of a reported one is not a second kernel."""
    outer = at.within(cst.FunctionDef)
    inside = isinstance(outer, cst.FunctionDef) and bool(_decorator(outer, at, TILELANG))
    if not inside:
        yield from _kernel(node, at, TILELANG)


def warp(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """Kernels in NVIDIA Warp, launched by `warp.launch(kernel, …)`."""
    yield from _kernel(node, at, WARP)
    yield from by_argument(node, at, "warp.launch", 0)


def other(node: cst.FunctionDef | cst.Call, at: Place) -> Iterator[Found]:
    """Kernels in Helion, cuTile and other languages that compile for GPUs."""
    yield from _kernel(node, at, OTHER)
    yield from by_argument(node, at, "cuda.tile.launch", 2)
    yield from by_subscript(node, at)


def _kernel(
    node: cst.FunctionDef | cst.Call, at: Place, decorators: frozenset[str]
) -> Iterator[Found]:
    if isinstance(node, cst.FunctionDef):
        for expression, path in _decorator(node, at, decorators)[:1]:
            yield _defined(node, expression, at, path)
        return
    if not node.args or isinstance(at.parent, cst.Decorator):
        return
    if node.args[0].star or node.args[0].keyword:
        return
    name = node.args[0].value
    for path in at.paths(_maker(node.func)):
        if path in decorators and isinstance(name, cst.Name):
            made = [_defined(function, node, at, path) for function in functions(name, at)]
            words = _handed(name.value, at) or f"`{name.value}`"
            yield from made or [Found(node, symbol=path, value=words)]
            return


def _handed(name: str, at: Place) -> str | None:
    """Words for a kernel that a decorator of the program's own is given."""
    function = at.within(cst.FunctionDef)
    if not isinstance(function, cst.FunctionDef):
        return None
    given = (
        param.name.value for param in (*function.params.params, *function.params.kwonly_params)
    )
    return f"that `{function.name.value}` is given" if name in given else None


def _maker(func: cst.BaseExpression) -> cst.BaseExpression:
    """The decorator that a call applies, also one that is given options first."""
    if isinstance(func, cst.Call) and all(arg.keyword or arg.star for arg in func.args):
        return func.func
    return func


def _decorator(
    node: cst.FunctionDef, at: Place, decorators: frozenset[str]
) -> list[tuple[cst.BaseExpression, str]]:
    """The decorators of the function that are among these, with their qualified names."""
    found: list[tuple[cst.BaseExpression, str]] = []
    for item in node.decorators:
        expression = item.decorator
        paths = at.paths(expression)
        if isinstance(expression, cst.Call):
            paths = [*paths, *at.paths(expression.func)]
        found.extend((expression, path) for path in paths if path in decorators)
    return found


def _defined(function: cst.FunctionDef, node: cst.CSTNode, at: Place, path: str) -> Found:
    """The kernel; methods of one class are one piece of work."""
    owner = at.within(cst.ClassDef, cst.FunctionDef)
    name = owner.name.value if isinstance(owner, cst.ClassDef) else function.name.value
    return Found(
        node,
        symbol=path,
        value=f"`{function.name.value}`",
        key=f"{at.path}:{name}",
        related=((function, KERNEL),),
        whole=(function,),
    )
