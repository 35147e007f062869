"""Devices spelled "cuda": strings that place tensors, defaults, and `.cuda()`."""

import re
from collections.abc import Iterator

from portlint.detectors.words import called, last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend, dotted_text, string_value
from portlint.source.place import Place

CUDA = re.compile(r"cuda(:(\d+|\{\}|%[ds]))?")
INDEXED = re.compile(r"cuda:(\d+|\{\}|%[ds])?")
OTHER = re.compile(r"(cpu|xpu|mps|npu|hpu|mlu|musa|tpu|xla|neuron)(:\d+)?")
DEVICE_NAME = re.compile(
    r"(^|_)(device|devices|dev|device_type|device_name|cuda_device)($|_|\d)", re.IGNORECASE
)
NO_PLACE = frozenset(["device_type", "device_types"])
"""Names of a kind of device: what takes it places nothing, and most takers have a rule."""
KINDS = frozenset(
    "get_autocast_dtype is_autocast_enabled set_autocast_enabled set_autocast_dtype "
    "is_autocast_available autocast GradScaler".split()
)
"""Functions that take a kind of device, answer for every one, and place nothing there."""
ELSEWHERE = frozenset(
    "torch.autocast torch.amp.autocast torch.amp.autocast_mode.autocast "
    "torch.amp.GradScaler torch.amp.custom_fwd torch.amp.custom_bwd torch.Generator "
    "torch.load torch.distributed.init_device_mesh "
    "torch.distributed.device_mesh.init_device_mesh "
    "torch.distributed.device_mesh.DeviceMesh torch.distributed.DeviceMesh "
    "torch.set_default_device torch.random.fork_rng torch.autograd.profiler.profile".split()
)
"""Calls whose device has a rule of its own."""
STRING_METHODS = frozenset(
    "startswith endswith replace split rsplit partition join count find index strip".split()
)
OPTION_CALLS = frozenset("add_argument option Option argument Argument add_option".split())


