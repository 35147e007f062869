"""Imports that nothing depends on: on the way to an error, or to read a version only."""

from __future__ import annotations

from itertools import pairwise

from portlint.source import cst
from portlint.source.guards import Guard, leaves
from portlint.source.nodes import dotted_text
from portlint.source.place import Place
from portlint.source.probes import is_none

BRANCHES = cst.If | cst.Else | cst.ExceptHandler


def before_error(at: Place) -> Guard | None:
    """The guard of an import in a branch that always ends in an error."""
    for outer, inner in pairwise(at.frame.parents):
        branch = isinstance(outer, BRANCHES) and inner is outer.body
        if branch and isinstance(inner, cst.IndentedBlock) and _raises(inner):
            return Guard("error", inner.body[-1], "raise")
    return None


def _raises(block: cst.IndentedBlock) -> bool:
    last = block.body[-1] if block.body else None
    ends = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)
    return ends and leaves(block, raising=True)


def is_idle(node: cst.Name | cst.Attribute, at: Place) -> bool:
    """Whether a use of an imported name only asks for its version, or whether it is there."""
    if isinstance(node, cst.Attribute):
        return node.attr.value == "__version__"
    match at.parent:
        case cst.Comparison(left=left, comparisons=[only]) if left is node:
            return is_none(only.comparator)
    return False


def unused(node: cst.Name | cst.Attribute) -> Guard:
    """The guard of an import of which nothing else is used."""
    return Guard("idle", None, dotted_text(node) or "")
