"""Devices spelled "cuda": placing strings, `.cuda()`, choices that leave Neuron out."""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from portlint.source.found import Found, Hits
from portlint.source.guards import Guard, code, leaves
from portlint.source.nodes import argument, descend, dotted_text, string_value
from portlint.source.place import Place

CUDA = re.compile(r"cuda(:(\d+|\{\}|%[ds]))?")
INDEXED = re.compile(r"cuda:(\d+|\{\}|%[ds])?")
DEVICE_NAME = re.compile(
    r"(^|_)(device|devices|dev|device_type|device_name|cuda_device)($|_|\d)", re.IGNORECASE
)
ELSEWHERE = frozenset(
    "torch.autocast torch.amp.autocast torch.amp.autocast_mode.autocast "
    "torch.amp.GradScaler torch.amp.custom_fwd torch.amp.custom_bwd torch.Generator "
    "torch.load torch.distributed.init_device_mesh "
    "torch.distributed.device_mesh.init_device_mesh "
    "torch.distributed.device_mesh.DeviceMesh torch.distributed.DeviceMesh "
    "torch.set_default_device".split()
)
"""Calls whose device has a rule of its own."""
STRING_METHODS = frozenset(
    "startswith endswith replace split rsplit partition join count find index strip".split()
)
OPTION_CALLS = frozenset("add_argument option Option argument Argument add_option".split())


