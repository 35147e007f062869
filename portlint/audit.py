"""A report of findings -> the parts of it that tell of the migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from portlint.context import path_context
from portlint.effort.causes import causes
from portlint.effort.hours import total
from portlint.effort.weights import Weights
from portlint.effort.work import Work
from portlint.heat import heat
from portlint.judged import Read, judged
from portlint.matrix import matrix
from portlint.model import Finding, Target
from portlint.picture import picture
from portlint.plan.packages import plan
from portlint.plan.stages import steps
from portlint.report import Hours, Part, Report
from portlint.reread import text_of
from portlint.scope.parts import scope
from portlint.source.importers import import_graph
from portlint.source.modules import source_roots

Known = Mapping[Target, Sequence[Finding]]


def audited(read: Read, report: Report, made: Work, figures: Weights) -> dict[str, Any]:
    """Plan, stages, scope, files and modules; the matrix where it was asked for."""
    results = read.results
    imports = import_graph(results, source_roots([r.path for r in results]))
    packages, stages = plan(made.causes, made.gaps, imports, steps(read.rules), figures)
    counted = [f for f in report.findings if f.context in read.config.counted]
    files = heat(results, counted, made.causes)
    aside = [r.path for r in results if path_context(r.path) not in read.config.counted]
    known = _by_workload(read, report)
    parts: dict[str, Any] = {
        "plan": packages,
        "stages": stages,
        "scope": _scope(read, report.target, known, figures),
        "files": files,
        "modules": picture(files, imports, aside),
    }
    if read.config.matrix:
        parts["matrix"] = matrix(read, report.not_analysed, figures, known)
    return parts


def _by_workload(read: Read, report: Report) -> Known:
    """The findings for the target as it is, and for each of its workloads alone."""
    known: dict[Target, Sequence[Finding]] = {report.target: report.findings}
    for target in (_alone(report.target, "inference"), _alone(report.target, "training")):
        if target not in known:
            known[target] = judged(read, target)
    return known


def _alone(target: Target, workload: Literal["inference", "training"]) -> Target:
    return msgspec.structs.replace(target, workload=workload)


def _scope(read: Read, target: Target, known: Known, figures: Weights) -> tuple[Part, ...]:
    """The models and programs; texts are read again from where they stand."""
    paths = {file.name: file.path for file in read.listing.files}

    def price(findings: Sequence[Finding]) -> Hours:
        return total(cause.hours for cause in causes(findings, read.rules.rules, figures))

    def text(name: str) -> str:
        return text_of(paths[name]) if name in paths else ""

    inference, training = (known[_alone(target, use)] for use in ("inference", "training"))
    return scope(read.results, text, inference, training, price)
