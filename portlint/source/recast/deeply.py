"""Trees nest more deeply than Python lets functions call each other."""

import contextlib
import sys
from collections.abc import Iterator

DEPTH = 20_000
"""Calls within calls: more than a tree has levels that Python's own parser makes."""


@contextlib.contextmanager
def deeply() -> Iterator[None]:
    """Let functions call each other as deeply as statements and expressions nest."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
