"""A trace and a target -> what is known of every operator: six verdicts, counted."""

from __future__ import annotations

import collections
from collections.abc import Callable

from portlint.graph.arguments import dtypes
from portlint.graph.conditions import READS, condition
from portlint.graph.dispatch import compiled, kernels
from portlint.graph.floats import UNHELD, narrowed, refused
from portlint.graph.limits import limited
from portlint.graph.paths import Path, Status, fate, host, path_of
from portlint.graph.pooling import HOLES
from portlint.graph.tables import Known, evidence, known
from portlint.graph.view import View
from portlint.model import Evidence, Frozen, Target
from portlint.record import Op, Place
from portlint.report import Coverage, OpRow

VERDICTS: tuple[Status, ...] = (
    "documented",
    "likely",
    "restricted",
    "falls_back",
    "unsupported",
    "unknown",
)
SAID: dict[str, Status] = {
    "likely": "likely",
    "restricted": "restricted",
    "differs": "restricted",
    "slow": "restricted",
    "recompiles": "restricted",
    "falls-back": "falls_back",
    "unsupported": "unsupported",
}
"""What a newer word decides at once; `supported` still has its limits of dtype and size."""
FIRST = 10


class Covered(Frozen, frozen=True, kw_only=True):
    """What is known of a model's operators: rows, counts, what to try first, and the sources."""

    rows: tuple[OpRow, ...]
    counts: Coverage
    try_first: tuple[str, ...]
    evidence: dict[str, tuple[Evidence, ...]]


def coverage(
    view: View, target: Target, shown: Callable[[Place], str] = lambda p: f"{p.path}:{p.line}"
) -> Covered:
    """Judge every op of the graph that the target's stack runs; `shown` writes places."""
    whole = target.stack in {"native-compile", "vllm"}
    counts: collections.Counter[tuple[str, Status]] = collections.Counter()
    types: dict[tuple[str, Status], dict[str, None]] = {}
    places: dict[tuple[str, Status], Place] = {}
    needs: collections.Counter[str] = collections.Counter()
    for op in compiled(view) if whole else kernels(view):
        key = (op.stub or op.name, verdict(op, view, target))
        counts[key] += 1
        types.setdefault(key, {}).update(dict.fromkeys(dtypes(op)))
        if op.place:
            places.setdefault(key, op.place)
        if key[1] == "unknown" and needs_kernel(op):
            needs[op.name] += 1
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    totals: collections.Counter[Status] = collections.Counter()
    for key in ranked:
        totals[key[1]] += counts[key]
    return Covered(
        rows=tuple(
            OpRow(
                op=key[0],
                count=counts[key],
                verdict=key[1],
                dtypes=tuple(types[key]),
                where=shown(places[key]) if key in places else None,
            )
            for key in ranked
        ),
        counts=Coverage(**{name: totals[name] for name in VERDICTS}),
        try_first=tuple(sorted(needs, key=lambda name: (-needs[name], name))[:FIRST]),
        evidence={name: evidence(known(name)) for name, _ in ranked},
    )


def needs_kernel(op: Op) -> bool:
    """Whether a backend has to bring a kernel for the op, or somebody's library does."""
    return known(op.name).kernel == "y" or not op.name.startswith("aten.")


def verdict(op: Op, view: View, target: Target) -> Status:
    """What is known of one op on the target; under both workloads the worse."""
    kinds = dtypes(op)
    row = view.known(op)
    if op.stub:
        return "unsupported"  # a function of a library that is compiled for CUDA
    if any(refused(kind, target.chip) for kind in kinds):
        return "unsupported"
    said = view.word(op)
    if said is not None and said.status in SAID:
        return SAID[said.status]
    path = path_of(target.stack, target.workload)
    if path.xla and UNHELD.intersection(kinds):
        return "unsupported"
    found = fate(row, path).status
    if row.family == "data-dependent":
        return found
    if _sent_away(op, row, path, view):
        return host(path) if path.xla else "unsupported"
    if found not in ("documented", "likely"):
        return found
    if row.condition in READS and condition(op, view):
        return "restricted"
    if limited(op, view, row.family) or any(narrowed(kind) for kind in kinds):
        return "restricted"
    return found


def _sent_away(op: Op, row: Known, path: Path, view: View) -> bool:
    """Whether the arguments of a call make it one that the path's compiler is not given."""
    if path.xla:
        return row.xla != "error" and bool(condition(op, view))
    return row.native != "supported" and condition(op, view) == HOLES
