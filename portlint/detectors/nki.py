"""Names of GPU kernels -> the kernel of the NKI library that does the same job."""

import functools
import re

from portlint.catalog import read_table


@functools.cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Word patterns in the order of the table, the more telling ones first."""
    rows = read_table("nki_library")
    return tuple((re.compile(row["words"]), row["kernel"]) for row in rows)


def library_kernel(name: str) -> str:
    """The library's kernel to compare a kernel of this name with, or the empty string."""
    low = name.lower()
    return next((kernel for words, kernel in _known() if words.search(low)), "")
