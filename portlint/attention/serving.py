"""A kind of attention, its features and a target of one workload -> what serves it there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from portlint.applies import applies
from portlint.attention.check import STATUS
from portlint.attention.features import Features
from portlint.attention.table import PathRow, table
from portlint.model import Confidence, Evidence, Frozen, Target
from portlint.report import AttentionKernels, AttentionVerdict

WORSE: tuple[AttentionVerdict, ...] = tuple(STATUS)
"""From best to worst; `WORSE.index` orders verdicts."""
SERVED = ("supported", "limited")
"""Verdicts under which a kernel serves it: remarks and small limits matter."""
SURE = ("documented", "derived", "inferred", "unknown")
LENGTHS = frozenset({"query_length", "key_length"})
"""Those of an example say little of the real ones: nothing is said where they are not known."""
NOTHING = "public material does not say"


class Path(Frozen, frozen=True, kw_only=True):
    """What serves an attention on a target.

    `words` say what, under which limits, and what was not known; `workload` is the one the verdict
    is for, where the other fares better.
    """

    verdict: AttentionVerdict
    words: str
    kernels: AttentionKernels = AttentionKernels()
    instead: str = ""
    port: str = ""
    confidence: Confidence | Literal["unknown"] = "unknown"
    evidence: tuple[Evidence, ...] = ()
    workload: Literal["inference", "training"] | None = None


class Found(NamedTuple):
    """A path of one workload, with its words one by one."""

    path: Path
    words: tuple[str, ...]


def rank(word: AttentionVerdict) -> int:
    """The place of a verdict from best to worst."""
    return WORSE.index(word)


class _Fitting(NamedTuple):
    """Rows that fit: what serves the kind, the limits that hold, and what is not known of others.

    `open` are the limits of which nobody can tell whether they hold.
    """

    base: PathRow
    limits: list[PathRow]
    open: list[PathRow]


def one(kind: str, features: Features, target: Target) -> Found:
    """What serves the kind, made worse by every limit that holds."""
    fitting = _fitting(kind, features, target)
    if fitting is None:
        return Found(Path(verdict="unknown", words=NOTHING), (NOTHING,))
    rows = [fitting.base, *fitting.limits]
    worst = max((row.verdict for row in rows), key=rank)
    deciding = [row for row in rows if row.verdict == worst]
    telling = rows if worst in SERVED else deciding
    words = [*(row.fact.restriction for row in telling), *_unsaid(fitting.open, features, worst)]
    path = Path(
        verdict=worst,
        words="",
        kernels=_kernels(rows, target) if worst in SERVED else AttentionKernels(),
        instead="; ".join(dict.fromkeys(filter(None, (row.fact.instead for row in deciding)))),
        port=next((row.port for row in deciding if row.port), ""),
        confidence=min((row.fact.confidence for row in deciding), key=SURE.index),
        evidence=tuple(dict.fromkeys(_evidence(deciding))),
    )
    return Found(path, tuple(dict.fromkeys(words)))


def _fitting(kind: str, features: Features, target: Target) -> _Fitting | None:
    rows = [row for row in table() if kind in row.kinds and applies(row.fact, target)]
    base = next((row for row in rows if not row.when), None)
    if base is None:
        return None
    limits, unknown = [], []
    for row in rows:
        held = {condition.holds(features) for condition in row.when}
        if row.when and held == {True}:
            limits.append(row)
        elif False not in held and None in held:
            unknown.append(row)
    return _Fitting(base, limits, unknown)


def _unsaid(rows: Iterable[PathRow], features: Features, worst: AttentionVerdict) -> Iterable[str]:
    """What is not known and would make the verdict worse."""
    for row in rows:
        missing = [c for c in row.when if c.holds(features) is None and c.feature not in LENGTHS]
        if missing and rank(row.verdict) > rank(worst):
            with_ = " and ".join(condition.text for condition in missing)
            yield f"{missing[0].feature} is not known: with {with_} it is {row.verdict}"


def _kernels(rows: Sequence[PathRow], target: Target) -> AttentionKernels:
    """The kernels of the first row, without those that a limit takes away."""

    def of(phase: str) -> str:
        if phase == "backward" and target.workload == "inference":
            return ""
        named = [getattr(row.kernels, phase) for row in rows]
        return "" if "-" in named else next(filter(None, named), "")

    return AttentionKernels(prefill=of("prefill"), decode=of("decode"), backward=of("backward"))


def _evidence(rows: Iterable[PathRow]) -> Iterable[Evidence]:
    for row in rows:
        if row.fact.evidence.startswith("https://"):
            yield Evidence(
                url=row.fact.evidence, sdk=row.fact.sdk or None, checked=row.fact.checked
            )
