"""A public name of torch -> the operators it runs, from the table that torch's samples gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from portlint.catalog import read_table


class Public(NamedTuple):
    """Public names and, for each, the operators it runs under a word of its arguments ("" any).

    `operated` are all operators that some public name runs.
    """

    runs: dict[str, dict[str, tuple[str, ...]]]
    operated: frozenset[str]

    def operators(self, name: str, words: Mapping[str, str]) -> tuple[str, ...] | None:
        """The operators of a name, of a call with these words; None for no public name."""
        cases = self.runs.get(name)
        if cases is None:
            return None
        said = [case for case in cases if case in {f"{k}={v}" for k, v in words.items()}]
        chosen = [cases[case] for case in said] or list(cases.values())
        return tuple(dict.fromkeys(op for ops in chosen for op in ops))


def public() -> Public:
    """The table of public names."""
    runs: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read_table("public_ops"):
        for name in row["name"].split(";"):
            runs.setdefault(name, {})[row["when"]] = tuple(row["ops"].split())
    operated = frozenset(op for cases in runs.values() for ops in cases.values() for op in ops)
    return Public(runs, operated)
