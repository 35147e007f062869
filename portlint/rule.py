"""A declared check: what it matches, what it says per target, its examples. Values only."""

from datetime import date
from typing import Literal

import msgspec

from portlint.model import Confidence, Frozen, Workload


class Effort(Frozen, frozen=True, kw_only=True):
    """Hours: a range for the first place of a root cause, and a figure for each further place.

    With `lines` both are for a thing of that many lines; one of another size costs in proportion.
    `vendor` marks what only the vendor can change: the hours are for the way around it.
    """

    once: tuple[float, float]
    each: float = 0.0
    lines: int = 0
    vendor: bool = False


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
    """A program that shows the rule; `# expect: CODE` marks the lines that must be reported.

    With `trace` the program's `model()` is traced as well; with `oracle` a torch-xla is asked that
    lowers everything.
    """

    code: str
    path: str = "code.py"
    why: str = ""
    chip: str | None = None
    stack: str | None = None
    sdk: str | None = None
    workload: Workload | None = None
    expect: tuple[str, ...] = ()
    trace: bool = False
    oracle: bool = False
    files: dict[str, str] = msgspec.field(default_factory=dict)


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
    and the host they are what the choice leaves behind. `covers` are rules whose findings of the
    source pass on the same line a graph's finding of this one says more exactly. `emitted` rules
    are reported by the engine itself and match nothing.
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
    covers: tuple[str, ...] = ()
    emitted: bool = False
    root_cause: Literal["rule", "symbol", "place"] = "symbol"
    verdict: tuple[Verdict, ...] = ()
    bad: tuple[Example, ...] = ()
    good: tuple[Example, ...] = ()
    rows: dict[str, SymbolRow] = msgspec.field(default_factory=dict)

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detector names, whether one or several were declared."""
        if self.detector is None:
            return ()
        return (self.detector,) if isinstance(self.detector, str) else self.detector
