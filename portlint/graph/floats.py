"""Element types that a chip does not have, by the dtype names of torch."""

from __future__ import annotations

FNUZ = frozenset({"float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"})
E4M3FN = "float8_e4m3fn"
FLOAT4 = "float4_e2m1fn_x2"
BEFORE_TRN3 = frozenset({"inf2", "trn1", "trn2"})
NO_COMPLEX = frozenset({"complex32", "complex128"})

UNHELD = frozenset(
    "complex32 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 int4 uint4".split()
)
"""Element types that torch-xla 2.9 cannot hold on any device: it raises."""


def refused(dtype: str, chip: str) -> bool:
    """Whether the compiler rejects graphs with this element type on the chip."""
    if dtype == E4M3FN:
        return chip in BEFORE_TRN3
    return dtype in FNUZ or dtype in NO_COMPLEX or dtype == FLOAT4


def narrowed(dtype: str) -> bool:
    """Whether values of this element type lose bits on every chip."""
    return dtype in {"float64", "complex64"}
