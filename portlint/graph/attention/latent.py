"""Whether keys and values are expanded from one low-rank latent."""

from __future__ import annotations

from portlint.graph.attention.names import NORMS, PROJECTING, VIEWS
from portlint.graph.attention.operand import Operand
from portlint.graph.attention.trail import Trail, same
from portlint.record import Op, Tensor

NEAR = 10


def latent(trail: Trail, queries: Operand, keys: Operand, values: Operand) -> bool:
    """Keys and values from one projection of a narrow latent, or from the latent itself."""
    asked = {op.id for op in queries.projections}
    shared = [op for op in keys.projections if op in values.projections and op.id not in asked]
    for up in shared:
        down = _down(trail, up)
        if down is not None and not _reaches(trail, queries, down):
            return True
    one = _plain(trail, keys.tensor)
    return len(keys.tensor.shape) > 2 and same(one, _plain(trail, values.tensor)) and bool(shared)


def kept(trail: Trail, queries: Operand, keys: Operand, values: Operand) -> int | None:
    """The channels a cache of the latent keeps for a token: latent, and keys made beside it.

    None where keys and values are not expanded in the graph.
    """
    asked = {op.id for op in queries.projections}
    shared = [op for op in keys.projections if op in values.projections and op.id not in asked]
    downs = {down.id: down for up in shared if (down := _down(trail, up)) is not None}
    if not downs:
        return None
    known = asked | downs.keys() | {op.id for op in shared}
    beside = [op for op in keys.projections if op.id not in known]
    return sum(_width(op) for op in (*downs.values(), *beside))


def _down(trail: Trail, up: Op) -> Op | None:
    """The projection that made the narrow input of another one, only norms and cuts between."""
    tensor = up.inputs[0] if up.inputs else None
    for _ in range(NEAR):
        op = trail.maker(tensor) if tensor is not None else None
        if op is None or not op.inputs:
            return None
        name = trail.base(op)
        if name in PROJECTING:
            narrow = _width(op) < _width(up) and _width(op) < _input(op)
            return op if narrow else None
        if name in ("mul", "add") and len(op.inputs) == 2:
            tensor = max(op.inputs, key=lambda t: (t.source is not None, len(t.shape)))
        elif name in VIEWS or name in NORMS or name in ("mul", "div"):
            tensor = op.inputs[0]
        else:
            return None
    return None


def _width(op: Op) -> int:
    last = op.outputs[0].shape[-1] if op.outputs and op.outputs[0].shape else 0
    return last if isinstance(last, int) else 0


def _input(op: Op) -> int:
    last = op.inputs[0].shape[-1]
    return last if isinstance(last, int) else 1 << 30


def _reaches(trail: Trail, queries: Operand, down: Op) -> bool:
    for projection in queries.projections:
        if projection.inputs and any(
            op.id == down.id for op in trail.back(projection.inputs[0], NEAR)
        ):
            return True
    return False


def _plain(trail: Trail, tensor: Tensor) -> Tensor:
    """A tensor behind views that only move its axes."""
    while (op := trail.maker(tensor)) is not None and op.inputs:
        if trail.base(op) not in (
            "transpose",
            "unsqueeze",
            "permute",
            "expand",
            "to",
            "reshape",
            "view",
        ):
            return tensor
        tensor = op.inputs[0]
    return tensor
