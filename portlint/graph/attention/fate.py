"""What becomes of the weights of a softmax: dropped, given back, put together with others."""

from __future__ import annotations

from portlint.graph.attention.names import DROPPING, VIEWS
from portlint.graph.attention.trail import Trail
from portlint.record import Op


def dropped(trail: Trail, op: Op, sizes: tuple[int | str | None, ...]) -> float:
    """The rate at which training drops weights of this shape in this module."""
    for other in trail.drops:
        shape = other.outputs[0].shape
        rate = other.literals.get("p", other.literals.get("dropout_p"))
        inside = f"{other.module}.".startswith(f"{op.module}." if op.module else "")
        if inside and shape[-2:] == sizes and isinstance(rate, float):
            return rate
    return 0.0


def split(trail: Trail, softmax: Op) -> bool:
    """Whether the sums of parts are kept to put the parts together."""
    scores = trail.maker(softmax.inputs[0])
    users = trail.users(scores) if scores is not None else []
    return any(trail.base(user) == "logsumexp" for user in users)


def returned(trail: Trail, softmax: Op) -> bool:
    """Whether the model gives the weights back."""
    waiting, seen = [softmax], {softmax.id}
    for op in waiting:
        if op.returned:
            return True
        for user in trail.users(op):
            through = trail.base(user) in VIEWS | DROPPING | {"mean"}
            if through and user.id not in seen and len(seen) < 12:
                seen.add(user.id)
                waiting.append(user)
    return False
