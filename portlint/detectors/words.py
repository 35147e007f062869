"""String literals an expression can come out as, and what the place they stand in is called."""

from collections.abc import Iterator

from portlint.source import cst
from portlint.source.nodes import argument, dotted_text, string_value
from portlint.source.place import Place
from portlint.source.scope import lookup, module_of

OPTION_CALLS = frozenset("add_argument option Option argument Argument add_option".split())
LOOKUPS = {"get": 0, "pop": 0, "setdefault": 0, "getenv": 0, "getattr": 1}
"""Functions that give a default for a name, and the position of the name."""
Binding = cst.Call | cst.Assign | cst.AnnAssign | cst.DictElement | cst.Param
Named = Iterator[tuple[str, cst.BaseExpression]]


def choices(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The expressions a choice chooses from: `a if x else b`, `a or b`."""
    match node:
        case cst.IfExp():
            yield from choices(node.body)
            yield from choices(node.orelse)
        case cst.BooleanOperation():
            yield from choices(node.left)
            yield from choices(node.right)
        case _:
            yield node


def literals(node: cst.BaseExpression | None) -> Iterator[tuple[cst.BaseExpression, str]]:
    """The string literals among the choices, with their text."""
    for choice in choices(node) if node is not None else ():
        text = string_value(choice)
        if text is not None:
            yield choice, text


def given(node: Binding, at: Place) -> Named:
    """Every name that gets a value here: keywords, options, defaults, fields, keys, variables."""
    match node:
        case cst.Call():
            yield from _in_call(node)
        case cst.Assign():
            for target in node.targets:
                yield _target(target.target), node.value
        case cst.AnnAssign(value=cst.BaseExpression() as value):
            default = argument(value, "default") if isinstance(value, cst.Call) else value
            if default is not None:
                yield _target(node.target), default
        case cst.DictElement():
            yield string_value(node.key) or "", node.value
        case cst.Param(default=cst.BaseExpression() as value):
            yield node.name.value, value


def _target(node: cst.BaseExpression) -> str:
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            return string_value(key) or ""
    return (dotted_text(node) or "").split(".")[-1]


def _in_call(node: cst.Call) -> Named:
    name = last(node.func)
    if name in OPTION_CALLS:
        default = argument(node, "default")
        options = [string_value(arg.value) or "" for arg in node.args if arg.keyword is None]
        if default is not None and options:
            yield options[-1].lstrip("-").replace("-", "_"), default
        return
    position = LOOKUPS.get(name)
    if position is not None and len(node.args) == position + 2:
        yield string_value(node.args[position].value) or "", node.args[-1].value
    for arg in node.args:
        if arg.keyword is not None:
            yield arg.keyword.value, arg.value


def last(func: cst.BaseExpression) -> str:
    """The last part of what is called: `from_pretrained` of `Model.from_pretrained`."""
    match func:
        case cst.Attribute():
            return func.attr.value
        case cst.Name():
            return func.value
    return ""


def called(node: cst.Call, at: Place) -> list[str]:
    """The functions a call calls, or binds arguments to: `partial(f, …)`."""
    paths = at.paths(node.func)
    if "functools.partial" in paths and node.args:
        return at.paths(node.args[0].value)
    return paths


def imports_from(at: Place, package: str) -> bool:
    """Whether the module imports something of this package at its top."""
    names = module_of(at.frame.scope).names
    return any((b.path or "").startswith(package) for found in names.values() for b in found)


def definitions(node: cst.BaseExpression, at: Place) -> list[cst.FunctionDef | cst.ClassDef]:
    """The functions and classes of this file that a plain name can stand for."""
    bindings = lookup(at.frame.scope, node.value)[0] if isinstance(node, cst.Name) else []
    return [b.node for b in bindings if isinstance(b.node, cst.FunctionDef | cst.ClassDef)]


def is_none(node: cst.BaseExpression) -> bool:
    """Whether the argument says that there is none."""
    return isinstance(node, cst.Name) and node.value in ("None", "False")
