"""What a report says of the migration: work, stages, targets, scope, files, modules."""

from typing import Literal

from portlint.model import Evidence, Frozen, Impact, Workload

Difficulty = Literal["ready", "easy", "moderate", "hard", "redesign"]
Hours = tuple[float, float]
"""From (everything goes well) to (nothing does), in hours of an engineer who knows PyTorch."""


class Package(Frozen, frozen=True, kw_only=True):
    """A work package of the plan: one root cause with its findings.

    `root_cause` "not-analysed" and "unknown-ops" have no findings: what could not be looked at and
    what nobody tells about widen the range. `rule` is "" there. `reasons` are the addends of
    `hours` in words; `after` are the root causes that have to be dealt with before, `wave` is 1
    where there is none (the packages of a wave can be worked on side by side), `critical` marks
    the longest chain. `quick` is high effect for an hour at most; `vendor` tells that nobody but
    the vendor can take the cause away, and `replacement` then is the way around it, if there is
    one. `files` names the first ones of `places`.
    """

    title: str
    root_cause: str
    hours: Hours
    after: tuple[str, ...]
    findings: tuple[str, ...]
    rule: str = ""
    stage: str = ""
    impact: Impact = "info"
    why: str = ""
    reasons: tuple[str, ...] = ()
    replacement: str | None = None
    evidence: tuple[Evidence, ...] = ()
    files: tuple[str, ...] = ()
    places: int = 0
    wave: int = 1
    critical: bool = False
    quick: bool = False
    vendor: bool = False


class Stage(Frozen, frozen=True, kw_only=True):
    """A part of the work that is done as one: its packages' hours, and the stages before it."""

    name: str
    title: str
    why: str
    after: tuple[str, ...]
    hours: Hours
    packages: int


class Change(Frozen, frozen=True, kw_only=True):
    """A root cause that one target has and another has not, or has with another impact."""

    root_cause: str
    title: str
    impact: Impact
    hours: Hours


class Option(Frozen, frozen=True, kw_only=True):
    """The audited code judged for one target: a row of the matrix.

    `more` and `less` are the root causes this target has beyond the chosen one's, and those that
    it spares; `chosen` marks the row of the report's own target.
    """

    chip: str
    stack: str
    sdk: str
    workload: Workload
    difficulty: Difficulty
    score: int
    hours: Hours
    by_impact: dict[str, int]
    more: tuple[Change, ...] = ()
    less: tuple[Change, ...] = ()
    chosen: bool = False


class Ease(Frozen, frozen=True, kw_only=True):
    """How one workload of a part fares: "ready" has nothing to do, "runs" nothing that breaks.

    "unknown" is a part of which some file could not be analysed and in which nothing breaks as far
    as it could. `by_impact` counts root causes; `hours` is what it takes for this part alone.
    """

    state: Literal["ready", "runs", "blocked", "unknown"]
    by_impact: dict[str, int]
    hours: Hours
    root_causes: tuple[str, ...]


class Part(Frozen, frozen=True, kw_only=True):
    """A model or an entry point with all that it uses: `files` by import, findings by calls.

    `name` is the class of a model or what starts an entry point (`__main__`, a console script,
    `notebook`), `others` are further models of the file that fare exactly the same. A workload that
    the part has not (`None`) is one of which nothing in it speaks: a training script has no
    inference of its own.
    """

    kind: Literal["model", "entry"]
    path: str
    line: int
    name: str
    context: Literal["live", "test", "example"]
    files: int
    lines: int
    inference: Ease | None
    training: Ease | None
    others: tuple[str, ...] = ()


class FileRow(Frozen, frozen=True, kw_only=True):
    """A file that was read: its lines, its share of the hours, findings that count by impact."""

    path: str
    lines: int
    hours: Hours
    by_impact: dict[str, int]


class Module(Frozen, frozen=True, kw_only=True):
    """A module or package in the picture of who imports whom; `level` 0 imports none of them."""

    name: str
    files: int
    lines: int
    hours: Hours
    impact: Impact | None
    level: int


class Picture(Frozen, frozen=True, kw_only=True):
    """The modules of the audited code as a picture that a person can take in.

    Where there are too many, packages stand for what is in them. `imports` are pairs of names: who
    imports, and whom.
    """

    modules: tuple[Module, ...]
    imports: tuple[tuple[str, str], ...]
