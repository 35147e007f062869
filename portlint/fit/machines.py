"""rules/tables/{hardware,machines,degrees}.csv -> the chips a model may be put on.

Where the numbers of machines.csv come from stands in the row of that name of instances.csv.
"""

from __future__ import annotations

import functools
import pathlib
from typing import NamedTuple

from portlint.catalog import read_table
from portlint.errors import RuleError
from portlint.row import split

GIB = 2**30


class Chip(NamedTuple):
    """A kind of chip: memory of a core as a program sees it, the degrees its cores work in.

    `lnc` is how many physical cores make one; `machines` are the instances and servers with the
    number of such cores, small ones first; `cores` is how many one chip has.
    """

    name: str
    memory: int
    lnc: int
    cores: int
    degrees: tuple[int, ...]
    judged: bool
    machines: tuple[tuple[str, int], ...]

    @property
    def largest(self) -> int:
        """The cores of the largest machine."""
        return self.machines[-1][1]

    def having(self, cores: int) -> tuple[str, ...]:
        """The machines with so many cores."""
        return tuple(name for name, count in self.machines if count >= cores)


@functools.cache
def chips(folder: pathlib.Path | None = None) -> tuple[Chip, ...]:
    """Every chip of a folder of rules (default: the shipped one), in the order of hardware.csv."""
    machines = read_table("machines", folder)
    degrees = {row["chip"]: row for row in read_table("degrees", folder)}
    sourced = {row["name"] for row in read_table("instances", folder)}
    for row in machines:
        if row["machine"] not in sourced:
            raise RuleError(f"tables/machines.csv: {row['machine']} is not in instances.csv")
    found = []
    for row in read_table("hardware", folder):
        name, lnc = row["chip"], int(row["lnc"])
        own = [m for m in machines if m["chip"] == name]
        found.append(
            Chip(
                name,
                int(row["gib_per_core"]) * GIB,
                lnc,
                int(own[0]["cores"]) // int(own[0]["chips"]),
                tuple(int(d) for d in split(degrees[name]["degrees"])),
                degrees[name]["confidence"] == "inferred",
                tuple(sorted(((m["machine"], int(m["cores"])) for m in own), key=lambda m: m[1])),
            )
        )
    return tuple(found)
