"""A report of findings -> the parts of it that tell of the migration."""

from __future__ import annotations

from typing import Any

from portlint.assemble import path_context
from portlint.effort.weights import Weights
from portlint.effort.work import Work
from portlint.heat import heat
from portlint.judged import Read
from portlint.matrix import matrix
from portlint.picture import picture
from portlint.plan.packages import plan
from portlint.plan.stages import steps
from portlint.report import Report
from portlint.source.imports import import_graph
from portlint.source.modules import source_roots


def audited(read: Read, report: Report, made: Work, figures: Weights) -> dict[str, Any]:
    """Plan, stages, files and modules; the matrix where it was asked for."""
    results = read.results
    imports = import_graph(results, source_roots([r.path for r in results]))
    packages, stages = plan(made.causes, made.gaps, imports, steps(read.rules), figures)
    counted = [f for f in report.findings if f.context in read.config.counted]
    files = heat(results, counted, made.causes)
    aside = [r.path for r in results if path_context(r.path) not in read.config.counted]
    parts: dict[str, Any] = {
        "plan": packages,
        "stages": stages,
        "files": files,
        "modules": picture(files, imports, aside),
    }
    if read.config.matrix:
        known = {report.target: report.findings}
        parts["matrix"] = matrix(read, report.not_analysed, figures, known)
    return parts
