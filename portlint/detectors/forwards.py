"""What a module's forward does that no compiled graph can hold: reads of values, prints."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from portlint.detectors.words import definitions
from portlint.source.found import Found
from portlint.source.guards import code
from portlint.source.nodes import dotted_text
from portlint.source.place import Place
from portlint.source.scope import lookup

READS = frozenset(["item", "tolist"])
EAGER = ("is_tracing", "is_compiling", "is_exporting", "is_scripting")
"""Words of a question whether a graph is being made: what it leaves out runs eagerly."""
DEPTH = 5
"""Base classes in the same file that are looked through."""


def read(node: cst.Call, at: Place) -> Iterator[Found]:
    """`.item()` or `.tolist()` of something the forward was given or made."""
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name(value=name)) if name in READS:
            if not node.args and in_forward(at) and _is_made_here(value, at):
                yield Found(node, value=f".{name}()")


def printed(node: cst.Call, at: Place) -> Iterator[Found]:
    """`print(…)` in a forward."""
    plain = isinstance(node.func, cst.Name) and node.func.value == "print"
    if plain and in_forward(at) and not lookup(at.frame.scope, "print")[0]:
        yield Found(node, value=code(node))


def in_forward(at: Place) -> bool:
    """Whether the place is in a module's `forward` that runs while a graph is made."""
    parents = at.frame.parents
    for index, parent in enumerate(parents):
        if isinstance(parent, cst.FunctionDef) and parent.name.value == "forward":
            owner = next((p for p in reversed(parents[:index]) if _is_scope(p)), None)
            asked = any(_is_apart(p) for p in parents[index:])
            return isinstance(owner, cst.ClassDef) and is_module(owner, at) and not asked
    return False


def _is_scope(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.ClassDef | cst.FunctionDef)


def _is_apart(node: cst.CSTNode) -> bool:
    """A branch that asks whether a graph is made, and the words of an exception."""
    if isinstance(node, cst.If):
        test = code(node.test, 400)
        return any(word in test for word in EAGER)
    return isinstance(node, cst.Raise)


def is_module(owner: cst.ClassDef, at: Place, depth: int = DEPTH) -> bool:
    """Whether a class is an `nn.Module`, by its bases and theirs in this file."""
    for base in owner.bases:
        paths = at.paths(base.value)
        if any(p.startswith("torch.nn.") and p.endswith("Module") for p in paths):
            return True
        if (dotted_text(base.value) or "").endswith("PreTrainedModel"):
            return True
        owners = definitions(base.value, at) if depth else []
        if any(isinstance(o, cst.ClassDef) and is_module(o, at, depth - 1) for o in owners):
            return True
    return False


def _is_made_here(value: cst.BaseExpression, at: Place) -> bool:
    """Whether the value comes from a name of the function: a parameter or a variable.

    `torch.max(lengths)` comes from its argument, `self.scale[i]` from an attribute.
    """
    match value:
        case cst.Name("self" | "cls"):
            return False
        case cst.Name(name):
            _, scope = lookup(at.frame.scope, name)
            return scope is not None and scope.kind in ("function", "comprehension")
        case cst.Attribute() | cst.Subscript():
            return _is_made_here(value.value, at)
        case cst.Call(func=func):
            given = any(_is_made_here(arg.value, at) for arg in value.args[:1])
            return given or (isinstance(func, cst.Attribute) and _is_made_here(func.value, at))
        case cst.BinaryOperation():
            return _is_made_here(value.left, at) or _is_made_here(value.right, at)
        case cst.Comparison():
            return _is_made_here(value.left, at)
    return False
