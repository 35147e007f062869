"""Whole numbers where the compiler wants floats, in methods of a module: sums, products, powers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portlint.detectors.bodies import in_model, on_host
from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, is_true
from portlint.source.place import Place

NAMES = {"torch.long": "int64", "torch.int": "int32", "torch.short": "int16"} | {
    f"torch.{name}": name for name in "int8 int16 int32 int64 uint8".split()
}
CASTS = {"long": "int64", "int": "int32", "short": "int16"}
KEPT = frozenset(
    "clone detach contiguous view reshape flatten squeeze unsqueeze expand repeat transpose permute"
    " abs clamp sum".split()
)
"""Methods that give the same type of whole numbers."""
POSITIONS = frozenset(
    "torch.bincount torch.argmax torch.argmin torch.argsort torch.searchsorted torch.bucketize"
    " torch.nn.functional.one_hot torch.randint torch.randperm".split()
)
"""Functions that give int64 unless told otherwise."""
SUMS = frozenset("scatter_add scatter_add_ index_add index_add_".split())
REDUCTIONS = frozenset(["scatter_reduce", "scatter_reduce_"])
PRODUCTS = {"torch.matmul": 0, "torch.mm": 0, "torch.bmm": 0, "torch.einsum": 1}
"""Products, and the position of their first operand."""
DEPTH = 6


def dtype_of(node: cst.BaseExpression, at: Place, depth: int = DEPTH) -> str:
    """The type of whole numbers that an expression has for sure; "" for anything else."""
    if isinstance(node, cst.Name) and depth:
        found = {dtype_of(value, at, depth - 1) for value in at.values(node) if value is not node}
        return found.pop() if len(found) == 1 else ""
    if not isinstance(node, cst.Call) or not depth:
        return ""
    given = argument(node, "dtype")
    if given is not None:
        return _named(given, at)
    if isinstance(node.func, cst.Attribute):
        method = node.func.attr.value
        if method in CASTS and not node.args:
            return CASTS[method]
        if method == "to":
            return next(filter(None, (_named(arg.value, at) for arg in node.args)), "")
        if method in KEPT and not at.paths(node.func):
            return dtype_of(node.func.value, at, depth - 1)
    if at.calls(node, *POSITIONS):
        return "int64"
    whole = at.calls(node, "torch.arange") and all(map(_is_count, _plain(node)))
    return "int64" if whole and node.args else ""


def _named(node: cst.BaseExpression, at: Place) -> str:
    return next((NAMES[path] for path in at.paths(node) if path in NAMES), "")


def _plain(node: cst.Call) -> Iterable[cst.BaseExpression]:
    return [arg.value for arg in node.args if arg.keyword is None]


def _is_count(node: cst.BaseExpression) -> bool:
    """`3`, `len(x)`, `x.shape[0]`, `x.size(1)`: whole numbers for sure."""
    match node:
        case cst.Integer() | cst.Call(func=cst.Name("len")):
            return True
        case cst.Subscript(value=cst.Attribute(attr=cst.Name("shape"))):
            return True
        case cst.Call(func=cst.Attribute(attr=cst.Name("size"))):
            return True
    return False


def summed(node: cst.Call, at: Place) -> Iterator[Found]:
    """`counts.index_add_(…)` of int64 counts, `scatter_add`, an accumulating `index_put_`."""
    name = last(node.func)
    adds = name in SUMS or (name in ("index_put_", "index_put") and _accumulates(node))
    if adds:
        yield from _received(node, at, frozenset(["int32", "int64", "int16", "int8", "uint8"]))


def _accumulates(node: cst.Call) -> bool:
    return is_true(argument(node, "accumulate", 2))


def reduced(node: cst.Call, at: Place) -> Iterator[Found]:
    """`scatter_reduce` of whole numbers."""
    if last(node.func) in REDUCTIONS:
        yield from _received(node, at, frozenset(["int32", "int64", "int16", "int8", "uint8"]))


def shifted(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.bitwise_right_shift` of a type that has no 32 bits."""
    if last(node.func) in ("bitwise_right_shift", "bitwise_right_shift_"):
        yield from _received(node, at, frozenset(["int8", "uint8", "int64"]))


def _received(node: cst.Call, at: Place, kinds: frozenset[str]) -> Iterator[Found]:
    """A call whose first tensor (of a function, or the one whose method it is) has such a type."""
    if not isinstance(node.func, cst.Attribute) or not in_model(at) or on_host(node, at):
        return
    of_torch = any(path.startswith("torch.") for path in at.paths(node.func))
    tensor = argument(node, "input", 0) if of_torch else node.func.value
    dtype = dtype_of(tensor, at) if tensor is not None else ""
    if dtype in kinds:
        yield Found(node, symbol=f"aten.{last(node.func)}", value=dtype)


def multiplied(node: cst.Call, at: Place) -> Iterator[Found]:
    """`torch.einsum("…", F.one_hot(…), counts)` of whole numbers."""
    for path in at.paths(node.func):
        if path in PRODUCTS and in_model(at) and not on_host(node, at):
            kinds = [dtype_of(part, at) for part in list(_plain(node))[PRODUCTS[path] :]]
            if kinds and kinds[0] in ("int32", "int64") and len(set(kinds)) == 1:
                yield Found(node, symbol=f"aten.{last(node.func)}", value=kinds[0])


def raised(node: cst.BinaryOperation | cst.Call, at: Place) -> Iterator[Found]:
    """`2 ** torch.arange(8)`, `torch.pow(2, positions.long())`."""
    if isinstance(node, cst.BinaryOperation):
        if not isinstance(node.operator, cst.Power):
            return
        base, exponent = node.left, node.right
    elif at.calls(node, "torch.pow") and len(node.args) == 2:
        base, exponent = node.args[0].value, node.args[1].value
    else:
        return
    kinds = {_exact(base, at), _exact(exponent, at)}
    if "int64" in kinds and "" not in kinds and in_model(at):
        yield Found(node, symbol="aten.pow", value="int64")


def _exact(node: cst.BaseExpression, at: Place) -> str:
    return "number" if isinstance(node, cst.Integer) else dtype_of(node, at)
