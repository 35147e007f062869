"""The contract of `torch_neuronx.trace`: host tensors in and out, of the shapes it was shown."""

from __future__ import annotations

from collections.abc import Iterator

from portlint.detectors.words import definitions, last, literals
from portlint.source import cst
from portlint.source.found import Found
from portlint.source.nodes import argument, descend
from portlint.source.place import Place
from portlint.source.scope import lookup

TRACE = "torch_neuronx.trace"
DYNAMIC = ("dynamic_batch", "bucket_model_trace")
"""What lets a traced module take other shapes."""
XLA = frozenset("torch_xla.core.xla_model.xla_device torch_xla.device torch_xla.xla_device".split())
FILLED = frozenset(f"torch.{name}" for name in "zeros ones rand randn empty full randint".split())
LOOSE = frozenset(["torch.tensor", "torch.as_tensor", "torch.LongTensor"])


def moved(node: cst.Call, at: Place) -> Iterator[Found]:
    """`traced.to(device)`, or a traced module called with tensors on a device."""
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name("to" | "cuda" as name)):
            if traces(value, at) and not _is_cast(node, at):
                yield Found(node, value=f".{name}(…)")
        case cst.Name() if traces(node.func, at):
            for arg in node.args:
                if any(_is_on_device(value, at) for value in at.values(arg.value)):
                    yield Found(node, value=at.code(arg.value))


def _is_cast(node: cst.Call, at: Place) -> bool:
    """`.to("cpu")` keeps a module where its tensors are; a dtype moves nothing."""
    first = argument(node, "device", 0)
    texts = [text for _, text in literals(first)]
    return first is None or "cpu" in texts or at.code(first).startswith("torch.")


def _is_on_device(node: cst.CSTNode, at: Place) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name("to")), args=[cst.Arg(value=device), *_]):
            return any(
                at.calls(value, *XLA) or any(text.startswith("xla") for _, text in literals(value))
                for value in at.values(device)
            )
    return False


def traces(node: cst.BaseExpression, at: Place) -> list[cst.Call]:
    """The calls of `torch_neuronx.trace` that gave a name its value, here or in a function."""
    if not isinstance(node, cst.Name):
        return []
    _, scope = lookup(at.frame.scope, node.value)
    bindings = scope.names.get(node.value, ()) if scope is not None else ()
    values = [b.node for b in bindings if isinstance(b.node, cst.Call)]
    if any(last(value.func) in DYNAMIC for value in values):
        return []
    return [trace for value in values for trace in _traces(value, at)]


def _traces(value: cst.Call, at: Place) -> Iterator[cst.Call]:
    if at.calls(value, TRACE):
        yield value
        return
    for made in definitions(value.func, at):
        for part in descend(made.body):
            match part:
                case cst.Return(value=cst.Call() as trace) if at.calls(trace, TRACE):
                    yield trace


def other_shape(node: cst.Call, at: Place) -> Iterator[Found]:
    """A traced module called with a literal shape it was not shown, or with lists of any length."""
    found = traces(node.func, at)
    if not found:
        return
    shown = [
        shape for trace in found for shape in _shapes(argument(trace, "example_inputs", 1), at)
    ]
    for arg in node.args:
        for value in at.values(arg.value):
            given = _shape(value, at)
            other = bool(shown and given) and given not in shown
            if other or (isinstance(value, cst.Call) and _is_loose(value, at)):
                yield Found(node, value=at.code(value))


def _is_loose(node: cst.Call, at: Place) -> bool:
    """`torch.tensor([ids])`: as long as what a loop or a caller hands in."""
    if not at.calls(node, *LOOSE) or not node.args:
        return False
    inner = node.args[0].value
    while isinstance(inner, cst.List) and len(inner.elements) == 1:
        inner = inner.elements[0].value
    if not isinstance(inner, cst.Name):
        return False
    bindings, scope = lookup(at.frame.scope, inner.value)
    local = scope is not None and scope.kind in ("function", "comprehension")
    return local and all(binding.node is None for binding in bindings)


def _shapes(node: cst.BaseExpression | None, at: Place) -> list[str]:
    """The literal shapes of example inputs; none where one of them is not plain."""
    inputs: list[cst.BaseExpression] = []
    for value in at.values(node) if node is not None else ():
        elements = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
        inputs += [e.value for e in elements] or [value]
    found = [_shape(value, at) for item in inputs for value in at.values(item)]
    return [shape for shape in found if shape] if all(found) else []


def _shape(node: cst.BaseExpression, at: Place) -> str:
    """`1, 128` of `torch.zeros(1, 128)`; "" where a size is no literal."""
    if not isinstance(node, cst.Call) or not at.calls(node, *FILLED):
        return ""
    plain = [arg.value for arg in node.args if arg.keyword is None]
    sized = [p for p in plain if isinstance(p, cst.Tuple | cst.List)]
    sizes = [e.value for e in sized[0].elements] if sized else plain
    if not sizes or not all(isinstance(size, cst.Integer) for size in sizes):
        return ""
    return ", ".join(at.code(size) for size in sizes)
