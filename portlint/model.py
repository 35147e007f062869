"""The nouns: what a rule, a target, a finding and a report are made of. Values only, no I/O."""

from datetime import date
from typing import Any, Literal, NamedTuple

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


class Effort(Frozen, frozen=True, kw_only=True):
    """Hours: a range for the first place of a root cause, and a figure for each further place."""

    once: tuple[float, float]
    each: float = 0.0


class Verdict(Frozen, frozen=True, kw_only=True):
    """One row of a rule: what happens on the targets it fits. Empty lists fit everything.

    `impact` "none" says that the construct is known to work there.
    """

    chip: tuple[str, ...] = ()
    stack: tuple[str, ...] = ()
    sdk: str = ""
    workload: tuple[str, ...] = ()
    impact: Literal["breaks", "accuracy", "slow", "info", "none"]
    confidence: Confidence
    evidence: str
    checked: date
    replacement: str | None = None
    note: str | None = None


class FactMatch(Frozen, frozen=True, kw_only=True):
    """Which facts of infrastructure files a rule speaks of: regular expressions, whole match."""

    kind: str
    name: str = ".*"
    value: str = ".*"


class Example(Frozen, frozen=True, kw_only=True):
    """A program that shows the rule; `# expect: CODE` marks the lines that must be reported."""

    code: str
    path: str = "code.py"
    why: str = ""
    chip: str | None = None
    stack: str | None = None
    sdk: str | None = None
    workload: Workload | None = None
    expect: tuple[str, ...] = ()
    files: dict[str, str] = {}


class SymbolRow(Frozen, frozen=True, kw_only=True):
    """One row of a symbol table: a dotted API name with its own verdict and replacements.

    `pip` holds the names of distributions (`a;b`) that bring the symbol; `hours` ("2-8") overrides
    the rule's effort for the first place. A library that `runs_without_cuda` says nothing about
    CUDA by being there.
    """

    symbol: str
    impact: Literal["breaks", "accuracy", "slow", "info", "none"]
    confidence: Confidence
    evidence: str
    checked: date
    impact_xla: Literal["breaks", "accuracy", "slow", "info", "none"] | None = None
    xla: str = ""
    native: str = ""
    what: str = ""
    pip: str = ""
    hours: str = ""
    runs_without_cuda: bool = False


Site = Literal["use", "call", "import", "decorator", "base", "argument"]


class Rule(Frozen, frozen=True, kw_only=True):
    """One declared check: what people read about it, what it matches and what it says per target.

    `places` marks rules whose matches put tensors or jobs on CUDA: behind a choice between CUDA
    and the host they are what the choice leaves behind. `emitted` rules are reported by the engine
    itself and match nothing.
    """

    code: str
    name: str
    subject: str
    summary: str
    why: str
    fix: str
    effort: Effort
    symbols: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ("use",)
    table: str | None = None
    detector: str | tuple[str, ...] | None = None
    gates: tuple[str, ...] = ()
    fact: tuple[FactMatch, ...] = ()
    places: bool = False
    emitted: bool = False
    root_cause: Literal["rule", "symbol", "place"] = "symbol"
    verdict: tuple[Verdict, ...] = ()
    bad: tuple[Example, ...] = ()
    good: tuple[Example, ...] = ()
    rows: dict[str, SymbolRow] = {}

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detector names, whether one or several were declared."""
        if self.detector is None:
            return ()
        return (self.detector,) if isinstance(self.detector, str) else self.detector


class Related(Frozen, frozen=True, kw_only=True):
    """A second place that belongs to a finding: a launch, a use, the other side of a choice."""

    path: str
    line: int
    message: str


class EffortLabel(Frozen, frozen=True, kw_only=True):
    """Effort as a person reads it: a word and the range in hours it stands for."""

    label: Literal["trivial", "small", "medium", "large", "redesign"]
    hours: tuple[float, float]


class Finding(Frozen, frozen=True, kw_only=True):
    """One place in the audited repository and what the chosen target makes of it."""

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


class Report(Frozen, frozen=True, kw_only=True):
    """Everything a run found, in the order of the contract."""

    schema: str = "portlint.report/1"
    tool: Tool
    knowledge: Knowledge
    target: Target
    summary: Summary
    findings: tuple[Finding, ...]
    models: tuple[dict[str, Any], ...] = ()
    plan: tuple[Package, ...] = ()
    not_analysed: tuple[NotAnalysed, ...] = ()


class Sighting(Frozen, frozen=True, kw_only=True):
    """A rule's match in a file, before any target is judged: picklable and target-free.

    `row` is the symbol of the table row that matched, `value` what the summary quotes, `guard` why
    the place may not run on Neuron, `key` what makes two places one root cause.
    """

    rule: str
    span: Span
    layer: Layer
    snippet: str
    symbol: str | None = None
    row: str | None = None
    value: str = ""
    message: str | None = None
    guard: str | None = None
    key: str | None = None
    related: tuple[Related, ...] = ()


class Export(Frozen, frozen=True, kw_only=True):
    """A module-level name other files may import: an outside API, a CUDA device, or a probe."""

    kind: Literal["symbol", "device", "flag"]
    line: int
    path: str = ""
    flag: str = ""
    holds: bool = True
    library: str = ""
    guarded: bool = False


class DeviceUse(Frozen, frozen=True, kw_only=True):
    """A place that uses a device which another audited file decides."""

    module: str
    name: str
    line: int


class FileResult(Frozen, frozen=True, kw_only=True):
    """Everything one file gave: sightings, what it exports and uses, or why it was not analysed."""

    path: str
    lines: int = 0
    sightings: tuple[Sighting, ...] = ()
    exports: dict[str, Export] = {}
    uses: tuple[DeviceUse, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    not_analysed: str | None = None
    crashes: tuple[NotAnalysed, ...] = ()
