"""A trace and a target -> what is known of every operator: six verdicts, counted."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Literal

from portlint.graph.arguments import dtypes, first_dtype
from portlint.graph.conditions import condition
from portlint.graph.dispatch import compiled, kernels
from portlint.graph.floats import narrowed, refused
from portlint.graph.limits import limited
from portlint.graph.tables import Known, evidence, known
from portlint.graph.view import View
from portlint.model import Coverage, Evidence, Frozen, OpRow, Target
from portlint.record import Op, Place

Verdict = Literal["documented", "likely", "restricted", "falls_back", "unsupported", "unknown"]
VERDICTS: tuple[Verdict, ...] = (
    "documented",
    "likely",
    "restricted",
    "falls_back",
    "unsupported",
    "unknown",
)
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
    counts: collections.Counter[tuple[str, Verdict]] = collections.Counter()
    types: dict[tuple[str, Verdict], dict[str, None]] = {}
    places: dict[tuple[str, Verdict], Place] = {}
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
    totals: collections.Counter[Verdict] = collections.Counter()
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


def verdict(op: Op, view: View, target: Target) -> Verdict:
    """What is known of one op on the target; under both workloads the worse."""
    kinds = dtypes(op)
    row = known(op.name)
    if op.stub:
        return "unsupported"  # a function of a library that is compiled for CUDA
    if any(refused(kind, target.chip) for kind in kinds):
        return "unsupported"
    if row.family == "data-dependent":
        return _data_dependent(target)
    known_verdict = _xla(op, row, target) if target.stack == "xla" else _native(op, row, target)
    if known_verdict not in ("documented", "likely"):
        return known_verdict
    if limited(op, view, row.family) or any(narrowed(kind) for kind in kinds):
        return "restricted"
    return known_verdict


def _data_dependent(target: Target) -> Verdict:
    """Sizes that depend on values: recompiled op by op, refused by a compiled graph."""
    if target.stack == "native-eager":
        return "restricted"
    if target.stack == "xla" and target.workload == "training":
        return "falls_back"
    return "unsupported"


def _xla(op: Op, row: Known, target: Target) -> Verdict:
    """Lazy tensors: the dispatch table, its conditions, then the compiler's word."""
    if row.xla == "error":
        return "unsupported"
    if row.xla == "fallback" or condition(op):
        return "falls_back" if target.workload == "training" else "unsupported"
    if row.documented == "no" or (row.family == "linalg" and row.xla == "lowered"):
        return "unsupported"
    if row.documented == "yes" and row.xla:
        return "documented"
    return "likely" if _lowers(row) else "unknown"


def _native(op: Op, row: Known, target: Target) -> Verdict:
    """The native stack: what recipes run; what the compiler is known to take or refuse."""
    eager = target.stack == "native-eager"
    if row.native == "supported":
        return "documented" if first_dtype(op) not in {"float64"} else "restricted"
    if row.documented == "no" or row.native == "unsupported" or condition(op) == _HOLES:
        return "falls_back" if eager and row.family in {"fft", "linalg"} else "unsupported"
    if row.family == "linalg":
        return "unknown"
    if row.family == "complex":
        return "restricted"
    if not _lowers(row):
        return "unknown"
    return "likely" if row.core or row.leaf or not row.kernel or not eager else "unknown"


_HOLES = "dilation is not 1"


def _lowers(row: Known) -> bool:
    """Whether the op, or what it ends in, is lowered to HLO the compiler is known to take."""
    return not row.hlo and (row.xla == "lowered" or bool(row.leaf))
