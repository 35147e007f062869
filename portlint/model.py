"""The nouns: what a rule, a target, a finding and a report are made of. Values only, no I/O."""

from datetime import date
from typing import Literal, NamedTuple

import msgspec

from portlint.attention.features import Features

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

    In a notebook `line` and `column` are those of the JSON file, `cell` those of the code.
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
    fingerprint: str

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order of a report: by place, then by code."""
        return (self.path, self.line, self.column, self.rule, self.message)


class NotAnalysed(Frozen, frozen=True, kw_only=True):
    """A file or model the tool could not look at, and why."""

    path: str
    reason: str

    @property
    def internal(self) -> bool:
        """Whether portlint itself failed: exit code 3."""
        return self.reason.startswith(INTERNAL)


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
    """The report in a few figures; `hours` is the effort range over all live root causes."""

    difficulty: Literal["ready", "easy", "moderate", "hard", "redesign"] | None
    score: int | None
    hours: tuple[float, float] | None
    by_impact: dict[str, int]
    by_subject: dict[str, int]
    by_context: dict[str, int]
    files: int
    lines: int


class Package(Frozen, frozen=True, kw_only=True):
    """A work package of the plan: one root cause with its findings."""

    title: str
    root_cause: str
    hours: tuple[float, float]
    after: tuple[str, ...]
    findings: tuple[str, ...]


class OpRow(Frozen, frozen=True, kw_only=True):
    """An operator of a model: how often it runs, in which dtypes, and where first."""

    op: str
    count: int
    verdict: Literal["documented", "likely", "restricted", "falls_back", "unsupported", "unknown"]
    dtypes: tuple[str, ...]
    where: str | None


class Coverage(Frozen, frozen=True, kw_only=True):
    """How many ops of a model have which verdict on the target."""

    documented: int = 0
    likely: int = 0
    restricted: int = 0
    falls_back: int = 0
    unsupported: int = 0
    unknown: int = 0


class Break(Frozen, frozen=True, kw_only=True):
    """A place where a graph ends or could not be captured, and the reason in words."""

    reason: str
    path: str | None
    line: int | None


AttentionVerdict = Literal["supported", "limited", "compiler-path", "unknown", "unsupported"]


class AttentionKernels(Frozen, frozen=True, kw_only=True):
    """The kernels that serve an attention: for a prompt or a forward, for decoding, for gradients.

    Empty where none is known.
    """

    prefill: str = ""
    decode: str = ""
    backward: str = ""


class AttentionRow(Frozen, frozen=True, kw_only=True):
    """Attentions of one kind and the same features: what serves them on the target.

    `text` is the group on one line, `why` what the verdict stands on, `workload` the one it holds
    for where the other fares better, `port` what somebody did who brought such a model to Neuron.
    """

    kind: str
    count: int
    features: Features
    verdict: AttentionVerdict
    replacement: str | None
    path: str | None
    line: int | None
    text: str
    why: str
    workload: Literal["inference", "training"] | None
    kernels: AttentionKernels
    confidence: Confidence | Literal["unknown"]
    evidence: tuple[Evidence, ...]
    port: str | None


class Lowering(Frozen, frozen=True, kw_only=True):
    """What the live torch-xla makes of a model's calls of one op that fare alike.

    `does` is "lowered", "fallback", "error" or "unknown"; `fallback` are the operators the host
    runs, `hlo` the operations that are left, `compiler` the tables' word on those ("" where the
    host runs it) and `why` what keeps it from being supported. `agreement` tells whether the
    shipped tables say the same, `remark` why not, or why the oracle could not be asked.
    """

    op: str
    count: int
    backward: bool
    does: str
    fallback: tuple[str, ...]
    hlo: tuple[str, ...]
    compiler: str
    why: str
    agreement: str
    remark: str
    where: str | None


class Oracle(Frozen, frozen=True, kw_only=True):
    """What the live torch-xla said of a model: by op, and how many calls fare and agree how."""

    versions: dict[str, str]
    ops: tuple[Lowering, ...]
    forward: dict[str, int]
    backward: dict[str, int]
    agreement: dict[str, int]


class Model(Frozen, frozen=True, kw_only=True):
    """A traced model: how it was captured, what it runs and what of that the target knows.

    `try_first` are ops that need a kernel of their own and of which public material says nothing;
    `confinement` is what held the process that ran the model, `oracle` what the live torch-xla said
    if it was asked.
    """

    name: str
    captured_by: str | None
    fidelity: str | None
    parameters: int | None
    ops: tuple[OpRow, ...] = ()
    attention: tuple[AttentionRow, ...] = ()
    coverage: Coverage | None = None
    breaks: tuple[Break, ...] = ()
    try_first: tuple[str, ...] = ()
    confinement: tuple[str, ...] = ()
    oracle: Oracle | None = None


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
    not_analysed: tuple[NotAnalysed, ...] = ()
