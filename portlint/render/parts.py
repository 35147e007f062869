"""The scope -> what is ready and what is blocked, the worst and the largest first."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from portlint.model import CONTEXTS
from portlint.report import Ease, Part

STATES = ("blocked", "unknown", "runs", "ready")
"""From worst to best."""
TOLD = {
    "blocked": "blocked",
    "unknown": "not known, a file could not be read",
    "runs": "runs, with something to do",
    "ready": "ready",
}


class Use(NamedTuple):
    """One workload of a part."""

    part: Part
    workload: Literal["inference", "training"]
    ease: Ease


def uses(scope: Sequence[Part]) -> list[Use]:
    """Every workload that a part has: live ones before tests, blocked ones before ready ones."""
    found = [Use(part, "inference", part.inference) for part in scope if part.inference]
    found += [Use(part, "training", part.training) for part in scope if part.training]
    return sorted(found, key=_rank)


def _rank(use: Use) -> tuple[int, int, float, str, int, str]:
    part, ease = use.part, use.ease
    where = (part.path, part.line, use.workload)
    return (CONTEXTS.index(part.context), STATES.index(ease.state), -ease.hours[1], *where)


def counted(found: Sequence[Use], kind: str, workload: str) -> dict[str, int]:
    """How many live models or entry points are in which state for a workload."""
    states = Counter[str](
        use.ease.state
        for use in found
        if use.part.kind == kind and use.workload == workload and use.part.context == "live"
    )
    return {state: states[state] for state in STATES if states[state]}
