"""Whether code runs on the tensors of a model: methods of modules, without those that set it up."""

from __future__ import annotations

import re

from portlint.detectors.forwards import EAGER, is_module
from portlint.detectors.words import choices, last
from portlint.source import cst
from portlint.source.nodes import argument, string_value
from portlint.source.place import Place

SET_UP = re.compile(
    r"_*(init|reset|load|save|from|export|import|convert|quantiz|dequantiz|prepare|process|post_?init"
    r"|create|build|make|setup|register|extra_repr|state_dict|pre_?process|post_?process|tie_|fuse"
    r"|calibrat|profile|visuali|plot|metric|evaluate|sample_|generate|test|get_config|validate"
    r"|precompute|configure|broadcast|synchroni|step|clip_grad|(double|float|half|bfloat16|to|type)$)"
)
"""How methods begin that run before or after the model, on the host as a rule."""


def in_model(at: Place) -> bool:
    """Whether the place is in a method that computes: of an `nn.Module`, and no set-up."""
    method, owner = _method(at)
    return (
        method is not None
        and owner is not None
        and not at.heat.prepares
        and not SET_UP.match(method.name.value)
        and is_module(owner, at)
        and not any(_is_eager(parent, at) for parent in at.frame.parents)
    )


def in_forward_method(at: Place) -> bool:
    """Whether the method that computes is called forward, or part of it by its name."""
    method, _ = _method(at)
    return method is not None and "forward" in method.name.value and in_model(at)


def in_module(at: Place) -> bool:
    """Whether the place is anywhere in a class that is an `nn.Module`."""
    owner = at.within(cst.ClassDef)
    made = isinstance(owner, cst.ClassDef) and is_module(owner, at)
    return made and not at.heat.prepares


def _method(at: Place) -> tuple[cst.FunctionDef | None, cst.ClassDef | None]:
    """The method around a place, outside of functions in it, and its class."""
    parents = at.frame.parents
    for index in range(len(parents) - 1, -1, -1):
        owner = parents[index]
        if isinstance(owner, cst.ClassDef):
            inner = (p for p in parents[index:] if isinstance(p, cst.FunctionDef))
            return next(inner, None), owner
    return None, None


def _is_eager(node: cst.CSTNode, at: Place) -> bool:
    """A branch that asks whether a graph is made, what follows a failure, the words of a check."""
    if isinstance(node, cst.If):
        return any(word in at.code(node.test, 400) for word in EAGER)
    return isinstance(node, cst.Raise | cst.Assert | cst.ExceptHandler)


def is_optional(node: cst.BaseExpression, at: Place) -> bool:
    """Whether a name is a parameter that callers may leave out: then it is what its default is."""
    if not isinstance(node, cst.Name):
        return False
    for parent in reversed(at.frame.parents):
        if isinstance(parent, cst.FunctionDef):
            every = (*parent.params.params, *parent.params.kwonly_params)
            for param in every:
                if param.name.value == node.value:
                    return param.default is not None
    return False


NO_GRADIENT = re.compile(r"no_grad|inference_mode")


def has_gradient(at: Place) -> bool:
    """Whether nothing around a place says that no gradient is taken."""
    said: list[cst.CSTNode] = [*_withs(at)]
    for parent in at.frame.parents:
        if isinstance(parent, cst.FunctionDef):
            said += [decorator.decorator for decorator in parent.decorators]
    return not any(NO_GRADIENT.search(at.code(node)) for node in said)


def on_host(node: cst.Call, at: Place) -> bool:
    """Whether a call says itself that it is the host's: `device="cpu"`, `f(x.cpu())`."""
    device = argument(node, "device")
    if (device is not None and _is_cpu(device, at)) or any(
        _is_host_block(p, at) for p in _withs(at)
    ):
        return True
    inner = [arg.value for arg in node.args]
    if isinstance(node.func, cst.Attribute):
        inner.append(node.func.value)
    return any(_is_taken_off(part, at) for part in inner)


def _withs(at: Place) -> list[cst.BaseExpression]:
    """What the `with` statements around a place enter."""
    blocks = (p for p in at.frame.parents if isinstance(p, cst.With))
    return [item.item for block in blocks for item in block.items]


def _is_host_block(node: cst.BaseExpression, at: Place) -> bool:
    """`with torch.device("cpu"):`."""
    return at.calls(node, "torch.device") and _is_cpu(node, at)


def _is_cpu(node: cst.BaseExpression, at: Place) -> bool:
    for choice in choices(node):
        given = argument(choice, "device", 0) if isinstance(choice, cst.Call) else choice
        if string_value(given) == "cpu":
            return True
    return False


def _is_taken_off(node: cst.BaseExpression, at: Place) -> bool:
    """`x.cpu()`, `x.detach().cpu().numpy()`, `x.to("cpu")`."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        name = last(node.func)
        if name in ("cpu", "numpy"):
            return True
        if name == "to" and any(string_value(arg.value) == "cpu" for arg in node.args):
            return True
        node = node.func.value
    return False
