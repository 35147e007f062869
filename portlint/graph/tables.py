"""rules/tables/aten.csv -> what is known of an operator, by its full name."""

from __future__ import annotations

import functools
from datetime import date
from pathlib import Path
from typing import NamedTuple

from portlint.catalog import read_table
from portlint.model import Evidence

PREFIX = "aten."
LEAVES = ("lowered", "fallback", "error")


class Known(NamedTuple):
    """A row of the table of operators.

    `xla` is what a lazy tensor does with the op: "lowered", "fallback" (the host runs it), "error"
    (no kernel anywhere) or "composite" (runs as other ops: says nothing by itself). `condition`
    names the argument condition under which a lowered op falls back, `leaf` the ops a composite
    ends in ("none": it runs no kernel). `documented` ("yes", "no") is the vendor's word, `family`
    the check that knows its limits, `hlo` what it is lowered to where the compiler's word on that
    is missing. `native` is what is known of the native stack, `backward` the op its gradient runs
    where that has no lowering. `kernel` tells that a backend has to bring a kernel of its own.
    """

    op: str
    xla: str
    condition: str
    leaf: str
    documented: str
    family: str
    hlo: str
    native: str
    backward: str
    core: str
    kernel: str
    basis: str

    @property
    def is_leaf(self) -> bool:
        """Whether lazy tensors hand this op to a kernel, of XLA or of the host."""
        return self.xla in LEAVES


NOTHING = Known("", "", "", "", "", "", "", "", "", "", "", "")


def known(name: str) -> Known:
    """What is known of an op ("aten.index.Tensor"); empty where nothing is."""
    return _rows().get(name.removeprefix(PREFIX), NOTHING)


def evidence(row: Known) -> tuple[Evidence, ...]:
    """The sources of a row, in the order they weigh."""
    urls = sources()
    return tuple(urls[name] for name in row.basis.split())


@functools.cache
def _rows() -> dict[str, Known]:
    return {row["op"]: Known(**row) for row in read_table("aten")}


@functools.cache
def sources(folder: Path | None = None) -> dict[str, Evidence]:
    """The short names under which rows cite their sources."""
    return {
        row["basis"]: Evidence(url=row["url"], sdk=None, checked=date.fromisoformat(row["checked"]))
        for row in read_table("aten_sources", folder)
    }
