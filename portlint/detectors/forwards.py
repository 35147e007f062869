"""Which classes are modules, and which questions keep code out of graphs."""

from __future__ import annotations

from portlint.detectors.words import definitions
from portlint.source import cst
from portlint.source.nodes import dotted_text
from portlint.source.place import Place

EAGER = ("is_tracing", "is_compiling", "is_exporting", "is_scripting")
"""Words of a question whether a graph is being made: what it leaves out runs eagerly."""
DEPTH = 5
"""Base classes in the same file that are looked through."""


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
