"""The kernels of a live dispatcher and rules/tables/aten.csv -> the rows that it does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from portlint.catalog import read_table
from portlint.graph.tables import PREFIX, Known

Kernels = Mapping[str, tuple[str, ...]]
"""By name and overload ("index.Tensor"), the dispatch keys that have a kernel."""
OUT = re.compile(r"(^|_)out$|^(grad_input|eigvals|inverse|values|indices|names_out)$|^[A-Z]{1,2}$")
"""Overloads that write to a tensor they are given: they end in the one that makes it."""
LEFT_OUT = re.compile(
    r"^_test_|[Dd]imname|\.names|_names|named|^(align|rename)|mkldnn|nnpack|_for_cpu"
)
"""What the table leaves out: torch's own tests, named dimensions, kernels of the host."""


class Row(NamedTuple):
    """A row that the dispatcher alone does not show: the table's word and the dispatcher's."""

    op: str
    table: str
    dispatcher: str


def kind(keys: tuple[str, ...]) -> str:
    """What lazy tensors do with an operator, by its kernels.

    A composite that makes a new tensor is not taken for lazy ones if it is "NonFunctional": their
    own fallback comes first, and it needs a kernel of the host.
    """
    if "XLA" in keys:
        return "lowered"
    if "CompositeExplicitAutograd" in keys or "CompositeImplicitAutograd" in keys:
        return "composite"
    if "CPU" in keys or "CompositeExplicitAutogradNonFunctional" in keys:
        return "fallback"
    return "error"


def counts(kernels: Kernels) -> dict[str, int]:
    """How many overloads there are of each kind."""
    found: dict[str, int] = {}
    for keys in kernels.values():
        found[kind(keys)] = found.get(kind(keys), 0) + 1
    return dict(sorted(found.items()))


def rows(kernels: Kernels) -> Iterator[Row]:
    """Every overload that table and dispatcher class otherwise, and those only one of them has."""
    table = {row["op"]: Known(**row) for row in read_table("aten")}
    for op, row in table.items():
        if op not in kernels:
            if row.xla:
                yield Row(op, row.xla, "")
        elif row.xla and row.xla != kind(kernels[op]) and not _writes(row, table):
            yield Row(op, row.xla, kind(kernels[op]))
    for op in kernels:
        if op not in table and not LEFT_OUT.search(op):
            yield Row(op, "", kind(kernels[op]))


def _writes(row: Known, table: Mapping[str, Known]) -> bool:
    """Whether it writes the result of an overload of the same operator that fares as it does."""
    base, _, overload = row.op.partition(".")
    if not OUT.search(overload):
        return False
    return any(
        other.xla == row.xla and not OUT.search(name.partition(".")[2])
        for name, other in table.items()
        if name.startswith(f"{base}.")
    )


def full(op: str) -> str:
    """The name as graphs write it."""
    return f"{PREFIX}{op}"
