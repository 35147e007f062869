"""Calls that run or not by what they are given: resize modes, generators, dilations, bit casts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portlint.detectors.bodies import has_gradient, in_model, in_module, is_optional, on_host
from portlint.detectors.functions import is_layer, sighting
from portlint.detectors.words import is_none, last, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true
from portlint.source.place import Place

RESIZES = {"torch.nn.functional.interpolate": 3, "torch.nn.Upsample": 2}
"""Functions that resize, and the position of their mode."""
MODES = {
    "bicubic": "upsample_bicubic2d",
    "nearest-exact": "_upsample_nearest_exact2d",
    "linear": "upsample_linear1d",
}
"""Modes without a lowering, and their operator."""
SMOOTHED = {"bilinear": "_upsample_bilinear2d_aa", "bicubic": "_upsample_bicubic2d_aa"}
DRAWS = frozenset(
    "torch.bernoulli torch.normal torch.multinomial torch.rand torch.randn torch.randint".split()
)
FILLS = frozenset("bernoulli_ exponential_ normal_ random_ uniform_ multinomial".split())
"""Methods of tensors that draw."""
PRODUCTS = frozenset(f"torch.{name}" for name in "mm bmm addmm baddbmm".split())
POOLS = {f"torch.nn.MaxPool{n}d": 3 for n in (1, 2, 3)} | {
    f"torch.nn.functional.max_pool{n}d": 4 for n in (1, 2, 3)
}
"""Pooling, and the position of the dilation."""
TRANSPOSED = {f"torch.nn.ConvTranspose{n}d": (3, 8) for n in (1, 2, 3)} | {
    f"torch.nn.functional.conv_transpose{n}d": (3, 7) for n in (1, 2, 3)
}
PLAIN = {f"torch.nn.Conv{n}d": (3, 5) for n in (1, 2, 3)} | {
    f"torch.nn.functional.conv{n}d": (3, 5) for n in (1, 2, 3)
}
"""Convolutions, and the positions of stride and dilation."""
POSITIONS = re.compile(r"(^|[^a-z])(abs_?|rel_?)?pos(?!t)|position", re.IGNORECASE)
IMAGE = 3
"""Channels of a picture: the gradient of what a model is given is never asked for."""
SCATTERS = frozenset(["scatter_reduce", "scatter_reduce_"])
LOWERED = frozenset("sum prod amax amin".split())


def resized(node: cst.Call, at: Place) -> Iterator[Found]:
    """`F.interpolate(x, mode="bicubic")`, and smoothed resizing."""
    if (found := [*_unlowered(node, at)]) and not _is_of_positions(node, at):
        yield from found


def resized_positions(node: cst.Call, at: Place) -> Iterator[Found]:
    """The same of a table of positions, which is left alone where an input has its size."""
    if (found := [*_unlowered(node, at)]) and _is_of_positions(node, at):
        yield from found


def _unlowered(node: cst.Call, at: Place) -> Iterator[Found]:
    for function, mode in _resizes(node, at):
        smooth = is_true(argument(node, "antialias"))
        op = SMOOTHED.get(mode) if smooth else MODES.get(mode)
        if op is not None:
            words = f'{function}(mode="{mode}"{", antialias=True" if smooth else ""})'
            yield sighting(node, op, words)


def _is_of_positions(node: cst.Call, at: Place) -> bool:
    """Whether a position embedding is resized, by the names of what is resized and where."""
    method = at.within(cst.FunctionDef)
    where = method.name.value if isinstance(method, cst.FunctionDef) else ""
    resized = argument(node, "input", 0)
    return bool(POSITIONS.search(f"{where} {at.code(resized, 400) if resized is not None else ''}"))


def resized_in_training(node: cst.Call, at: Place) -> Iterator[Found]:
    """Bilinear resizing is lowered, its gradient is not."""
    for function, mode in _resizes(node, at):
        if mode == "bilinear" and not is_true(argument(node, "antialias")) and has_gradient(at):
            words = f'{function}(mode="bilinear") (upsample_bilinear2d_backward)'
            yield sighting(node, "upsample_bilinear2d", words)


def _resizes(node: cst.Call, at: Place) -> Iterator[tuple[str, str]]:
    """The function and each mode that a resizing call of a module can have."""
    for path in at.paths(node.func):
        if path not in RESIZES or on_host(node, at) or not _computes(path, at):
            continue
        given = argument(node, "mode", RESIZES[path])
        modes = [t for v in (at.values(given) if given is not None else ()) for _, t in literals(v)]
        yield from ((path, mode) for mode in dict.fromkeys(modes))


def _computes(path: str, at: Place) -> bool:
    return in_module(at) if is_layer(path) else in_model(at)


def drawn(node: cst.Call, at: Place) -> Iterator[Found]:
    """A draw with a generator of its own, or several draws that exclude each other."""
    name = last(node.func)
    paths = [p for p in at.paths(node.func) if p in DRAWS]
    method = isinstance(node.func, cst.Attribute) and name in FILLS and not at.paths(node.func)
    if not (paths or method) or on_host(node, at) or not in_model(at):
        return
    generator = argument(node, "generator")
    words = paths[0] if paths else f"Tensor.{name}"
    if generator is not None and not (is_none(generator) or is_optional(generator, at)):
        yield sighting(node, name.strip("_"), f"{words}(generator=…)")
    elif name == "multinomial" and _excluding(node, 0 if method else 1):
        yield sighting(node, name, f"{words}(num_samples=…) without replacement")


def _excluding(node: cst.Call, first: int) -> bool:
    count = argument(node, "num_samples", first)
    several = isinstance(count, cst.Integer) and count.evaluated_value > 1
    return several and not is_true(argument(node, "replacement", first + 1))


def scattered(node: cst.Call, at: Place) -> Iterator[Found]:
    """`scatter_reduce` with a mean, or that leaves out what was there."""
    if last(node.func) not in SCATTERS or not in_model(at):
        return
    first = 4 if at.calls(node, "torch.scatter_reduce") else 3
    for _, text in literals(argument(node, "reduce", first)):
        if text not in LOWERED:
            yield sighting(node, "scatter_reduce", f'scatter_reduce(reduce="{text}")')
            return
    kept = argument(node, "include_self")
    if isinstance(kept, cst.Name) and kept.value == "False":
        yield sighting(node, "scatter_reduce", "scatter_reduce(include_self=False)")


def bit_cast(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.view(torch.int32)`: the same bits as another type."""
    if last(node.func) != "view" or len(node.args) != 1 or not in_model(at):
        return
    given = node.args[0]
    named = given.keyword is not None and given.keyword.value == "dtype"
    paths = at.paths(given.value)
    if named or any(p.startswith("torch.") and p.count(".") == 1 for p in paths):
        yield sighting(node, "view", "Tensor.view(dtype)")


