"""The plan -> stages with their work, packages of one rule together."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portlint.model import IMPACTS, Evidence, Impact
from portlint.render.page.mostly import mostly
from portlint.render.work import total
from portlint.report import Hours, Package, Report, Stage
from portlint.rule import Rule

ROWS = 12
"""Packages of one rule that get a row of their own; the sums of the rest are told."""
EVIDENCE = 3


class Task(NamedTuple):
    """Packages of one rule in one stage; what most of them have in common is said once."""

    title: str
    rule: str
    impact: Impact
    hours: Hours
    places: int
    why: str
    replacement: str | None
    evidence: Sequence[Evidence]
    packages: Sequence[Package]
    rest: Sequence[Package]

    @property
    def quick(self) -> bool:
        """Whether all of it is quick."""
        return all(p.quick for p in self.packages)

    @property
    def critical(self) -> bool:
        """Whether some of it is on the longest chain."""
        return any(p.critical for p in (*self.packages, *self.rest))

    @property
    def vendor(self) -> bool:
        """Whether only the vendor can take some of it away."""
        return any(p.vendor for p in (*self.packages, *self.rest))

    @property
    def rest_hours(self) -> Hours:
        """What the packages without a row cost together."""
        return total(self.rest)


class Step(NamedTuple):
    """A stage and what is to be done in it."""

    stage: Stage
    after: Sequence[str]
    tasks: Sequence[Task]


class Highlights(NamedTuple):
    """Packages that a lead asks for by name: the longest chain in its order, and two kinds."""

    chain: Sequence[Package]
    quick: Sequence[Package]
    vendor: Sequence[Package]


def highlights(plan: Sequence[Package]) -> Highlights:
    """What to begin with, what holds up the rest, and what to ask the vendor for."""
    return Highlights(
        sorted((p for p in plan if p.critical), key=lambda p: p.wave),
        [p for p in plan if p.quick],
        [p for p in plan if p.vendor],
    )


def steps(report: Report, rules: Mapping[str, Rule]) -> list[Step]:
    """The stages in order, in each the tasks in the order of the plan."""
    titles = {stage.name: stage.title for stage in report.stages}
    return [
        Step(
            stage,
            [titles.get(name, name) for name in stage.after],
            _tasks([p for p in report.plan if p.stage == stage.name], rules),
        )
        for stage in report.stages
    ]


def _tasks(packages: Sequence[Package], rules: Mapping[str, Rule]) -> list[Task]:
    groups: dict[str, list[Package]] = {}
    for package in packages:
        groups.setdefault(package.rule or package.root_cause, []).append(package)
    return [_task(group, rules) for group in groups.values()]


def _task(group: Sequence[Package], rules: Mapping[str, Rule]) -> Task:
    first = group[0]
    name = rules[first.rule].name if first.rule in rules else first.title
    dearest = sorted(group, key=lambda p: (-p.critical, -p.hours[1], p.root_cause))
    evidence = dict.fromkeys(item for p in group for item in p.evidence)
    return Task(
        title=first.title if len(group) == 1 else name.replace("-", " "),
        rule=first.rule,
        impact=max((p.impact for p in group), key=IMPACTS.index),
        hours=total(group),
        places=sum(p.places for p in group),
        why=first.why,
        replacement=mostly(p.replacement for p in group),
        evidence=list(evidence)[:EVIDENCE],
        packages=dearest[:ROWS],
        rest=dearest[ROWS:],
    )
