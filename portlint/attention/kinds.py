"""The published vocabulary of kinds of attention, from general to specific."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Literal, NamedTuple

from portlint.catalog import read_table
from portlint.row import split

WIDEST = 128
"""The head_dim up to which the kernels of attention go; the kind "head-dim-large" is beyond."""


class Kind(NamedTuple):
    """A kind: what it is, and whether a softmax over keys makes its weights.

    `family` is "softmax", "mixer" (state or convolution instead of attention weights) or "layout"
    (softmax over keys that are chosen or stored in a way of their own); `aliases` are other words
    that people ask by.
    """

    name: str
    family: Literal["softmax", "layout", "mixer"]
    what: str
    aliases: tuple[str, ...]


@functools.cache
def kinds() -> dict[str, Kind]:
    """Every kind by name; a later one is more specific than an earlier one."""
    rows = read_table("attention_kinds")
    return {
        row["name"]: Kind(**row | {"aliases": split(row["aliases"])})  # type: ignore[arg-type]
        for row in rows
    }


def most_specific(names: Iterable[str]) -> str:
    """Of the kinds that fit an attention, the one that says most about it."""
    order = {name: rank for rank, name in enumerate(kinds())}
    return max(names, key=order.__getitem__)
