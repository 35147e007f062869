"""The nouns: what a rule, a target, a finding and a report are made of. Values only, no I/O."""

from datetime import date
from typing import Literal, NamedTuple

import msgspec

Impact = Literal["breaks", "accuracy", "slow", "info"]
Confidence = Literal["documented", "derived", "inferred"]
Context = Literal["live", "guarded", "test", "example"]
Layer = Literal["source", "infra", "graph", "model"]
Workload = Literal["inference", "training", "both"]

IMPACTS: tuple[Impact, ...] = ("info", "slow", "accuracy", "breaks")
"""From harmless to fatal; `IMPACTS.index` orders verdicts."""
CONFIDENCES: tuple[Confidence, ...] = ("inferred", "derived", "documented")
CONTEXTS: tuple[Context, ...] = ("live", "guarded", "test", "example")
INTERNAL = "NEU000 internal error"
"""How the reason begins where portlint itself failed on a file."""


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that does not change once made; unknown keys are refused when it is read."""


class Span(NamedTuple):
    """A range in a file: lines and columns from 1, columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


FILE_START = Span(1, 1, 1, 1)


class Target(Frozen, frozen=True, kw_only=True):
    """Where the code is to run: one chip, one software stack, one SDK release, one workload."""

    chip: str
    stack: str
    sdk: str
    workload: Workload


class Evidence(Frozen, frozen=True, kw_only=True):
    """Where a verdict comes from; `sdk` is the release the statement was read for."""

    url: str
    sdk: str | None = None
    checked: date


class Related(Frozen, frozen=True, kw_only=True):
    """A second place that belongs to a finding: a launch, a use, the other side of a choice."""

    path: str
    line: int
    message: str


class EffortLabel(Frozen, frozen=True, kw_only=True):
    """Effort as a person reads it: a word and the range in hours it stands for."""

    label: Literal["trivial", "small", "medium", "large", "redesign"]
    hours: tuple[float, float]


class Cell(Frozen, frozen=True, kw_only=True):
    """The place in a notebook as its reader knows it: cell and line from 1, columns of the code."""

    number: int
    line: int
    column: int
    end_line: int
    end_column: int


class Finding(Frozen, frozen=True, kw_only=True):
    """One place in the audited repository and what the chosen target makes of it.

    In a notebook `line` and `column` are those of the JSON file, `cell` those of the code. `lines`
    is how many lines of code the thing has that the finding speaks of as a whole (a kernel, a
    source file; without blank lines and comments), None where it speaks of a place. `places` counts
    the place and all that changes along with it (launches, uses), also those that `related` has no
    room for; where a device that is decided once is used, and copies, do not count. `baselined`
    says that a baseline had it before: it is neither counted nor shown as new.
    """

    rule: str
    name: str
    impact: Impact
    effort: EffortLabel
    confidence: Confidence
    context: Context
    layer: Layer
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: Cell | None = None
    symbol: str | None
    snippet: str
    evidence: tuple[Evidence, ...]
    replacement: str | None
    fix: None = None
    root_cause: str
    related: tuple[Related, ...]
    lines: int | None = None
    places: int = 1
    baselined: bool = False
    fingerprint: str

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order of a report: by place, then by code."""
        return (self.path, self.line, self.column, self.rule, self.message)

    def counts(self, contexts: frozenset[str]) -> bool:
        """Whether it scores and can fail a run where these contexts do."""
        return self.context in contexts and not self.baselined


class NotAnalysed(Frozen, frozen=True, kw_only=True):
    """A file or model the tool could not look at, and why."""

    path: str
    reason: str

    @property
    def internal(self) -> bool:
        """Whether portlint itself failed: exit code 3."""
        return self.reason.startswith(INTERNAL)
