"""A report of findings -> the parts of it that tell of the migration."""

from __future__ import annotations

from typing import Any

from portlint.effort.weights import Weights
from portlint.effort.work import Work
from portlint.judged import Read
from portlint.matrix import matrix
from portlint.plan.packages import plan
from portlint.plan.stages import steps
from portlint.report import Report
from portlint.source.imports import import_graph
from portlint.source.modules import source_roots


def audited(read: Read, report: Report, made: Work, figures: Weights) -> dict[str, Any]:
    """Plan and stages; the matrix where it was asked for."""
    results = read.results
    imports = import_graph(results, source_roots([r.path for r in results]))
    packages, stages = plan(made.causes, made.gaps, imports, steps(read.rules), figures)
    parts: dict[str, Any] = {"plan": packages, "stages": stages}
    if read.config.matrix:
        known = {report.target: report.findings}
        parts["matrix"] = matrix(read, report.not_analysed, figures, known)
    return parts
