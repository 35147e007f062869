"""The table of operators -> rows of knowledge, one for each path a call takes to the device."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from portlint.catalog import read_table
from portlint.graph.paths import LAZY, PATHS, TRACE, Fate, Status, fate
from portlint.graph.paths import Path as Way
from portlint.graph.tables import Known, sources
from portlint.row import Row

CHECKED = date(2026, 11, 26)
"""The day on which the table was searched and nothing found."""
STATUS: dict[Status, str] = {"documented": "supported", "falls_back": "falls-back"}
"""Verdicts of the coverage table that have another name in the knowledge."""
CONDITIONS = {
    "dilated": "with a dilation",
    "pool-not-divisible": "where the output size does not divide the input's",
    "scaled": "with an alpha or beta other than 1",
    "generator": "with a torch.Generator of its own",
    "multinomial": "drawing several samples without replacement",
    "int64-result": "where the result is int64",
    "bag": "averaged, scaled by frequency, sparse or with padding_idx",
    "p-zero": "with p = 0",
    "scatter-mode": "with a reduction other than a sum",
    "scatter-reduce": "with mean or include_self=False",
    "values-only": "where only values are asked for",
    "fused-norm": "along the first or the last dimension",
    "no-unit-stride": "with strides none of which is 1",
    "averaged": "with divisor_override, or ceil_mode and count_include_pad,",
    "permuted": "with a dtype other than int64, or of nothing,",
    "pinned": "with pin_memory",
    "checked": "with check_errors",
    "mask": "with a mask among the indices",
    "open-classes": "without num_classes",
    "negative-power": "with a negative n",
    "complex-input": "on complex numbers",
    "value-read": "with a value that is a tensor of the device",
}
LIMITS = {
    "int-dot": ("no int32 (Trn2 and later) and no int64 product", "NEU521"),
    "int-scatter": ("no integer datapath for sums at positions", "NEU522"),
    "index-put": (
        "no integer accumulation; masks write to positions only the data knows",
        "NEU608",
    ),
    "bool-mask": ("a boolean mask gives a size that depends on values", "NEU601"),
    "topk": ("floats only, and 16384 values at most", "NEU525"),
    "int64-pow": ("no int64 result", "NEU524"),
    "shift": ("32-bit integers only", "NEU527"),
    "conv": ("not with a dilation and a stride where one of them falls on the input", "NEU531"),
    "split": ("not along the second dimension of a matrix", "NEU535"),
    "float64": ("makes float64, which is computed as float32", "NEU512"),
    "dilated": ("no window with holes", "NEU530"),
}
"""Family of ops -> what the compiler does not take of it, and the rule that says so."""
RULES = {
    "fft": "NEU533",
    "linalg": "NEU534",
    "complex": "NEU510",
    "data-dependent": "NEU602",
    "host-read": "NEU606",
}


def operators(folder: Path) -> Iterator[Row]:
    """aten.csv -> four rows an op: lazy tensors, a trace, native op by op, native as a graph."""
    urls = sources(folder)
    for cells in read_table("aten", folder):
        known = Known(**cells)
        for way in PATHS:
            found = fate(known, way)
            source = urls[found.basis] if found.basis and found.status != "unknown" else None
            yield Row(
                name=f"aten.{known.op}" if known.op.count(".") == 1 else known.op,
                kind="op",
                status=STATUS.get(found.status, found.status),
                restriction="; ".join(filter(None, (found.why, limit(known, way, found)))),
                stack=way.stacks,
                workload=way.workloads,
                evidence=source.url if source else "none",
                confidence=sure(known, way, found),
                checked=source.checked if source else CHECKED,
                rule=rule(known, way, found),
                table="aten",
            )


def limit(row: Known, way: Way, found: Fate) -> str:
    """What a call must not ask of an op that runs."""
    if found.status not in ("documented", "likely"):
        return ""
    said = []
    if way.xla and row.condition:
        gone = "runs on the host" if way is LAZY else "does not trace"
        said.append(f"{CONDITIONS[row.condition]} it {gone}")
    if row.family in LIMITS and not (row.family == "split" and not way.xla):
        said.append(LIMITS[row.family][0])
    if way is LAZY and row.backward:
        said.append(f"its gradient {row.backward} runs on the host")
    return "; ".join(said)


def sure(
    row: Known, way: Way, found: Fate
) -> Literal["documented", "derived", "inferred", "unknown"]:
    """A page's word is documented, a measured dispatch derived, the native twin of one inferred."""
    if found.status == "unknown":
        return "unknown"
    if found.status == "documented" or row.documented == "no":
        return "documented"
    return "derived" if way in (LAZY, TRACE) or found.status == "unsupported" else "inferred"


def rule(row: Known, way: Way, found: Fate) -> str:
    """The rule that reports such a call."""
    if row.family in RULES:
        return RULES[row.family]
    if way.xla and row.xla == "error":
        return "NEU502"
    if way.xla and row.xla == "fallback":
        return "NEU501"
    if found.status in ("documented", "likely") and row.family in LIMITS:
        return LIMITS[row.family][1]
    return "NEU503" if way.xla and row.condition else ""