def widened_product(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.mm(a, b, out_dtype=torch.float32)`."""
    for path in at.paths(node.func):
        given = argument(node, "out_dtype")
        if path in PRODUCTS and given is not None and not is_none(given):
            op = path.removeprefix("torch.")
            yield Found(node, symbol=f"aten.{op}", value=f"{path}(out_dtype=…)")


def dilated_pool(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nn.MaxPool2d(3, dilation=2)`."""
    for path in at.paths(node.func):
        if path in POOLS and _above_one(argument(node, "dilation", POOLS[path])):
            yield Found(node, symbol=_pool(path), value=path)


def _pool(path: str) -> str:
    return f"aten.max_pool{path[-2]}d"


def dilated_transposed(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nn.ConvTranspose2d(…, stride=2, dilation=2)`."""
    yield from _dilated(node, at, TRANSPOSED)


def dilated_strided(node: cst.Call, at: Place) -> Iterator[Found]:
    """`nn.Conv2d(…, stride=2, dilation=2)`, whose input gradient has both; an image needs none."""
    channels = argument(node, "in_channels", 0)
    if not (isinstance(channels, cst.Integer) and channels.evaluated_value <= IMAGE):
        yield from _dilated(node, at, PLAIN)


def _dilated(node: cst.Call, at: Place, table: dict[str, tuple[int, int]]) -> Iterator[Found]:
    for path in at.paths(node.func):
        if path in table:
            stride, dilation = table[path]
            if _above_one(argument(node, "stride", stride)) and _above_one(
                argument(node, "dilation", dilation)
            ):
                yield Found(node, symbol=path, value="stride and dilation")


def _above_one(node: cst.BaseExpression | None) -> bool:
    """Whether a literal size, or one of a literal tuple, is above 1."""
    match node:
        case cst.Integer():
            return node.evaluated_value > 1
        case cst.Tuple() | cst.List():
            return any(_above_one(e.value) for e in node.elements)
    return False
