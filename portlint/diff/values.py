"""What two reports differ in. Values only, in the order in which they are told."""

from typing import Literal

from portlint.model import Context, Frozen, Impact, NotAnalysed, Target

Hours = tuple[float, float]
State = Literal["new", "gone", "grown", "shrunk", "worse", "better", "unseen"]
"""Of a root cause: "worse" and "better" is another impact, "unseen" was not looked at again."""


class Side(Frozen, frozen=True, kw_only=True):
    """One of the reports: what it was written with, for which target, and its figures."""

    version: str
    sdk: str
    checked: str
    digest: str
    target: Target
    difficulty: str | None
    score: int | None
    hours: Hours | None
    files: int
    lines: int


class Count(Frozen, frozen=True, kw_only=True):
    """How many findings count of an impact or subject, and their hours where they are known."""

    name: str
    old: int
    new: int
    old_hours: Hours | None = None
    new_hours: Hours | None = None


class Cause(Frozen, frozen=True, kw_only=True):
    """A root cause that came, went or changed; hours are null without a plan in both reports."""

    root_cause: str
    title: str
    state: State
    impact: Impact
    old_hours: Hours | None
    new_hours: Hours | None
    old_places: int
    new_places: int


class Place(Frozen, frozen=True, kw_only=True):
    """A finding of one of the reports."""

    rule: str
    name: str
    impact: Impact
    context: Context
    path: str
    line: int
    message: str
    fingerprint: str


class Changed(Frozen, frozen=True, kw_only=True):
    """A finding of both reports that moved, or has another impact or context.

    `worse` is one that counts now and did not, or whose impact is graver.
    """

    old: Place
    new: Place
    worse: bool


class Verdicts(Frozen, frozen=True, kw_only=True):
    """Attentions of one kind in one file: the verdicts of the old and of the new report."""

    kind: str
    path: str | None
    old: tuple[str, ...]
    new: tuple[str, ...]


class ModelChange(Frozen, frozen=True, kw_only=True):
    """A traced model; `coverage` has the verdicts whose counts changed, as old and new."""

    name: str
    state: Literal["new", "gone", "changed"]
    coverage: dict[str, tuple[int, int]]
    attention: tuple[Verdicts, ...]
    breaks_new: tuple[str, ...]
    breaks_gone: tuple[str, ...]


class Fare(Frozen, frozen=True, kw_only=True):
    """How a target fares."""

    difficulty: str
    score: int
    hours: Hours


class OptionChange(Frozen, frozen=True, kw_only=True):
    """A row of the matrix that changed; null where a report has no such row."""

    chip: str
    stack: str
    workload: str
    old: Fare | None
    new: Fare | None


class Difference(Frozen, frozen=True, kw_only=True):
    """All of it.

    `unseen` are findings of the old report in files or models that the new one could not look at:
    they are neither better nor worse. `edited` counts findings whose line was rewritten and that
    are still there. `new` and `gone` have what counts, `aside` the numbers of new and gone
    findings that do not.
    """

    schema: str = "portlint.diff/1"
    old: Side
    new: Side
    warnings: tuple[str, ...]
    by_impact: tuple[Count, ...]
    by_subject: tuple[Count, ...]
    causes: tuple[Cause, ...]
    findings_new: tuple[Place, ...]
    findings_gone: tuple[Place, ...]
    findings_unseen: tuple[Place, ...]
    findings_changed: tuple[Changed, ...]
    findings_moved: tuple[Changed, ...]
    edited: int
    aside: tuple[int, int]
    models: tuple[ModelChange, ...]
    matrix: tuple[OptionChange, ...]
    not_analysed_new: tuple[NotAnalysed, ...]
    not_analysed_gone: tuple[NotAnalysed, ...]
