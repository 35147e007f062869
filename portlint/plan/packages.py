"""Root causes and gaps -> the packages of the plan, in the order in which to take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import networkx

from portlint.effort.causes import Cause
from portlint.effort.hours import total
from portlint.effort.unseen import Gap
from portlint.effort.weights import Weights
from portlint.model import Evidence
from portlint.plan.blocks import Node, blocks, ordered
from portlint.plan.path import Item, critical, ways
from portlint.plan.stages import Steps
from portlint.report import Package, Stage

FILES = 20
"""Files a package names at most; `places` counts all."""
SOURCES = 3
"""Sources a package cites at most."""


class Plan(NamedTuple):
    """The packages and the stages they belong to."""

    packages: tuple[Package, ...]
    stages: tuple[Stage, ...]


def plan(
    causes: Sequence[Cause],
    gaps: Sequence[Gap],
    imports: networkx.DiGraph[str],
    steps: Steps,
    figures: Weights,
) -> Plan:
    """Every root cause once: by stage, within a stage what blocks first, then the cheapest."""
    nodes = ordered(causes, imports, steps)
    graph = blocks(nodes, imports, steps)
    made = [_of_gap(gap, steps) for gap in gaps]
    made += [_of_cause(node, graph, steps, figures) for node in nodes]
    placed = _placed(_apart(made), steps)
    order = {step.name: number for number, step in enumerate(steps.stage)}
    placed.sort(key=lambda p: (order[p.stage], p.wave, p.hours[1], p.root_cause))
    return Plan(tuple(placed), _stages(placed, steps))


def _apart(made: Sequence[Package]) -> list[Package]:
    """Packages of one title name their file: two kernels can be called the same."""
    counts = Counter(package.title for package in made)
    return [
        msgspec.structs.replace(p, title=f"{p.title.removesuffix(')')}, {_last(p.files[0])})")
        if counts[p.title] > 1 and p.title.endswith(")") and p.files
        else p
        for p in made
    ]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _placed(made: Sequence[Package], steps: Steps) -> list[Package]:
    """The packages with their waves, and marks on the longest chain."""
    order = {step.name: number for number, step in enumerate(steps.stage)}
    before = {order[step.name]: [order[name] for name in step.after] for step in steps.stage}
    items = [Item(p.root_cause, order[p.stage], p.hours[1], p.after) for p in made]
    items.sort(key=lambda item: item.stage)
    found = ways(items, before)
    longest = critical(found)
    return [
        msgspec.structs.replace(p, wave=found[p.root_cause].wave, critical=p.root_cause in longest)
        for p in made
    ]


def _of_cause(node: Node, graph: networkx.DiGraph[str], steps: Steps, figures: Weights) -> Package:
    cause = node.cause
    paths = Counter(finding.path for finding in cause.findings)
    replacements = Counter(f.replacement for f in cause.findings if f.replacement)
    sources: dict[str, Evidence] = {}
    for finding in cause.findings:
        for source in finding.evidence:
            sources.setdefault(source.url, source)
    return Package(
        title=title(cause),
        root_cause=cause.key,
        hours=cause.hours,
        after=tuple(sorted(graph.predecessors(cause.key))),
        findings=tuple(f.fingerprint for f in cause.findings),
        rule=cause.rule.code,
        stage=steps.stage[node.rank[0]].name,
        impact=cause.impact,
        why=" ".join(cause.rule.why.split()),
        reasons=cause.priced.reasons,
        replacement=replacements.most_common(1)[0][0] if replacements else None,
        evidence=tuple(sources.values())[:SOURCES],
        files=tuple(path for path, _ in paths.most_common(FILES)),
        places=sum(finding.places for finding in cause.findings),
        quick=cause.impact == "breaks" and cause.hours[1] <= figures.quick.hours,
        vendor=cause.rule.effort.vendor,
    )


def title(cause: Cause) -> str:
    """What the offence is and, where it is one thing, its name: "triton kernel (softmax)"."""
    words = cause.rule.name.replace("-", " ")
    _, _, own = cause.key.partition(":")
    if not own or cause.rule.root_cause == "place":
        first = cause.findings[0]
        at = f" ({_last(first.path)}:{first.line})" if cause.rule.root_cause == "place" else ""
        return f"{words}{at}"
    return f"{words} ({own.rpartition(':')[2]})"


def _of_gap(gap: Gap, steps: Steps) -> Package:
    low, high = gap.priced.hours
    return Package(
        title=gap.title,
        root_cause=gap.key,
        hours=(round(low, 2), round(high, 2)),
        after=(),
        findings=(),
        stage=steps.stage[steps.of(gap.key)].name,
        why=gap.why,
        reasons=gap.priced.reasons,
        files=gap.paths[:FILES],
        places=len(gap.paths),
    )


def _stages(packages: Sequence[Package], steps: Steps) -> tuple[Stage, ...]:
    """The stages that have something to do; the ones before them likewise."""
    made = []
    for step in steps.stage:
        mine = [p for p in packages if p.stage == step.name]
        if mine:
            made.append(
                Stage(
                    name=step.name,
                    title=step.title,
                    why=step.why,
                    after=tuple(_busy(step.name, {p.stage for p in packages}, steps)),
                    hours=total(p.hours for p in mine),
                    packages=len(mine),
                )
            )
    return tuple(made)


def _busy(name: str, busy: set[str], steps: Steps) -> list[str]:
    """The stages with work directly before one; an empty one passes the wait on."""
    found = _reached(name, busy, steps)
    earlier = {first for stage in found for first in _reached(stage, busy, steps)}
    return [stage for stage in found if stage not in earlier]


def _reached(name: str, busy: set[str], steps: Steps) -> list[str]:
    """The nearest stages with work on every way back from one."""
    by_name = {step.name: step for step in steps.stage}
    found: dict[str, None] = {}
    for first in by_name[name].after:
        found |= dict.fromkeys([first] if first in busy else _reached(first, busy, steps))
    return list(found)
