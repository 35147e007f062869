"""An einsum of three or more operands -> one of two operands after the other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from portlint.record import Op, Tensor


def paired(op: Op, fresh: Iterator[int]) -> list[Op]:
    """The products an einsum stands for, from left to right; the last one keeps its id."""
    if len(op.inputs) < 3 or "equation" not in op.literals:
        return [op]
    equation = str(op.literals["equation"]).replace(" ", "")
    inputs, arrow, output = equation.partition("->")
    labels = inputs.split(",")
    known = len(labels) == len(op.inputs) and arrow and "." not in equation
    if not known:
        return [op]
    made: list[Op] = []
    left, held = labels[0], op.inputs[0]
    for number, (right, tensor) in enumerate(zip(labels[1:], op.inputs[1:], strict=True), 1):
        last = number == len(labels) - 1
        needed = output if last else "".join([*labels[number + 1 :], output])
        result = output if last else "".join(dict.fromkeys(c for c in left + right if c in needed))
        step = _step(op, f"{left},{right}->{result}", (held, tensor), result, fresh, last)
        made.append(step)
        left, held = result, step.outputs[0]
    return made


def _step(
    op: Op,
    equation: str,
    inputs: tuple[Tensor, Tensor],
    result: str,
    fresh: Iterator[int],
    last: bool,
) -> Op:
    if last:
        return msgspec.structs.replace(op, inputs=inputs, literals={"equation": equation})
    number = next(fresh)
    labels = equation.partition("->")[0].split(",")
    sizes = {
        c: size
        for text, t in zip(labels, inputs, strict=True)
        for c, size in zip(text, t.shape, strict=True)
    }
    flowing = any(t.origin in ("activation", "input") for t in inputs)
    made = msgspec.structs.replace(
        op.outputs[0],
        shape=tuple(sizes[c] for c in result),
        source=number,
        origin="activation" if flowing else inputs[0].origin,
    )
    return msgspec.structs.replace(
        op, id=number, inputs=inputs, outputs=(made,), literals={"equation": equation}
    )