def device_strings(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The "cuda" literals an expression can come out as; of a list, only numbered devices."""
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
        case cst.List() | cst.Tuple():
            for element in node.elements:
                yield from _indexed(element.value)
        case cst.BinaryOperation(operator=cst.Add() | cst.Modulo()):
            if INDEXED.fullmatch(string_value(node.left) or ""):
                yield node
        case cst.Call(func=cst.Attribute(attr=cst.Name("format"), value=value)):
            if INDEXED.fullmatch(string_value(value) or ""):
                yield node


def _indexed(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    yield from (n for n in device_strings(node) if INDEXED.fullmatch(string_value(n) or ""))


def _found(node: cst.BaseExpression, at: Place) -> Iterator[Found]:
    for literal in device_strings(node):
        yield Found(literal, value=at.code(literal))


def device_string(
    node: cst.Call | cst.Assign | cst.AnnAssign | cst.Return | cst.DictElement, at: Place
) -> Iterator[Found]:
    """A "cuda" literal in a place that decides where tensors live.

    In a method `cuda` it is what the callers of that method ask for, and they have a rule.
    """
    found = list(_strings(node, at))
    if found and not _is_cuda_method(at):
        yield from found


def _strings(
    node: cst.Call | cst.Assign | cst.AnnAssign | cst.Return | cst.DictElement, at: Place
) -> Iterator[Found]:
    match node:
        case cst.Call():
            yield from _in_call(node, at)
        case cst.Assign():
            named = any(_names_device(target.target) for target in node.targets)
            if named and not (_is_field(at) and _is_kind(node.targets[0].target)):
                yield from _found(node.value, at)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            if _names_device(node.target) and not _is_field(at):
                yield from _found(value, at)
        case cst.Return(value=cst.BaseExpression() as value):
            function = at.within(cst.FunctionDef)
            if isinstance(function, cst.FunctionDef) and DEVICE_NAME.search(function.name.value):
                yield from (f for f in _found(value, at) if not isinstance(value, cst.Tuple))
        case cst.DictElement():
            key = string_value(node.key) or ""
            if _says_device(key) and not _is_row(key, at):
                yield from _found(node.value, at)


def _is_row(key: str, at: Place) -> bool:
    """Whether a dict is one row of a table that has rows for other devices too."""
    for parent in at.frame.parents[-4:-1]:
        elements = parent.elements if isinstance(parent, cst.Dict | cst.List | cst.Tuple) else ()
        for row in (element.value for element in elements):
            for entry in row.elements if isinstance(row, cst.Dict) else ():
                named = isinstance(entry, cst.DictElement) and string_value(entry.key) == key
                if named and OTHER.fullmatch(string_value(entry.value) or ""):
                    return True
    return False


def _is_kind(target: cst.BaseExpression) -> bool:
    """Whether a field says which kind of device its class is for."""
    return isinstance(target, cst.Name) and target.value in NO_PLACE


def _is_field(at: Place) -> bool:
    """Whether the place is a class body, where an annotated assignment declares a default."""
    return isinstance(at.within(cst.ClassDef, cst.FunctionDef), cst.ClassDef)


def _names_device(target: cst.BaseExpression) -> bool:
    match target:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            return _says_device(string_value(key) or "")
    return bool(DEVICE_NAME.search((dotted_text(target) or "").split(".")[-1]))


def _says_device(key: str) -> bool:
    return bool(DEVICE_NAME.search(key)) and key not in NO_PLACE


def _in_call(node: cst.Call, at: Place) -> Iterator[Found]:
    name = last(node.func)
    if name in OPTION_CALLS or name in STRING_METHODS or name == "format":
        return
    paths = at.paths(node.func)
    if any(path in ELSEWHERE for path in called(node, at)) or _is_default(at):
        return
    first = name == "to" or "torch.device" in paths
    for position, arg in enumerate(node.args):
        if arg.keyword is not None:
            if _places(arg.keyword.value, name):
                yield from _found(arg.value, at)
        elif first and position == 0:
            yield from _found(arg.value, at)
        elif not arg.star and not isinstance(arg.value, cst.List | cst.Tuple | cst.Set):
            yield from (Found(n, value=at.code(n)) for n in _indexed(arg.value))


def _is_default(at: Place) -> bool:
    """Whether the place is all there is of a default: `device=torch.device("cuda")`."""
    return isinstance(at.parent, cst.Param) or (
        isinstance(at.parent, cst.AnnAssign) and _is_field(at)
    )


def _places(keyword: str, function: str) -> bool:
    """Whether a call's keyword says where something goes; casts and registrations have rules."""
    if keyword in ("device_types", "pin_memory_device") or (
        keyword == "device_type" and "autocast" in function
    ):
        return False
    return bool(DEVICE_NAME.search(keyword))


def device_default(node: cst.Param | cst.AnnAssign | cst.Call, at: Place) -> Iterator[Found]:
    """A parameter, dataclass field or command-line option whose default device is "cuda"."""
    match node:
        case cst.Param(default=cst.BaseExpression() as default):
            if DEVICE_NAME.search(node.name.value) and not _asks_only(node, at):
                yield from _found(_meant(default, at), at)
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            if _is_field(at) and _names_device(node.target):
                inner = argument(value, "default") if isinstance(value, cst.Call) else value
                if inner is not None:
                    yield from _found(_meant(inner, at), at)
        case cst.Call():
            yield from _option_default(node, at)


def _meant(default: cst.BaseExpression, at: Place) -> cst.BaseExpression:
    """The device of `torch.device("cuda")`, or the default itself."""
    named = argument(default, "device", 0) if isinstance(default, cst.Call) else None
    return named if named is not None and at.calls(default, "torch.device") else default


def _asks_only(node: cst.Param, at: Place) -> bool:
    """Whether a function hands its parameter to functions that take a kind of device, no more."""
    function = at.within(cst.FunctionDef)
    if not isinstance(function, cst.FunctionDef):
        return False
    names, kinds = 0, 0
    for item in descend(function.body):
        if isinstance(item, cst.Name) and item.value == node.name.value:
            names += 1
        elif isinstance(item, cst.Call) and last(item.func) in KINDS:
            kinds += sum(
                isinstance(a.value, cst.Name) and a.value.value == node.name.value
                for a in item.args
            )
        elif isinstance(item, cst.Comparison) and dotted_text(item.left) == node.name.value:
            kinds += 1
    return 0 < names == kinds


def _option_default(node: cst.Call, at: Place) -> Iterator[Found]:
    if last(node.func) not in OPTION_CALLS:
        return
    flags = [string_value(arg.value) or "" for arg in node.args if arg.keyword is None]
    default = argument(node, "default") or argument(node, "", 0)
    if default is not None and any(DEVICE_NAME.search(flag.replace("-", "_")) for flag in flags):
        yield from _found(default, at)


def cuda_method(node: cst.Call, at: Place) -> Iterator[Found]:
    """`x.cuda()` on a tensor or module: anything that is not an imported name.

    A method `cuda` that passes the call on to its parts places nothing itself.
    """
    func = node.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "cuda" or len(node.args) > 2:
        return
    if isinstance(func.value, cst.Name | cst.Attribute) and at.paths(func):
        return
    if not _is_cuda_method(at):
        yield Found(func.attr, end=node, value=".cuda()")


def _is_cuda_method(at: Place) -> bool:
    function = at.within(cst.FunctionDef)
    return isinstance(function, cst.FunctionDef) and function.name.value == "cuda"
