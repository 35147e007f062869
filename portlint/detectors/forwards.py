"""What a module's forward does that no compiled graph can hold: reads of values, prints."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from portlint.detectors.words import definitions
from portlint.source.found import Found
from portlint.source.guards import code
from portlint.source.nodes import descend, dotted_text
from portlint.source.place import Place
from portlint.source.scope import lookup

READS = frozenset(["item", "tolist", "numpy"])
EAGER = ("is_tracing", "is_compiling", "is_exporting", "is_scripting")
"""Words of a question whether a graph is being made: what it leaves out runs eagerly."""
DEPTH = 5
"""Base classes in the same file that are looked through."""


def read(node: cst.Call, at: Place) -> Iterator[Found]:
    """`.item()`, `.tolist()` or `.numpy()` of something the forward was given or made."""
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
            asked = any(isinstance(p, cst.If) and _asks(p) for p in parents[index:])
            return isinstance(owner, cst.ClassDef) and is_module(owner, at) and not asked
    return False


def _is_scope(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.ClassDef | cst.FunctionDef)


def _asks(node: cst.If) -> bool:
    test = code(node.test, 400)
    return any(word in test for word in EAGER)


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
    """Whether a name in the expression belongs to the function: a parameter or a variable."""
    for part in descend(value):
        if isinstance(part, cst.Name) and part.value not in ("self", "cls"):
            _, scope = lookup(at.frame.scope, part.value)
            if scope is not None and scope.kind in ("function", "comprehension"):
                return True
    return False
