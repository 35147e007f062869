"""A plan -> the rows in which it is shown: packages of one rule together where there are many."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portlint.report import Hours, Package, Stage

TOGETHER = 4
"""So many packages of one rule in a stage are one row."""
NAMED = 3
"""Packages of such a row that are named, the dearest."""


class Row(NamedTuple):
    """One package, or several of one rule, with what is known of all of them."""

    title: str
    hours: Hours
    places: int
    files: tuple[str, ...]
    packages: tuple[Package, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """What a planner has to know: whether it is quick, blocks the rest, or waits for others."""
        packages = self.packages
        found = (
            ("quick", all(p.quick for p in packages)),
            ("longest chain", any(p.critical for p in packages)),
            ("vendor only", all(p.vendor for p in packages)),
        )
        return tuple(word for word, holds in found if holds)


class Part(NamedTuple):
    """A stage with its rows."""

    stage: Stage
    rows: tuple[Row, ...]


def parts(plan: Sequence[Package], stages: Sequence[Stage], apart: bool = False) -> list[Part]:
    """The plan by stage; `apart` keeps every package in a row of its own."""
    found = []
    for stage in stages:
        mine = [package for package in plan if package.stage == stage.name]
        found.append(Part(stage, tuple(rows(mine, apart))))
    return found


def rows(packages: Sequence[Package], apart: bool = False) -> list[Row]:
    """Packages -> rows, each where its first package stands."""
    by_rule: dict[str, list[Package]] = {}
    for package in packages:
        key = package.rule or package.root_cause
        by_rule.setdefault(package.root_cause if apart else key, []).append(package)
    shown: list[Row] = []
    for package in packages:
        group = by_rule[package.root_cause if apart else package.rule or package.root_cause]
        if len(group) < TOGETHER:
            shown.append(_one(package))
        elif package is group[0]:
            shown.append(_several(group))
    return shown


def _one(package: Package) -> Row:
    return Row(package.title, package.hours, package.places, package.files, (package,))


def _several(group: Sequence[Package]) -> Row:
    """`triton kernel: 30 of them (softmax, rotary, layer_norm, …)`."""
    dearest = sorted(group, key=lambda p: (-p.hours[1], p.root_cause))
    word, _, _ = dearest[0].title.partition(" (")
    names = dict.fromkeys(own for p in dearest if (own := _own(p.title)))
    told = [*list(names)[:NAMED], *["…"] * (len(names) > NAMED)]
    title = f"{word}: {len(group)} of them" + (f" ({', '.join(told)})" if told else "")
    files = dict.fromkeys(file for p in dearest for file in p.files)
    return Row(title, total(group), sum(p.places for p in group), tuple(files), tuple(dearest))


def _own(title: str) -> str:
    return title.partition(" (")[2].removesuffix(")")


def total(packages: Iterable[Package]) -> Hours:
    """The hours of packages together."""
    ranges = [package.hours for package in packages]
    return sum(low for low, _ in ranges), sum(high for _, high in ranges)


def blocking(plan: Sequence[Package]) -> list[Row]:
    """What nothing has to come before and without which something does not run."""
    return rows([package for package in plan if package.wave == 1 and package.impact == "breaks"])
