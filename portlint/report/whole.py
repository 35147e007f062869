"""The report as a whole: who wrote it, for which target, its figures, and all that was found."""

from datetime import date
from typing import Literal

import msgspec

from portlint.model import Finding, Frozen, NotAnalysed, Target
from portlint.report.migration import FileRow, Option, Package, Part, Picture, Stage
from portlint.report.models import Model


class Tool(Frozen, frozen=True, kw_only=True):
    """Who wrote the report."""

    name: str
    version: str


class Knowledge(Frozen, frozen=True, kw_only=True):
    """Which facts it was written from: newest SDK, newest check date, digest of all rules."""

    sdk: str
    checked: date
    digest: str


class Summary(Frozen, frozen=True, kw_only=True):
    """The report in a few figures; `hours` is the effort range over all live root causes.

    `reasons` tell in words how difficulty and score come from the hours. All of it speaks of the
    whole code; only `new`, how many findings count, and `hidden`, how many are not shown, know of a
    baseline or an earlier revision.
    """

    difficulty: Literal["ready", "easy", "moderate", "hard", "redesign"] | None
    score: int | None
    hours: tuple[float, float] | None
    hours_by_impact: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    by_impact: dict[str, int]
    by_subject: dict[str, int]
    by_context: dict[str, int]
    new: int = 0
    hidden: int = 0
    files: int
    lines: int
    reasons: tuple[str, ...] = ()


class Report(Frozen, frozen=True, kw_only=True):
    """Everything a run found, in the order of the contract."""

    schema: str = "portlint.report/1"
    tool: Tool
    knowledge: Knowledge
    target: Target
    summary: Summary
    findings: tuple[Finding, ...]
    models: tuple[Model, ...] = ()
    plan: tuple[Package, ...] = ()
    stages: tuple[Stage, ...] = ()
    matrix: tuple[Option, ...] = ()
    scope: tuple[Part, ...] = ()
    files: tuple[FileRow, ...] = ()
    modules: Picture | None = None
    not_analysed: tuple[NotAnalysed, ...] = ()
