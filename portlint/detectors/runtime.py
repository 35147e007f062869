"""CUDA named in an argument or an import: defaults, generators, checkpoints, types, pinning."""

import re
from collections.abc import Iterator

from portlint.detectors.devices import device_strings
from portlint.source import cst
from portlint.source.found import Found, Hits
from portlint.source.guards import Guard
from portlint.source.nodes import argument, is_true, string_value
from portlint.source.place import Place

TENSOR_TYPE = re.compile(r"torch\.cuda\.(sparse\.)?\w+(Tensor|Storage)")
ANYWHERE = frozenset(
    "is_available device_count is_initialized is_bf16_supported has_half has_magma amp graphs "
    "CUDAGraph graph graph_pool_handle is_current_stream_capturing make_graphed_callables".split()
)
"""Names of torch.cuda that answer on every build, and those that rules on graphs and amp own."""
FACTORIES = frozenset(
    f"torch.{name}"
    for name in "arange empty empty_like empty_strided eye full full_like linspace logspace ones "
    "ones_like rand rand_like randint randn randn_like randperm tensor zeros zeros_like".split()
)
DEMANDS = ("torch._assert", "torch._check", "torch._check_value")


def default_device(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.set_default_device("cuda")`: every factory call after it raises."""
    if at.calls(node, "torch.set_default_device"):
        yield from _literals(argument(node, "device", 0), at)


def generator(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.Generator(device="cuda")`."""
    if at.calls(node, "torch.Generator"):
        yield from _literals(argument(node, "device", 0), at)


def shared_stream(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.Stream("cuda")`: the class of all devices, asked for CUDA."""
    yield from _shared(node, at, "torch.Stream")


def shared_event(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.Event("cuda")`."""
    yield from _shared(node, at, "torch.Event")


def _shared(node: cst.Call, at: Place, path: str) -> Iterator[Found]:
    """Keywords and numbered devices belong to the rule on device strings."""
    first = argument(node, "", 0)
    if first is not None and string_value(first) == "cuda" and at.calls(node, path):
        yield Found(first, symbol=path, row=f"{path}(cuda)")


def map_location(node: cst.Call | cst.Param, at: Place) -> Iterator[Found]:
    """A checkpoint that is read onto CUDA: the argument of any loader, or a loader's default."""
    if isinstance(node, cst.Param):
        if node.name.value == "map_location" and node.default is not None:
            yield from _literals(node.default, at)
        return
    position = 1 if at.calls(node, "torch.load") else None
    target = argument(node, "map_location", position)
    if isinstance(target, cst.Dict):
        for element in target.elements:
            yield from _literals(element.value, at)
    else:
        yield from _literals(target, at)


def _literals(node: cst.BaseExpression | None, at: Place) -> Iterator[Found]:
    for literal in device_strings(node) if node is not None else ():
        yield Found(literal, value=at.code(literal))


def tensor_type(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.type("torch.cuda.FloatTensor")`, `torch.set_default_tensor_type("torch.cuda.…")`."""
    named = isinstance(node.func, cst.Attribute) and node.func.attr.value == "type"
    if not (named or at.calls(node, "torch.set_default_tensor_type")):
        return
    for arg in node.args[:1]:
        text = string_value(arg.value) or ""
        if TENSOR_TYPE.fullmatch(text):
            yield Found(arg.value, symbol=text, row=text, value=text)


def cuda_import(node: cst.ImportFrom, at: Place) -> Iterator[Found]:
    """`from torch.cuda import …` of a name that can do nothing without CUDA."""
    module = at.names.absolute(node)
    if isinstance(node.names, cst.ImportStar) or not re.match(r"torch\.cuda(\.|$)", module):
        return
    if module.startswith(("torch.cuda.amp", "torch.cuda.graphs")):
        return
    for alias in node.names:
        name = alias.evaluated_name
        if name not in ANYWHERE and not name.startswith("_"):
            yield Found(alias, symbol=f"{module}.{name}")


def used_imports(hits: Hits) -> Iterator[tuple[Found, tuple[Guard, ...]]]:
    """Drop imports whose uses are reported in the same file: the use says all the import would."""
    own = {id(h): h.found.symbol for h in hits if h.rule.name == "cuda-import"}
    used = {h.found.symbol for h in hits if id(h) not in own and h.found.symbol}
    spoken = {s for symbol in used for s in _prefixes(symbol)}
    hits[:] = [h for h in hits if id(h) not in own or h.found.symbol not in spoken]
    yield from ()


def _prefixes(symbol: str) -> Iterator[str]:
    parts = symbol.split(".")
    yield from (".".join(parts[:size]) for size in range(3, len(parts) + 1))


def pinned(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.pin_memory()`, or a factory called with `pin_memory=True`."""
    func, flag = node.func, argument(node, "pin_memory")
    if isinstance(func, cst.Attribute) and func.attr.value == "pin_memory":
        if len(node.args) < 2 and not at.paths(func):
            yield Found(func.attr, end=node, value=".pin_memory()")
    elif flag is not None and is_true(flag) and FACTORIES.intersection(at.paths(func)):
        yield Found(flag, value="pin_memory=True")


def pinned_loader(node: cst.Call, at: Place) -> Iterator[Found]:
    """`DataLoader(…, pin_memory=True)`."""
    flag = argument(node, "pin_memory")
    if flag is not None and is_true(flag) and at.calls(node, "torch.utils.data.DataLoader"):
        yield Found(flag, value="pin_memory=True")


def cuda_tensor_demanded(node: cst.Call | cst.Assert, at: Place) -> Iterator[Found]:
    """`torch._assert(x.is_cuda, …)`, `assert all(t.is_cuda for t in …)`."""
    if isinstance(node, cst.Assert):
        test: cst.BaseExpression | None = node.test
    else:
        test = argument(node, "condition", 0) if at.calls(node, *DEMANDS) else None
        if _asks(test) and test is not None:
            yield Found(test, value=at.code(test))
            return
    match test:
        case cst.Call(func=cst.Name("all"), args=[cst.Arg(value=cst.GeneratorExp(elt=elt))]):
            if _asks(elt):
                yield Found(test, value=at.code(test))


def _asks(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == "is_cuda"
