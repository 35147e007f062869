"""Element types that a chip does not have, where a module asks for one: `dtype=`, `.to(…)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portlint.detectors.bodies import in_forward_method, in_model, in_module, is_optional, on_host
from portlint.detectors.functions import complex_made
from portlint.detectors.words import last
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend
from portlint.source.place import Place

Detector = Callable[[cst.Attribute, Place], Iterator[Found]]
CASTS = frozenset(["to", "type", "view"])
DOUBLE = frozenset(["torch.float64", "torch.double"])
DEFAULTS = frozenset(["torch.set_default_dtype", "torch.set_default_tensor_type"])


def _asked(names: Iterator[str] | frozenset[str], where: Callable[[Place], bool]) -> Detector:
    """The detector of types that are asked for by name in a module."""
    known = frozenset(names)

    def detect(node: cst.Attribute, at: Place) -> Iterator[Found]:
        paths = [path for path in at.paths(node) if path in known]
        if paths and not isinstance(at.parent, cst.Attribute) and where(at):
            call = _given_to(at)
            if call is not None and not on_host(call, at):
                yield Found(node, symbol=paths[0].removeprefix("torch."), value=paths[0])

    return detect


def _given_to(at: Place) -> cst.Call | None:
    """The call that a type is the `dtype` of, or that casts to it."""
    match at.frame.parents[-2:]:
        case [cst.Call() as call, cst.Arg(keyword=cst.Name("dtype" | "out_dtype"))]:
            return call
        case [cst.Call() as call, cst.Arg(keyword=None)] if last(call.func) in CASTS:
            return call
    return None


complex64 = _asked(frozenset(["torch.complex64", "torch.cfloat"]), in_model)
complex128 = _asked(
    frozenset(["torch.complex128", "torch.cdouble", "torch.complex32", "torch.chalf"]), in_model
)
e4m3fn = _asked(frozenset(["torch.float8_e4m3fn"]), in_module)
fnuz = _asked(frozenset(["torch.float8_e4m3fnuz", "torch.float8_e5m2fnuz"]), in_module)
float4 = _asked(frozenset(["torch.float4_e2m1fn_x2"]), in_module)
_float64 = _asked(DOUBLE, lambda at: in_model(at) or _placed(at))


def float64(node: cst.Attribute | cst.Call, at: Place) -> Iterator[Found]:
    """`torch.float64` in a model or for a tensor on a device, `x.double()`, a default for all."""
    if isinstance(node, cst.Attribute):
        yield from _float64(node, at)
    elif any(path in DEFAULTS for path in at.paths(node.func)):
        paths = [p for arg in node.args for p in at.paths(arg.value)]
        if any(p in DOUBLE or p == "torch.DoubleTensor" for p in paths):
            yield Found(node, symbol="float64", value=last(node.func))
    elif last(node.func) == "double" and not node.args and isinstance(node.func, cst.Attribute):
        known = at.paths(node.func) or node.func.value
        if not isinstance(known, list) and in_model(at) and not on_host(node, at):
            yield Found(node, symbol="float64", value=".double()")


def _placed(at: Place) -> bool:
    """Whether the call around a type puts its tensor on a device that is no literal."""
    call = _given_to(at)
    device = argument(call, "device") if call is not None else None
    named = isinstance(device, cst.Name | cst.Attribute) and "device" in last(device)
    return named and device is not None and not is_optional(device, at)


def view_as_complex(node: cst.Call, at: Place) -> Iterator[Found]:
    """Complex numbers made in a module; or by a function of what it is given, as in rotary code."""
    if any(
        isinstance(p, cst.If) and "is_complex" in at.code(p.test, 400) for p in at.frame.parents
    ):
        return
    if at.calls(node, "torch.view_as_complex") or in_forward_method(at):
        yield from complex_made(node, at)
    if at.calls(node, "torch.view_as_complex") and node.args and _is_helper(at):
        given = _parameters(at)
        names = (n.value for n in descend(node.args[0].value) if isinstance(n, cst.Name))
        if any(name in given for name in names) and not on_host(node, at):
            value = "torch.view_as_complex"
            yield Found(node, symbol="aten.view_as_complex", value=value)


def _is_helper(at: Place) -> bool:
    """Whether the place is in a function outside of every class."""
    return at.within(cst.FunctionDef) is not None and at.within(cst.ClassDef) is None


def _parameters(at: Place) -> set[str]:
    """The parameters of the functions around, and the variables made of them."""
    functions = [p for p in at.frame.parents if isinstance(p, cst.FunctionDef)]
    names = {param.name.value for f in functions for param in f.params.params}
    for node in list(descend(functions[-1].body)) if functions else ():
        if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name):
            used = (n.value for n in descend(node.value) if isinstance(n, cst.Name))
            if any(name in names for name in used):
                names.add(node.targets[0].target.value)
    return names
