"""Attention over parts that are joined: on several devices, or of one cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portlint.source.attention.found import Instance
from portlint.source.attention.naming import kind
from portlint.source.attention.program import Loop, Program
from portlint.source.attention.terms import below, has

SENDING = frozenset(
    "send recv isend irecv P2POp batch_isend_irecv ppermute collective_permute "
    "send_object_list recv_object_list".split()
)
"""Functions through which tensors travel from one device to another."""


def spread(listed: Sequence[Instance], program: Program, by_hand: set[str]) -> Iterator[Instance]:
    """The same instances; those whose parts travel or are joined by their sums named so."""
    travels = any(
        term.op in SENDING or (term.op == "made" and term.value in SENDING)
        for term, _ in program.made
        if term.path.startswith(("torch.distributed", "torch_xla"))
    )
    for item in listed:
        names = {item.kind}
        if travels:
            names.add("ring")
        if item.function in by_hand and _joined(program, item.function):
            names.add("split-kv")
        yield item if len(names) == 1 else item._replace(kind=kind(names, item.features))


def _joined(program: Program, function: str) -> bool:
    """Whether partial results are joined by their log-sum-exp, or a maximum that is carried on."""
    if any(_running(loop) for loop in program.loops if loop.where == function):
        return True
    sums = [t for t, c in program.made if t.op == "logsumexp" and c.function == function]
    parts = [t for t, c in program.made if t.op in ("mul", "einsum") and c.function == function]
    return any(
        any(item is total for item in below(part)) and has(part, "softmax", "matmul")
        for total in sums
        for part in parts
    )


def _running(loop: Loop) -> bool:
    """`new = maximum(top, scores.amax(-1))` in a loop."""
    return loop.after.op == "maximum" and any(arg is loop.before for arg in loop.after.args)