def device_strings(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The "cuda" literals an expression can come out as."""
    match node:
        case cst.SimpleString() | cst.FormattedString() | cst.ConcatenatedString():
            if CUDA.fullmatch(string_value(node) or ""):
                yield node
        case cst.IfExp():
            yield from device_strings(node.body)
            yield from device_strings(node.orelse)
        case cst.BooleanOperation():
            yield from device_strings(node.left)
            yield from device_strings(node.right)
        case cst.List() | cst.Tuple() | cst.Set():
            for element in node.elements:
                yield from device_strings(element.value)
        case cst.BinaryOperation(operator=cst.Add() | cst.Modulo()):
            if INDEXED.fullmatch(string_value(node.left) or ""):
                yield node
        case cst.Call(func=cst.Attribute(attr=cst.Name("format"), value=value)):
            if INDEXED.fullmatch(string_value(value) or ""):
                yield node


def _found(node: cst.BaseExpression) -> Iterator[Found]:
    for literal in device_strings(node):
        yield Found(literal, value=code(literal))


def device_string(
    node: cst.Call | cst.Assign | cst.AnnAssign | cst.Return | cst.DictElement, at: Place
) -> Iterator[Found]:
    """A "cuda" literal in a place that decides where tensors live."""
    match node:
        case cst.Call():
            yield from _in_call(node, at)
        case cst.Assign():
            if any(_names_device(target.target) for target in node.targets):
                yield from _found(node.value)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            if _names_device(node.target) and not isinstance(
                at.within(cst.ClassDef, cst.FunctionDef), cst.ClassDef
            ):
                yield from _found(value)
        case cst.Return(value=cst.BaseExpression() as value):
            function = at.within(cst.FunctionDef)
            if isinstance(function, cst.FunctionDef) and DEVICE_NAME.search(function.name.value):
                yield from _found(value)
        case cst.DictElement():
            if DEVICE_NAME.search(string_value(node.key) or ""):
                yield from _found(node.value)


def _names_device(target: cst.BaseExpression) -> bool:
    match target:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            return bool(DEVICE_NAME.search(string_value(key) or ""))
    return bool(DEVICE_NAME.search((dotted_text(target) or "").split(".")[-1]))


def _in_call(node: cst.Call, at: Place) -> Iterator[Found]:
    name = (dotted_text(node.func) or _last(node.func)).split(".")[-1]
    if name in OPTION_CALLS or name in STRING_METHODS or name == "format":
        return
    paths = at.paths(node.func)
    if any(path in ELSEWHERE for path in paths):
        return
    first = name == "to" or "torch.device" in paths
    for position, arg in enumerate(node.args):
        if arg.keyword is not None:
            if DEVICE_NAME.search(arg.keyword.value):
                yield from _found(arg.value)
        elif first and position == 0:
            yield from _found(arg.value)
        elif not arg.star and not isinstance(arg.value, cst.List | cst.Tuple | cst.Set):
            yield from (
                f for f in _found(arg.value) if INDEXED.fullmatch(string_value(f.node) or "")
            )


def _last(func: cst.BaseExpression) -> str:
    return func.attr.value if isinstance(func, cst.Attribute) else ""


def device_default(node: cst.Param | cst.AnnAssign | cst.Call, at: Place) -> Iterator[Found]:
    """A parameter, dataclass field or command-line option whose default device is "cuda"."""
    match node:
        case cst.Param(default=cst.BaseExpression() as default):
            if DEVICE_NAME.search(node.name.value):
                yield from _found(default)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            if isinstance(at.within(cst.ClassDef, cst.FunctionDef), cst.ClassDef) and _names_device(
                node.target
            ):
                inner = argument(value, "default") if isinstance(value, cst.Call) else value
                if inner is not None:
                    yield from _found(inner)
        case cst.Call():
            yield from _option_default(node)


def _option_default(node: cst.Call) -> Iterator[Found]:
    if _last(node.func) not in OPTION_CALLS and dotted_text(node.func) not in OPTION_CALLS:
        return
    flags = [string_value(arg.value) or "" for arg in node.args if arg.keyword is None]
    default = argument(node, "default") or argument(node, "", 0)
    if default is not None and any(DEVICE_NAME.search(flag.replace("-", "_")) for flag in flags):
        yield from _found(default)


def cuda_method(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.cuda()` on a tensor or module: anything that is not an imported name."""
    func = node.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "cuda" or len(node.args) > 2:
        return
    if isinstance(func.value, cst.Name | cst.Attribute) and at.paths(func):
        return
    yield Found(func.attr, end=node, value=".cuda()")


def cuda_required(node: cst.Assert | cst.If, at: Place) -> Iterator[Found]:
    """A program that stops where CUDA is missing: `assert is_available()`, `if not …: raise`."""
    if isinstance(node, cst.If) and (node.orelse or not leaves(node.body, raising=True)):
        return
    if isinstance(node, cst.If) and isinstance(node.test, cst.Comparison):
        pass
    wanted = isinstance(node, cst.Assert)
    guard = at.conditions.guard(node.test, wanted, at.frame.scope)
    if guard is not None and guard.kind in ("cuda", "device") and not guard.alternative:
        yield Found(node.test, value=code(node.test))


def cuda_or_cpu(hits: Hits) -> Iterator[tuple[Found, tuple[Guard, ...]]]:
    """A choice between CUDA and the host that leaves Neuron out, reported once per choice.

    A "cuda" literal inside a conditional expression is the choice itself, so its own hit goes.
    """
    chosen: dict[int, tuple[Guard, tuple[Guard, ...], list[cst.CSTNode]]] = {}
    folded: set[int] = set()
    for index, hit in enumerate(hits):
        position = next((i for i, g in enumerate(hit.guards) if g.kind == "cuda"), None)
        if not hit.rule.places or position is None:
            continue
        guard, outer = hit.guards[position], hit.guards[:position]
        if guard.alternative or any(g.kind == "neuron" for g in hit.guards):
            continue
        chosen.setdefault(id(guard.choice), (guard, outer, []))[2].append(hit.found.node)
        if isinstance(guard.choice, cst.IfExp):
            folded.add(index)
    hits[:] = [hit for index, hit in enumerate(hits) if index not in folded]
    for guard, outer, nodes in chosen.values():
        yield _choice(guard, nodes), outer


def _choice(guard: Guard, nodes: Sequence[cst.CSTNode]) -> Found:
    if isinstance(guard.choice, cst.IfExp):
        return Found(guard.choice, value=guard.text)
    assert guard.node is not None
    related = tuple((node, "stays on the host") for node in nodes[:5])
    return Found(guard.node, value=guard.text, related=related)


__all__ = [
    "cuda_method",
    "cuda_or_cpu",
    "cuda_required",
    "descend",
    "device_default",
    "device_string",
]
