"""The way of keys back to their projection -> how keys of earlier steps come in."""

from __future__ import annotations

from portlint.attention.features import Cache
from portlint.graph.attention.operand import FETCHING, Operand, projects
from portlint.graph.attention.trail import WRITING, Trail
from portlint.record import Op


def cache(trail: Trail, found: Operand) -> Cache | None:
    """How keys of earlier steps come in."""
    stored = [t for t in found.roots if len(t.shape) >= 3 and t.dtype not in ("int64", "int32")]
    for op in found.ops:
        name = trail.base(op)
        held = [t for t in op.inputs if t.source is None and t.origin in ("input", "buffer")]
        if name in FETCHING and _stored(trail, op) and len(op.inputs) > 1:
            return "paged"
        if name in WRITING and _stored(trail, op):
            return "static"
        if name == "cat" and held and found.projections:
            return "concat"
    buffers = {t.name for t in stored if t.origin == "buffer"}
    if buffers & trail.written.keys():
        return "static"
    if "cat" in found.names and stored and found.projections:
        return "concat"
    return None


def _stored(trail: Trail, op: Op) -> bool:
    """Whether what an op works on is kept by the module or was given by the caller."""
    current = op.inputs[0] if op.inputs else None
    for _ in range(6):
        if current is None:
            return False
        if current.source is None:
            return current.origin in ("input", "buffer") and len(current.shape) >= 3
        made = trail.maker(current)
        if made is None or not made.inputs or projects(trail, made):
            return False
        current = made.inputs[0]
    return False
