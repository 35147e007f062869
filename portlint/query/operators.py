"""A public name of torch -> the operators it runs, from the table that torch's samples gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from portlint.catalog import read_table


class Runs(NamedTuple):
    """What calls of a name run: the operator of that name ("" if there is none; without overload),
    the operators a call cannot do without, in each of several ways, and those of some arguments.
    """

    own: str = ""
    ways: tuple[tuple[str, ...], ...] = ()
    also: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All of them once, the operator of the same name first if a call runs it as it is."""
        needed = dict.fromkeys(op for way in self.ways for op in way)
        ran = {op.rpartition(".")[0] for op in needed}
        own = [self.own] if self.own and self.own not in ran else []
        return tuple(dict.fromkeys([*own, *needed, *self.also]))


class Public(NamedTuple):
    """Public names and, for each, what it runs under a word of its arguments ("" any).

    `operated` are all operators that some public name runs.
    """

    runs: dict[str, dict[str, Runs]]
    operated: frozenset[str]

    def operators(self, name: str, words: Mapping[str, str]) -> Runs | None:
        """What a name runs, or a call with these words; None for no public name."""
        cases = self.runs.get(name)
        if cases is None:
            return None
        said = [cases[case] for case in cases if case in {f"{k}={v}" for k, v in words.items()}]
        chosen = said or list(cases.values())
        return Runs(
            chosen[0].own,
            tuple(dict.fromkeys(way for case in chosen for way in case.ways)),
            tuple(dict.fromkeys(op for case in chosen for op in case.also)),
        )


def public() -> Public:
    """The table of public names."""
    runs: dict[str, dict[str, Runs]] = {}
    for row in read_table("public_ops"):
        ways = tuple(tuple(way.split()) for way in row["ops"].split("|") if way)
        found = Runs(row["own"], ways, tuple(row["also"].split()))
        for name in row["name"].split(";"):
            runs.setdefault(name, {})[row["when"]] = found
    return Public(runs, frozenset(_operated(runs)))


def _operated(runs: Mapping[str, Mapping[str, Runs]]) -> Iterator[str]:
    for cases in runs.values():
        for case in cases.values():
            yield from case.every
