"""Options of the matrix -> a table: a row for each chip and stack, a column for each workload."""

from collections.abc import Sequence
from typing import NamedTuple

from portlint.report import Change, Option

WORKLOADS = ("inference", "training", "both")


class Row(NamedTuple):
    """A chip with a stack, and its options by workload; None where there is no such target."""

    chip: str
    stack: str
    cells: Sequence[Option | None]


class Difference(NamedTuple):
    """Options that differ from the chosen one in the same way."""

    options: Sequence[Option]
    more: Sequence[Change]
    less: Sequence[Change]

    @property
    def names(self) -> str:
        """`native-compile, inference (trn2, trn3)`, by stack and workload."""
        groups: dict[str, list[str]] = {}
        for option in self.options:
            groups.setdefault(f"{option.stack}, {option.workload}", []).append(option.chip)
        return "; ".join(f"{what} ({', '.join(chips)})" for what, chips in groups.items())


class Grid(NamedTuple):
    """The chosen target, the table of all, and what changes from one to the other."""

    chosen: Option | None
    workloads: Sequence[str]
    rows: Sequence[Row]
    differences: Sequence[Difference]


def grid(options: Sequence[Option]) -> Grid:
    """The chosen target may be for both workloads, or at an older SDK: it stands by itself."""
    chosen = next((option for option in options if option.chosen), None)
    others = [o for o in options if not o.chosen]
    if chosen is not None and not any(_same(o, chosen) for o in others):
        alone = chosen.workload == "both" and not any(o.workload == "both" for o in others)
        others = others if alone else [chosen, *others]
    workloads = [w for w in WORKLOADS if any(o.workload == w for o in others)]
    cells: dict[tuple[str, str], dict[str, Option]] = {}
    for option in others:
        cells.setdefault((option.chip, option.stack), {})[option.workload] = option
    rows = [
        Row(chip, stack, [found.get(w) for w in workloads])
        for (chip, stack), found in sorted(cells.items())
    ]
    return Grid(chosen, workloads, rows, _differences(rows))


def _same(one: Option, other: Option) -> bool:
    """Whether both are for one cell of the table."""
    return (one.chip, one.stack, one.workload) == (other.chip, other.stack, other.workload)


def _differences(rows: Sequence[Row]) -> list[Difference]:
    groups: dict[object, list[Option]] = {}
    for row in rows:
        for option in row.cells:
            if option is not None and not option.chosen:
                groups.setdefault((option.more, option.less), []).append(option)
    return [Difference(group, group[0].more, group[0].less) for group in groups.values()]
